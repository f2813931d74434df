import { randomBytes } from 'node:crypto'
import type { Claims, Principal, User } from '../../domain.js'
import type { ProblemCode } from '../../problems.js'
import { readRoles } from '../access-tokens.js'
import { isText, isTime, textOrNull } from '../claim-types.js'
import { createHeaderReader, readCompactJwt } from '../compact-jws.js'
import { configuredClaims, LONGEST_TOKEN } from '../issue-access-tokens.js'
import type { Key } from '../key.js'
import { createSignatureCheck } from '../key-signature.js'
import { perKey } from '../per-key.js'
import { createRecall } from '../recall.js'
import type { Revocations } from '../revocations.js'
import type { TokenKeys } from './token-keys.js'

export type TokenType = 'access' | 'refresh' | 'sliding'

export interface SimpleJwtTokenOptions {
  readonly keys: TokenKeys
  readonly revocations: Revocations
  readonly issuer: string
  /** null: tokens have no `aud`, and none that has one is ours. */
  readonly audience: readonly string[] | null
  readonly accessMs: number
  readonly refreshMs: number
  readonly leewayMs: number
  /** `id`, `username` or an attribute of the user. */
  readonly userId: string
  readonly userIdClaim: string
  readonly tokenTypeClaim: string
  readonly jtiClaim: string
  /** Kinds of tokens that show who asks. */
  readonly authTokens: readonly TokenType[]
  readonly sliding: { readonly lifetimeMs: number; readonly refreshMs: number; readonly refreshExpClaim: string }
  /** Claim → attribute of the user, or `username`. */
  readonly claims: Readonly<Record<string, string>>
}

/** What a token is about: a session of a user, from now on and, at the latest, until then. Times are NumericDate. */
export interface Issuance {
  readonly user: User
  readonly sessionId: string
  readonly issuedAt: number
  readonly expiresAt: number
}

/** A token of ours whose signature, times, issuer and audience hold. */
export interface ReadToken {
  readonly type: TokenType
  readonly tokenId: string
  readonly subject: string
  readonly sessionId: string
  readonly issuedAt: number
  readonly expiresAt: number
  readonly claims: Claims
}

/** What simplejwt says of a token that does not hold. */
export type TokenFault = { readonly fault: string }

export type SimpleJwtTokens = ReturnType<typeof createSimpleJwtTokens>

/** Clocks of two gateways may differ by this much. */
const CLOCK_SECONDS = 5

export const INVALID: TokenFault = { fault: 'Token is invalid or expired' }

/** A new token id: 256 random bits, for it is what the store knows a refresh token by. */
export const createTokenId = () => randomBytes(32).toString('hex')

/**
 * Issues and verifies tokens as djangorestframework-simplejwt makes them. Beside its claims they have those by which the
 * gateway knows its own: the user, the session and the generation. Django passes over them.
 */
export function createSimpleJwtTokens(options: SimpleJwtTokenOptions) {
  const { keys, issuer, audience, userIdClaim, tokenTypeClaim, jtiClaim, sliding } = options
  // `sub` may be what Django knows the user by; then the gateway's own id stands elsewhere.
  const subjectClaim = userIdClaim === 'sub' ? 'uid' : 'sub'
  const longestSeconds = Math.ceil(Math.max(options.accessMs, options.refreshMs, sliding.lifetimeMs) / 1000)
  const signatureCheckOf = perKey(createSignatureCheck)
  const readHeader = createHeaderReader()

  /** Whole numbers stay so, as Django's keys do; whatever else is text. null: the user has no such attribute. */
  function userIdOf(user: User): string | number | null {
    if (options.userId === 'id') return user.id
    if (options.userId === 'username') return user.username
    const value = Object.hasOwn(user.attributes, options.userId) ? user.attributes[options.userId] : undefined
    if (value === undefined) return null
    return Number.isInteger(value) ? (value as number) : String(value)
  }

  function seal(type: TokenType, tokenId: string, more: object, issuance: Issuance): string {
    const { user, sessionId, issuedAt, expiresAt } = issuance
    const claims = {
      ...configuredClaims(options.claims, user),
      ...more,
      ...(audience === null ? {} : { aud: audience.length === 1 ? audience[0] : [...audience] }),
      iss: issuer,
      exp: Math.min(expiresAt, issuedAt + keys.cover(longestSeconds)),
      iat: issuedAt,
      sid: sessionId,
      [subjectClaim]: user.id,
      [userIdClaim]: userIdOf(user),
      [jtiClaim]: tokenId,
      [tokenTypeClaim]: type
    }
    const token = keys.sign(claims)
    if (token.length > LONGEST_TOKEN) throw new Error(`the ${type} token of ${user.id} would be too long`)
    return token
  }

  const bearing = ({ username, roles, generation }: User) => ({ username, roles: [...roles], gen: generation })

  /** Signature, type of the header, issuer and audience: nothing that changes with time. */
  function decode(token: string): { readonly claims: Claims; readonly key: Key } | null {
    const jwt = token.length > LONGEST_TOKEN ? null : readCompactJwt(token, readHeader)
    const key = jwt === null ? null : keys.find(jwt.header.kid)
    if (jwt === null || key === null || jwt.header.alg !== key.algorithm || jwt.header.typ !== 'JWT') return null
    if (!signatureCheckOf(key)(jwt.signed, jwt.signature)) return null
    return { claims: Object.freeze(jwt.claims), key }
  }

  function isAddressed({ iss, aud }: Claims): boolean {
    if (iss !== issuer) return false
    if (audience === null) return aud === undefined
    return (Array.isArray(aud) ? aud : [aud]).some((one) => audience.includes(one))
  }

  /** What Django would say of the times; null: nothing. */
  function faultOfTimes({ exp, iat, nbf }: Claims, now: number): TokenFault | null {
    if (exp === undefined) return { fault: "Token has no 'exp' claim" }
    if (!isTime(exp) || exp <= now - options.leewayMs / 1000) return INVALID
    const early = [iat, nbf].some((time) => time !== undefined && !(isTime(time) && time <= now + CLOCK_SECONDS))
    return early ? INVALID : null
  }

  function read(token: string): ReadToken | TokenFault {
    const decoded = decode(token)
    if (decoded === null) return INVALID
    const { claims } = decoded
    const fault = faultOfTimes(claims, Date.now() / 1000)
    if (fault !== null) return fault
    const { iat, exp, sid } = claims
    const [tokenId, type, subject] = [claims[jtiClaim], claims[tokenTypeClaim], claims[subjectClaim]]
    if (tokenId === undefined) return { fault: 'Token has no id' }
    if (type === undefined) return { fault: 'Token has no type' }
    if (type !== 'access' && type !== 'refresh' && type !== 'sliding') return { fault: 'Token has wrong type' }
    // Whoever shares the key can sign anything; only what says all that ours say is ours.
    if (!isAddressed(claims) || !isText(tokenId) || !isText(subject) || !isText(sid)) return INVALID
    if (!isTime(iat) || !isTime(exp)) return INVALID
    return { type, tokenId, subject, sessionId: sid, issuedAt: iat, expiresAt: exp, claims }
  }

  function principalOf(claims: Claims): Principal | null {
    const { sid, gen, exp, iat, nbf } = claims
    const [subject, tokenId, type] = [claims[subjectClaim], claims[jtiClaim], claims[tokenTypeClaim]]
    if (!options.authTokens.some((kind) => kind === type) || type === 'refresh' || !isAddressed(claims)) return null
    if (!isText(subject) || !isText(sid) || !isText(tokenId) || !isTime(gen) || !isTime(exp) || !isTime(iat))
      return null
    if (nbf !== undefined && !isTime(nbf)) return null
    return {
      subject,
      issuer: 'self',
      username: textOrNull(claims.username),
      roles: readRoles(claims.roles),
      scopes: [],
      clientId: null,
      sessionId: sid,
      tokenId,
      generation: gen,
      expiresAt: exp,
      // Rules and upstreams read the same `sub`, whichever tokens show who asks.
      claims: Object.freeze({ ...claims, sub: subject })
    }
  }

  const { recall, isKnown } = createRecall((token) => {
    const decoded = decode(token)
    const principal = decoded === null ? null : principalOf(decoded.claims)
    return decoded === null || principal === null ? null : { principal, key: decoded.key }
  }, keys.isHeld)

  return {
    userIdOf,
    issueAccess: (issuance: Issuance) => seal('access', createTokenId(), bearing(issuance.user), issuance),
    issueRefresh: (tokenId: string, issuance: Issuance) => seal('refresh', tokenId, {}, issuance),
    issueSliding: (tokenId: string, refreshUntil: number, issuance: Issuance) =>
      seal('sliding', tokenId, { ...bearing(issuance.user), [sliding.refreshExpClaim]: refreshUntil }, issuance),
    /** What a token of any kind says, or what Django would say is wrong with it. Never throws. */
    read,
    isKnown,
    /** Whom a token that shows who asks speaks for, or why it does not hold. Never throws. */
    verify(token: string): Principal | ProblemCode {
      const principal = recall(token)
      if (principal === null) return 'invalid_token'
      const now = Date.now() / 1000
      const fault = faultOfTimes(principal.claims, now)
      if (fault !== null) return principal.expiresAt <= now ? 'expired_token' : 'invalid_token'
      return options.revocations.isRevoked(principal) ? 'revoked_token' : principal
    }
  }
}
