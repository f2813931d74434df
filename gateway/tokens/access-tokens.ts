import { randomUUID } from 'node:crypto'
import { createSigner, createVerifier } from 'fast-jwt'
import { LRUCache } from 'lru-cache'
import type { Claims, Principal, User } from '../domain.js'
import type { ProblemCode } from '../problems.js'
import { readProtectedHeader } from './compact-jws.js'
import type { Key, Keyring } from './keyring.js'
import type { Revocations } from './revocations.js'

export interface AccessTokenOptions {
  readonly keyring: Keyring
  readonly revocations: Revocations
  readonly issuer: string
  readonly audience: readonly string[]
  readonly accessMs: number
  /** Claim → attribute of the user, or `username`. Names of registered claims are not among them. */
  readonly claims: Readonly<Record<string, string>>
}

export interface Issued {
  readonly token: string
  readonly claims: Claims
  readonly expiresAt: number
}

export interface AccessTokens {
  /** An RFC 9068 token for one session of a user, which it does not outlive: `sessionEndsAt` is its absolute age. */
  issue: (user: User, sessionId: string, sessionEndsAt: number) => Issued
  /** The principal, or why the token does not hold: `invalid_token`, `expired_token`, `revoked_token`. Never throws. */
  verify: (token: string) => Principal | ProblemCode
  /** The same for a token that may have expired: whose session it was. */
  verifyExpired: (token: string) => Principal | ProblemCode
}

/**
 * A token longer than this is none of ours: Node reads 16 KiB of header fields. A user with all the roles and
 * attributes that a user may have fits.
 */
const LONGEST_TOKEN = 14 * 1024
/** Tokens verified before: so many, and so many characters of them together. */
const REMEMBERED_TOKENS = 10_000
const REMEMBERED_CHARACTERS = 16 * 1024 * 1024
/** Clocks of two gateways may differ by this much; an expiry is never stretched. */
const LEEWAY_SECONDS = 5
const CLIENT_ID = 'portcullis'
const REQUIRED = ['iss', 'sub', 'aud', 'exp', 'iat', 'jti', 'sid', 'gen']

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
const textOrNull = (value: unknown) => (isText(value) ? value : null)
const ROLE = /^[A-Za-z0-9:_./-]{1,64}$/

/** Roles are whole strings of an array; any other type is no roles, and a name that breaks the rules is no role. */
function readRoles(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((role): role is string => typeof role === 'string' && ROLE.test(role)) : []
}

function readPrincipal(claims: Claims): Principal | null {
  const { sub, exp, iat, nbf, sid, gen, jti } = claims
  if (!isText(sub) || !isText(sid) || !isText(jti) || !isTime(exp) || !isTime(iat) || !isTime(gen)) return null
  if (nbf !== undefined && !isTime(nbf)) return null
  return {
    subject: sub,
    issuer: 'self',
    username: textOrNull(claims.username),
    roles: readRoles(claims.roles),
    scopes: isText(claims.scope) ? claims.scope.split(' ') : [],
    clientId: textOrNull(claims.client_id),
    sessionId: sid,
    tokenId: jti,
    generation: gen,
    expiresAt: exp,
    claims
  }
}

/** Claims out of the user's record; an attribute the user does not have gives no claim. */
function configuredClaims(sources: Readonly<Record<string, string>>, user: User): Record<string, unknown> {
  const claims: Record<string, unknown> = {}
  for (const [claim, source] of Object.entries(sources)) {
    if (source === 'username') claims[claim] = user.username
    else if (Object.hasOwn(user.attributes, source)) claims[claim] = user.attributes[source]
  }
  return claims
}

function createKeyVerifier(key: Key, options: AccessTokenOptions) {
  return createVerifier({
    key: key.verifyingKey,
    algorithms: [key.algorithm],
    requiredClaims: REQUIRED,
    allowedIss: [options.issuer],
    allowedAud: [...options.audience],
    checkTyp: 'at+jwt',
    // Times are compared below, where each has its own answer; the library would give one and a tolerance for all.
    ignoreExpiration: true,
    ignoreNotBefore: true,
    // The library's cache answers for keys that are gone and can take an error for a result.
    cache: false
  })
}

/** Issues and verifies the access tokens of this gateway. Verified ones are remembered; times and revocation never are. */
export function createAccessTokens(options: AccessTokenOptions): AccessTokens {
  const { keyring, revocations } = options
  const { signing } = keyring
  const sign = createSigner({
    key: signing.signingKey,
    algorithm: signing.algorithm,
    kid: signing.keyId,
    header: { alg: signing.algorithm, typ: 'at+jwt' }
  })
  const verifiers = new Map([...keyring.byId].map(([keyId, key]) => [keyId, createKeyVerifier(key, options)]))
  const verified = new LRUCache<string, Principal>({
    max: REMEMBERED_TOKENS,
    maxSize: REMEMBERED_CHARACTERS,
    sizeCalculation: (_principal, token) => token.length
  })

  function verifySignature(token: string): Principal | null {
    const header = readProtectedHeader(token)
    if (header === null || typeof header.kid !== 'string') return null
    const verifier = verifiers.get(header.kid)
    if (verifier === undefined) return null
    try {
      const claims: unknown = verifier(token)
      return typeof claims === 'object' && claims !== null ? readPrincipal(Object.freeze(claims) as Claims) : null
    } catch {
      // Whatever is wrong with a token, RangeErrors over absurd times included, it is the token's fault.
      return null
    }
  }

  function recall(token: string): Principal | null {
    if (token.length > LONGEST_TOKEN) return null
    let principal = verified.get(token) ?? null
    if (principal === null) {
      principal = verifySignature(token)
      if (principal !== null) verified.set(token, principal)
    }
    return principal
  }

  return {
    issue(user, sessionId, sessionEndsAt) {
      const issuedAt = Math.floor(Date.now() / 1000)
      const expiresAt = Math.min(sessionEndsAt, issuedAt + Math.ceil(options.accessMs / 1000))
      // What the gateway says itself is added last: no configured claim can stand in its place.
      const claims = Object.assign(configuredClaims(options.claims, user), {
        iss: options.issuer,
        sub: user.id,
        aud: options.audience.length === 1 ? options.audience[0] : [...options.audience],
        exp: expiresAt,
        iat: issuedAt,
        nbf: issuedAt,
        jti: randomUUID(),
        sid: sessionId,
        client_id: CLIENT_ID,
        username: user.username,
        roles: [...user.roles],
        gen: user.generation
      })
      const token = sign(claims)
      // Better no token than one that would be refused wherever it is shown.
      if (token.length > LONGEST_TOKEN) throw new Error(`the access token of ${user.id} would be too long`)
      return { token, claims, expiresAt }
    },
    verify(token) {
      const principal = recall(token)
      if (principal === null) return 'invalid_token'
      const now = Date.now() / 1000
      if (principal.expiresAt <= now) return 'expired_token'
      const { iat, nbf } = principal.claims
      if ([iat, nbf].some((time) => isTime(time) && time > now + LEEWAY_SECONDS)) return 'invalid_token'
      return revocations.isRevoked(principal) ? 'revoked_token' : principal
    },
    verifyExpired: (token) => recall(token) ?? 'invalid_token'
  }
}
