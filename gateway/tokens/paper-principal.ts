import type { Claims, Principal, User } from '../domain.js'
import { readPrincipal } from './access-tokens.js'
import { isText } from './claim-types.js'
import { type ForeignClaims, readForeignPrincipal } from './foreign-principal.js'
import { claimsOfUser, type IssuingOptions } from './issue-access-tokens.js'

/** What the settings say of our own tokens, as far as it shows in them. */
export type PaperIssuing = Pick<IssuingOptions, 'issuer' | 'audience' | 'claims'>

/** The subject of whoever is given none: the UUID that is nobody's (RFC 9562 §5.9). */
export const NOBODY_IN_PARTICULAR = '00000000-0000-0000-0000-000000000000'
/** In place of a session's and a token's id. */
const ON_PAPER = 'paper'

/** Times take no part: what is on paper does not expire. */
const registered = ({ issuer, audience }: Omit<PaperIssuing, 'claims'>): Claims => ({
  iss: issuer,
  aud: audience.length === 1 ? audience[0] : audience,
  iat: 0,
  exp: Number.MAX_SAFE_INTEGER,
  jti: ON_PAPER
})

const isMeantFor = (aud: unknown, audience: readonly string[]): boolean =>
  [aud].flat().some((one) => isText(one) && audience.includes(one))

/** Whom a token of the user would speak for, were it issued now. */
export function principalOfUser(user: User, issuing: PaperIssuing): Principal {
  const claims = { ...claimsOfUser(user, ON_PAPER, issuing.claims), ...registered(issuing), sub: user.id }
  const principal = readPrincipal(claims)
  if (principal === null) throw new Error('a token of a user would say nothing')
  return principal
}

/**
 * Whom a token with these claims would speak for: one of ours unless `iss` says otherwise. What every token has may be
 * left out. null: no such token is accepted.
 */
export function principalOfClaims(
  given: Claims,
  issuing: PaperIssuing,
  issuers: readonly ForeignClaims[]
): Principal | null {
  if (given.iss === undefined || given.iss === issuing.issuer) {
    const claims: Claims = { sub: NOBODY_IN_PARTICULAR, sid: ON_PAPER, gen: 0, ...registered(issuing), ...given }
    return isMeantFor(claims.aud, issuing.audience) ? readPrincipal(claims) : null
  }
  const foreign = issuers.find(({ issuer }) => issuer === given.iss)
  if (foreign === undefined) return null
  const { aud, exp } = registered(foreign)
  return readForeignPrincipal({ sub: NOBODY_IN_PARTICULAR, aud, exp, ...given }, 'at+jwt', foreign)
}
