import type { Claims, Principal } from '../domain.js'
import type { ProblemCode } from '../problems.js'
import { isRole, isText, isTime, textOrNull } from './claim-types.js'
import { createHeaderReader, readCompactJwt } from './compact-jws.js'
import { createIssuing, type Issuing, type IssuingOptions } from './issue-access-tokens.js'
import { createSignatureCheck } from './key-signature.js'
import { perKey } from './per-key.js'
import { createRecall, type Recalled } from './recall.js'
import type { Revocations } from './revocations.js'

export interface AccessTokenOptions extends IssuingOptions {
  readonly revocations: Revocations
  /** Whether a client's token was issued to the client as it is defined now; `generation` is what the token says. */
  readonly isCurrentClient: (clientId: string, generation: unknown) => boolean
}

export interface AccessTokens extends Issuing {
  /** The principal, or why the token does not hold: `invalid_token`, `expired_token`, `revoked_token`. Never throws. */
  verify: (token: string) => Principal | ProblemCode
  /** The same for a token that may have expired: whose session it was. */
  verifyExpired: (token: string) => Principal | ProblemCode
  /** Whether somebody whose token held has lost it since; nothing is said of its times. */
  isRevoked: (principal: Principal) => boolean
}

/** Clocks of two gateways may differ by this much; an expiry is never stretched. */
const LEEWAY_SECONDS = 5

/** Roles are whole strings of an array; any other type is no roles, and a name that breaks the rules is no role. */
export function readRoles(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter(isRole) : []
}

/** Every token says a session and a generation of its user, or is a client's own; which of them, our signature says. */
function readOwner({ sid, gen, sub, client_id: clientId }: Claims): Pick<Principal, 'sessionId' | 'generation'> | null {
  if (isText(sid) && isTime(gen)) return { sessionId: sid, generation: gen }
  return sid === undefined && isText(gen) && sub === clientId ? { sessionId: null, generation: null } : null
}

/** Whom verified claims of ours speak for; null: a claim is missing or of another type. */
export function readPrincipal(claims: Claims): Principal | null {
  const { sub, exp, iat, nbf, jti } = claims
  const owner = readOwner(claims)
  if (owner === null || !isText(sub) || !isText(jti) || !isTime(exp) || !isTime(iat)) return null
  if (nbf !== undefined && !isTime(nbf)) return null
  return {
    subject: sub,
    issuer: 'self',
    username: textOrNull(claims.username),
    roles: readRoles(claims.roles),
    scopes: isText(claims.scope) ? claims.scope.split(' ') : [],
    clientId: textOrNull(claims.client_id),
    ...owner,
    tokenId: jti,
    expiresAt: exp,
    claims
  }
}

/** RFC 9068 §4: media types are compared in any case, with or without their tree. */
const isAccessTokenType = (typ: unknown): boolean =>
  typ === 'at+jwt' || (isText(typ) && typ.toLowerCase().replace(/^application\//, '') === 'at+jwt')

/** RFC 7519 §4.1.3: one text or a list of texts, and we are among them. */
const isForUs = (aud: unknown, audience: readonly string[]): boolean =>
  Array.isArray(aud)
    ? aud.every(isText) && aud.some((one) => audience.includes(one))
    : audience.some((ours) => ours === aud)

/** Issues and verifies the access tokens of this gateway. Verified ones are remembered; times and revocation never are. */
export function createAccessTokens(options: AccessTokenOptions): AccessTokens {
  const { keyring, revocations } = options
  const signatureCheckOf = perKey(createSignatureCheck)
  const readHeader = createHeaderReader()

  /** Signature, type, issuer and audience; an algorithm is the key's and never the header's choice (RFC 8725 §3.1). */
  function verifyOnce(token: string): Recalled | null {
    const jwt = readCompactJwt(token, readHeader)
    if (jwt === null) return null
    const { header, claims } = jwt
    const key = typeof header.kid === 'string' ? keyring.find(header.kid) : null
    if (key === null || header.alg !== key.algorithm || !isAccessTokenType(header.typ)) return null
    if (claims.iss !== options.issuer || !isForUs(claims.aud, options.audience)) return null
    if (!signatureCheckOf(key)(jwt.signed, jwt.signature)) return null
    const principal = readPrincipal(Object.freeze(claims))
    return principal === null ? null : { principal, key }
  }

  const { recall } = createRecall(verifyOnce, (key) => keyring.find(key.keyId) === key)

  /** A client's token ends with what the settings said of the client when it was issued: no look-up but in memory. */
  function isRevoked(principal: Principal): boolean {
    if (revocations.isRevoked(principal)) return true
    return principal.sessionId === null && !options.isCurrentClient(principal.subject, principal.claims.gen)
  }

  return {
    ...createIssuing(options),
    verify(token) {
      const principal = recall(token)
      if (principal === null) return 'invalid_token'
      const now = Date.now() / 1000
      if (principal.expiresAt <= now) return 'expired_token'
      const { iat, nbf } = principal.claims
      if ([iat, nbf].some((time) => isTime(time) && time > now + LEEWAY_SECONDS)) return 'invalid_token'
      return isRevoked(principal) ? 'revoked_token' : principal
    },
    verifyExpired: (token) => recall(token) ?? 'invalid_token',
    isRevoked
  }
}
