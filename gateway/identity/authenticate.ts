import type { Authentication, Principal } from '../domain.js'
import type { ProblemCode } from '../problems.js'

export interface AuthenticateOptions {
  /** Never throws: a principal, or why the token does not hold; a promise only where that must be awaited. */
  readonly verifyAccessToken: (token: string) => Verified | Promise<Verified>
  /** The token of an Authorization field; null: it has none. */
  readonly readToken?: ReadToken
}

type Verified = Principal | ProblemCode

export type ReadToken = (authorization: string | undefined) => string | null

const ANONYMOUS: Authentication = { kind: 'anonymous' }
const BEARER = /^bearer +/i

/**
 * The token of an Authorization field (RFC 6750 §2.1): null when the field is absent or of another scheme, which is
 * none of ours. What is no token at all is answered as it stands, for the verifier to refuse.
 */
function readBearerToken(authorization: string | undefined): string | null {
  if (authorization === undefined) return null
  // The usual spelling first: a regular expression costs more than the rest of this function.
  if (authorization.startsWith('Bearer ') && authorization.charCodeAt(7) !== 0x20) return authorization.slice(7)
  const scheme = BEARER.exec(authorization)
  if (scheme !== null) return authorization.slice(scheme[0].length)
  return authorization.toLowerCase() === 'bearer' ? '' : null
}

type Fields = Readonly<Record<string, string | string[] | undefined>> & { readonly authorization?: string | undefined }

/** Makes what reads the field that a token comes in: Authorization, or the one named here where a request has it. */
export function createCredentialOf(name: string | null) {
  return <Headers extends Fields>(headers: Headers): Headers => {
    const credential = name === null ? undefined : headers[name]
    return typeof credential === 'string' ? { ...headers, authorization: credential } : headers
  }
}

function toAuthentication(verified: Verified): Authentication {
  return typeof verified === 'string' ? { kind: 'bad', because: verified } : { kind: 'principal', principal: verified }
}

/** Makes what reads a token that stands behind Bearer, or behind one of these schemes in their very letters. */
export function createReadToken(schemes: readonly string[]): ReadToken {
  const others = schemes.filter((scheme) => scheme.toLowerCase() !== 'bearer').map((scheme) => `${scheme} `)
  if (others.length === 0) return readBearerToken
  return (authorization) => {
    const token = readBearerToken(authorization)
    if (token !== null || authorization === undefined) return token
    const scheme = others.find((each) => authorization.startsWith(each))
    return scheme === undefined ? null : authorization.slice(scheme.length).trimStart()
  }
}

/**
 * Makes the step that says who asks. It refuses nothing: a bad token is an answer like any other. Synchronous wherever
 * the verifier is.
 */
export function createAuthenticate({ verifyAccessToken, readToken = readBearerToken }: AuthenticateOptions) {
  return function authenticate(authorization: string | undefined): Authentication | Promise<Authentication> {
    const token = readToken(authorization)
    if (token === null) return ANONYMOUS
    const verified = verifyAccessToken(token)
    return verified instanceof Promise ? verified.then(toAuthentication) : toAuthentication(verified)
  }
}
