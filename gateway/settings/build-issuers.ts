import type { FileSettings } from './schema.js'

export type IssuerAlgorithm = FileSettings['issuers'][string]['algorithms'][number]

/** An issuer of others, whose tokens are accepted. */
export interface Issuer {
  readonly name: string
  /** `iss`, to the letter. */
  readonly issuer: string
  /** null: found by OpenID Connect Discovery. */
  readonly jwksUrl: string | null
  readonly insecureHttp: boolean
  readonly audience: readonly string[]
  readonly algorithms: readonly IssuerAlgorithm[]
  readonly roles: {
    /** Member names from the outside in; null: no roles. */
    readonly from: readonly string[] | null
    /** Role of the issuer → roles here; null: they are called the same. */
    readonly map: Readonly<Record<string, readonly string[]>> | null
    readonly passUnmapped: boolean
  }
  /** The claim that names the user; null: none. */
  readonly username: string | null
  readonly subject: 'prefixed' | 'raw'
  readonly leewayMs: number
  /** `typ` of the header, in lower case and without `application/`; null: JWT, at+jwt or absent. */
  readonly types: readonly string[] | null
}

export function readIssuer(name: string, file: FileSettings['issuers'][string]): Issuer {
  const { roles } = file
  return {
    name,
    issuer: file.issuer,
    jwksUrl: file.jwks_url ?? null,
    insecureHttp: file.insecure_http,
    audience: file.audience,
    algorithms: file.algorithms,
    roles: { from: roles?.from ?? null, map: roles?.map ?? null, passUnmapped: roles?.pass_unmapped ?? false },
    username: file.username ?? null,
    subject: file.subject,
    leewayMs: file.leeway,
    types: file.typ?.map((type) => type.toLowerCase().replace(/^application\//, '')) ?? null
  }
}
