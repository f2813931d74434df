import { resolve } from 'node:path'
import type { FileSettings } from './schema.js'
import type { Secret } from './secret.js'
import type { Algorithm } from './settings.js'

/** What the tokens are signed with: a key of Django's, or null: the gateway's own. */
export type SimpleJwtKey =
  | { readonly kind: 'secret'; readonly secret: Secret; readonly algorithm: Algorithm }
  | { readonly kind: 'file'; readonly path: string; readonly algorithm: Algorithm }

export interface SimpleJwtSettings {
  readonly prefix: string
  readonly accessMs: number
  readonly refreshMs: number
  readonly rotate: boolean
  /** The absolute age of a session whose tokens rotate. */
  readonly sessionMs: number
  readonly reuseGraceMs: number
  readonly signingKey: SimpleJwtKey | null
  /** null: tokens have no `aud`. */
  readonly audience: readonly string[] | null
  readonly issuer: string
  readonly leewayMs: number
  /** Schemes of Authorization, the first for the challenge. */
  readonly headerTypes: readonly string[]
  /** In lower case; null: tokens come in Authorization alone. */
  readonly headerName: string | null
  /** `id`, `username` or an attribute of the user. */
  readonly userId: string
  readonly userIdClaim: string
  readonly tokenTypeClaim: string
  readonly jtiClaim: string
  /** Kinds of tokens that show who asks. */
  readonly authTokens: readonly ('access' | 'sliding')[]
  readonly sliding: { readonly lifetimeMs: number; readonly refreshMs: number; readonly refreshExpClaim: string }
  /** Claim → attribute of the user, or `username`. */
  readonly claims: Readonly<Record<string, string>>
}

/** `issuer` is that of the gateway's other tokens; `secret` is what the file's own words were read as. */
export function readSimpleJwt(
  { compat, tokens }: FileSettings,
  issuer: string,
  { secret, directory }: { readonly secret: Secret | null; readonly directory: string }
): SimpleJwtSettings | null {
  const file = compat.simplejwt
  if (file === undefined) return null
  const { signing_key: key, algorithm = 'HS256', sliding } = file
  return {
    prefix: file.prefix,
    accessMs: file.access,
    refreshMs: file.refresh,
    rotate: file.rotate,
    sessionMs: file.session,
    reuseGraceMs: tokens.refresh.reuse_grace,
    signingKey:
      secret !== null
        ? { kind: 'secret', secret, algorithm }
        : key?.file === undefined
          ? null
          : { kind: 'file', path: resolve(directory, key.file), algorithm },
    audience: file.audience ?? null,
    issuer: file.issuer ?? issuer,
    leewayMs: file.leeway,
    headerTypes: file.auth_header_types,
    headerName: file.auth_header?.toLowerCase() ?? null,
    userId: file.user_id,
    userIdClaim: file.user_id_claim,
    tokenTypeClaim: file.token_type_claim,
    jtiClaim: file.jti_claim,
    authTokens: [...new Set(file.auth_tokens)],
    sliding: {
      lifetimeMs: sliding.lifetime,
      refreshMs: sliding.refresh,
      refreshExpClaim: sliding.refresh_exp_claim
    },
    claims: { ...tokens.claims }
  }
}
