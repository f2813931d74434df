import type { Claims } from '../domain.js'
import type { AccessTokens } from './access-tokens.js'
import { readCompactJwt } from './compact-jws.js'
import { createSignatureCheck } from './key-signature.js'
import type { Keyring } from './keyring.js'
import { isRefreshToken, sessionIdOf } from './refresh-token.js'
import type { SimpleJwtTokens } from './simplejwt/simplejwt-tokens.js'

/** What a token says and whether it holds; its signature is never among it. Times are NumericDate. */
export interface Inspection {
  readonly kind: 'access_token' | 'refresh_token' | 'unknown'
  readonly active: boolean
  /** Why it does not hold, in one sentence; null exactly when `active`. */
  readonly because: string | null
  readonly header: Claims | null
  readonly claims: Claims | null
}

export interface InspectionOptions {
  readonly keyring: Keyring
  readonly issuer: string
  readonly audience: readonly string[]
  readonly accessTokens: Pick<AccessTokens, 'verify'>
  /** null: none are issued in simplejwt's manner. */
  readonly simpleJwt: { readonly tokens: Pick<SimpleJwtTokens, 'verify' | 'read'> } | null
}

const quote = (value: unknown) => JSON.stringify(value) ?? 'nothing'

function decode(part: string | undefined): Claims | null {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'))
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? (parsed as Claims) : null
  } catch {
    return null
  }
}

/** What is wrong with header or signature; null: nothing. */
function explainSignature(token: string, header: Claims, { keyring }: InspectionOptions): string | null {
  const jwt = readCompactJwt(token)
  if (jwt === null) return 'It is not spelled as a signed token of this gateway may be.'
  const { kid, alg, typ } = header
  const key = typeof kid === 'string' ? keyring.find(kid) : null
  if (key === null) return `The gateway has no key ${quote(kid)}: it was issued elsewhere, or the key is gone.`
  if (alg !== key.algorithm) return `It says ${quote(alg)}, and its key is for ${key.algorithm} alone.`
  if (!createSignatureCheck(key)(jwt.signed, jwt.signature))
    return 'Its signature does not fit: it was changed, or made with another key.'
  return typ === 'at+jwt' ? null : `It is of type ${quote(typ)}, and an access token is "at+jwt".`
}

const isoTime = (seconds: unknown) =>
  typeof seconds === 'number' && Math.abs(seconds) < 8e12 ? new Date(seconds * 1000).toISOString() : quote(seconds)

/** What is wrong with the claims, in the order they are verified. */
function explainClaims({ iss, aud, exp, nbf }: Claims, code: string, { issuer, audience }: InspectionOptions): string {
  if (code === 'expired_token') return `It expired at ${isoTime(exp)}.`
  if (code === 'revoked_token')
    return 'It was revoked: its session has ended, or its user or service was changed since.'
  if (iss !== issuer) return `It was issued by ${quote(iss)}, and the issuer here is ${quote(issuer)}.`
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  if (!audiences.some((one) => audience.some((ours) => ours === one))) {
    return `It is meant for ${quote(aud)}, and the audience here is ${quote(audience)}.`
  }
  if (typeof nbf === 'number' && nbf > Date.now() / 1000) return `It is not good before ${isoTime(nbf)}.`
  return 'A claim that every access token has is missing or of a wrong type.'
}

/** Of a token in simplejwt's manner: its kind, and why it does not hold, or null; null: it is none, or not ours. */
function inspectSimpleJwt(token: string, claims: Claims, options: InspectionOptions) {
  if (options.simpleJwt === null) return null
  const { tokens } = options.simpleJwt
  const verified = tokens.verify(token)
  if (typeof verified !== 'string') return { kind: 'access_token', because: null } as const
  if (verified !== 'invalid_token') {
    return { kind: 'access_token', because: explainClaims(claims, verified, options) } as const
  }
  const read = tokens.read(token)
  if ('fault' in read || read.type !== 'refresh') return null
  return { kind: 'refresh_token', because: 'It is a refresh token: it shows nowhere who asks.' } as const
}

/** Reads a token for an operator: what it says, whether it holds here and now, and why not. Never throws. */
export function inspectToken(token: string, options: InspectionOptions): Inspection {
  const opaque: boolean = isRefreshToken(token)
  if (opaque) {
    const because = 'It is a refresh token, which says nothing: its session is the one named.'
    return { kind: 'refresh_token', active: false, because, header: null, claims: { sid: sessionIdOf(token) } }
  }
  const [header, claims] = token.split('.', 2).map(decode)
  if (header === undefined || header === null || claims === undefined || claims === null) {
    return { kind: 'unknown', active: false, because: 'It is no signed token.', header: null, claims: null }
  }
  const verified = options.accessTokens.verify(token)
  if (typeof verified !== 'string') return { kind: 'access_token', active: true, because: null, header, claims }
  const { kind, because } = inspectSimpleJwt(token, claims, options) ?? {
    kind: 'access_token' as const,
    because: explainSignature(token, header, options) ?? explainClaims(claims, verified, options)
  }
  return { kind, active: because === null, because, header, claims }
}
