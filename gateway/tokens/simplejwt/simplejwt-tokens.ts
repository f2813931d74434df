import { hash, randomBytes } from 'node:crypto'
import type { Claims, Principal, RefreshTokenKey, User } from '../../domain.js'
import type { ProblemCode } from '../../problems.js'
import { readRoles } from '../access-tokens.js'
import { isReservedRole, isText, isTime, textOrNull } from '../claim-types.js'
import { createHeaderReader, readCompactJwt } from '../compact-jws.js'
import { configuredClaims } from '../issue-access-tokens.js'
import type { Key } from '../key.js'
import { createSignatureCheck } from '../key-signature.js'
import { perKey } from '../per-key.js'
import { createRecall } from '../recall.js'
import type { Revocations } from '../revocations.js'
import { LONGEST_TOKEN, TokenTooLarge } from '../token-too-large.js'
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

/** Claims whose signature holds. */
interface Signed {
  readonly claims: Claims
  readonly key: Key
}

/** A token of ours whose signature, times, issuer and audience hold. */
export interface ReadToken extends Signed {
  readonly type: TokenType
  readonly tokenId: string
  readonly subject: string
  readonly sessionId: string
  readonly issuedAt: number
  readonly expiresAt: number
}

/** What simplejwt says of a token that does not hold. */
export type TokenFault = { readonly fault: string }

export type SimpleJwtTokens = ReturnType<typeof createSimpleJwtTokens>

/** Clocks of two gateways may differ by this much. */
const CLOCK_SECONDS = 5

/** The end of the year 9999, after which Python has no dates: Django would fail on what we let through. */
const LAST_SECOND = 253_402_300_799

/** A time that Django can read. */
export const isDate = (value: unknown): value is number => isTime(value) && value <= LAST_SECOND

export const INVALID: TokenFault = { fault: 'Token is invalid or expired' }

/** A new token id: 256 random bits, for it is what the store knows a refresh token by. */
export const createTokenId = () => randomBytes(32).toString('hex')

/** The store knows a token by its id, however its signature is spelled. */
export const hashTokenId = (tokenId: string): Uint8Array => hash('sha256', tokenId, 'buffer')

/** What the store knows a refresh or a sliding token by. */
export const refreshTokenKey = ({ sessionId, tokenId }: Pick<ReadToken, 'sessionId' | 'tokenId'>): RefreshTokenKey => ({
  sessionId,
  tokenHash: hashTokenId(tokenId)
})

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

  // `sub` is a text (RFC 7519 §4.1.2), and PyJWT refuses another from 2.10 on; Django reads its key from a text as well.
  const isNumber = (value: unknown): value is number => Number.isInteger(value) && userIdClaim !== 'sub'

  /** Whole numbers stay so, as Django's keys do; whatever else is text. null: the user has no such attribute. */
  function userIdOf(user: User): string | number | null {
    if (options.userId === 'id') return user.id
    if (options.userId === 'username') return user.username
    const value = Object.hasOwn(user.attributes, options.userId) ? user.attributes[options.userId] : undefined
    if (value === undefined) return null
    return isNumber(value) ? value : String(value)
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
    if (token.length > LONGEST_TOKEN) throw new TokenTooLarge(user, token.length)
    return token
  }

  /** Those for which a token under this key can vouch: whoever else signs with it cannot open the operator's door. */
  const vouchedFor = (roles: readonly string[], key: Key): readonly string[] =>
    keys.isOursAlone(key) ? roles : roles.filter((role) => !isReservedRole(role))

  const bearing = ({ username, roles, generation }: User) => ({
    username,
    roles: [...vouchedFor(roles, keys.signing())],
    gen: generation
  })

  /** Signature, type of the header, issuer and audience: nothing that changes with time. */
  function decode(token: string): Signed | null {
    const jwt = token.length > LONGEST_TOKEN ? null : readCompactJwt(token, readHeader)
    const key = jwt === null ? null : keys.find(jwt.header.kid)
    if (jwt === null || key === null || jwt.header.alg !== key.algorithm || jwt.header.typ !== 'JWT') return null
    if (!signatureCheckOf(key)(jwt.signed, jwt.signature)) return null
    return { claims: Object.freeze(jwt.claims), key }
  }

  function isAddressed({ iss, aud }: Claims): boolean {
    if (iss !== issuer) return false
    if (audience === null) return aud === undefined
    const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
    return audiences.every((one) => typeof one === 'string') && audiences.some((one) => audience.includes(one))
  }

  /** What Django would say of the times; null: nothing. */
  function faultOfTimes({ exp, iat, nbf }: Claims, now: number): TokenFault | null {
    if (exp === undefined) return { fault: "Token has no 'exp' claim" }
    if (!isDate(exp) || exp <= now - options.leewayMs / 1000) return INVALID
    const soon = now + Math.max(CLOCK_SECONDS, options.leewayMs / 1000)
    const early = [iat, nbf].some((time) => time !== undefined && !(isTime(time) && time <= soon))
    return early ? INVALID : null
  }

  function read(token: string): ReadToken | TokenFault {
    const decoded = decode(token)
    if (decoded === null) return INVALID
    const { claims, key } = decoded
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
    return { type, tokenId, subject, sessionId: sid, issuedAt: iat, expiresAt: exp, claims, key }
  }

  /** Of a refresh token whatever its times: who shows it may end its session, also late. */
  function readRefreshToken(token: string): RefreshTokenKey | null {
    const claims = decode(token)?.claims
    if (claims === undefined || claims[tokenTypeClaim] !== 'refresh' || !isAddressed(claims)) return null
    const [tokenId, sessionId] = [claims[jtiClaim], claims.sid]
    return isText(tokenId) && isText(sessionId) ? refreshTokenKey({ sessionId, tokenId }) : null
  }

  /** What Django would take for somebody else, or for nobody, is no token of ours, whoever signed it. */
  function namesItsUser(claims: Claims): boolean {
    const name = claims[userIdClaim]
    if (options.userId === 'id') return name === claims[subjectClaim]
    if (options.userId === 'username') return isText(name) && name === claims.username
    return isText(name) || Number.isSafeInteger(name)
  }

  const showsWhoAsks = (claims: Claims): boolean =>
    options.authTokens.some((kind) => kind === claims[tokenTypeClaim]) && claims[tokenTypeClaim] !== 'refresh'

  /** Whom claims speak for, where tokens of their kind show who asks; null: they do not say all that ours say. */
  function principalOf({ claims, key }: Signed): Principal | null {
    const { sid, gen, exp, iat, nbf } = claims
    const [subject, tokenId] = [claims[subjectClaim], claims[jtiClaim]]
    if (!isAddressed(claims) || !namesItsUser(claims)) return null
    if (!isText(subject) || !isText(sid) || !isText(tokenId) || !isTime(gen) || !isTime(exp) || !isTime(iat))
      return null
    if (nbf !== undefined && !isTime(nbf)) return null
    const roles = vouchedFor(readRoles(claims.roles), key)
    return {
      subject,
      issuer: 'self',
      username: textOrNull(claims.username),
      roles,
      scopes: [],
      clientId: null,
      sessionId: sid,
      tokenId,
      generation: gen,
      expiresAt: exp,
      // Rules and upstreams read the same `sub`, whichever tokens show who asks.
      claims: Object.freeze({ ...claims, sub: subject, roles })
    }
  }

  const { recall, isKnown } = createRecall((token) => {
    const decoded = decode(token)
    if (decoded === null || !showsWhoAsks(decoded.claims)) return null
    const principal = principalOf(decoded)
    return principal === null ? null : { principal, key: decoded.key }
  }, keys.isHeld)

  return {
    userIdOf,
    issueAccess: (issuance: Issuance) => seal('access', createTokenId(), bearing(issuance.user), issuance),
    issueRefresh: (tokenId: string, issuance: Issuance) => seal('refresh', tokenId, {}, issuance),
    issueSliding: (tokenId: string, refreshUntil: number, issuance: Issuance) =>
      seal('sliding', tokenId, { ...bearing(issuance.user), [sliding.refreshExpClaim]: refreshUntil }, issuance),
    /** What a token of any kind says, or what Django would say is wrong with it. Never throws. */
    read,
    readRefreshToken,
    /** Whether an access or sliding token that was read is still good for what it says, wherever it may be shown. */
    isGood(token: ReadToken): boolean {
      const principal = principalOf(token)
      return principal !== null && !options.revocations.isRevoked(principal)
    },
    typeOf: (claims: Claims): unknown => claims[tokenTypeClaim],
    isKnown,
    /** Whom a token that shows who asks speaks for, whatever its times. Never throws. */
    verifyExpired: (token: string): Principal | ProblemCode => recall(token) ?? 'invalid_token',
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
