/** The verdict on one request, with every input it used. */
import type { Authentication, Decision, JudgedRequest, JudgedSubject, Principal } from '../domain.js'
import type { ProblemCode } from '../problems.js'
import type { Match, NoMatch } from './compile-policy.js'
import { type CompiledCondition, type Parameters, readClaim } from './conditions.js'

export interface Sought {
  /** Of the decision, for logs and `explain`. */
  readonly id: string
  /** Of the policy that found the match. */
  readonly revision: string
  readonly request: JudgedRequest
  readonly match: Match | NoMatch
  readonly authentication: Authentication
}

interface Verdict {
  /** null: allowed. */
  readonly because: ProblemCode | null
  readonly missingScopes: readonly string[]
}

const none: readonly string[] = Object.freeze([])
const noParameters: Parameters = Object.freeze(Object.create(null))
const noClaims: Readonly<Record<string, unknown>> = Object.freeze(Object.create(null))

const allowed: Verdict = { because: null, missingScopes: none }
const refused = (because: ProblemCode): Verdict => ({ because, missingScopes: none })

/** `alternatives`: those whose networks hold. A stranger is asked for a token only where one could help. */
const judgeStranger = (alternatives: readonly CompiledCondition[]): Verdict => {
  if (alternatives.some((alternative) => !alternative.needsIdentity)) return allowed
  return refused(alternatives.length > 0 ? 'missing_token' : 'access_denied')
}

const judgePrincipal = (
  alternatives: readonly CompiledCondition[],
  principal: Principal,
  parameters: Parameters
): Verdict => {
  const lacking = ({ scopes }: CompiledCondition): number =>
    scopes.filter((scope) => !principal.scopes.includes(scope)).length
  let nearest: CompiledCondition | null = null
  for (const alternative of alternatives) {
    if (!alternative.admitsPrincipal(principal, parameters)) continue
    if (lacking(alternative) === 0) return allowed
    if (nearest === null || lacking(alternative) < lacking(nearest)) nearest = alternative
  }
  // RFC 6750 §3.1: the scope that the resource needs, so all of the alternative's and not only what is lacking.
  return nearest === null ? refused('access_denied') : { because: 'insufficient_scope', missingScopes: nearest.scopes }
}

const judge = ({ allow, parameters }: Match, { address }: JudgedRequest, authentication: Authentication): Verdict => {
  if (allow.kind === 'anyone') return allowed
  if (allow.kind === 'nobody') return refused('access_denied')
  if (authentication.kind === 'bad') return refused(authentication.because)
  if (allow.kind !== 'any') return authentication.kind === 'principal' ? allowed : refused('missing_token')
  const alternatives = allow.of.filter((alternative) => alternative.admitsAddress(address))
  return authentication.kind === 'principal'
    ? judgePrincipal(alternatives, authentication.principal, parameters)
    : judgeStranger(alternatives)
}

const claimsRead = (principal: Principal, names: readonly string[]): Readonly<Record<string, unknown>> => {
  if (names.length === 0) return noClaims
  const claims: Record<string, unknown> = Object.create(null)
  // A claim that was looked for and not there is said to be null, which no condition takes for anything else: what was
  // never looked for is another matter to whoever judges again.
  for (const name of names) claims[name] = readClaim(principal, name) ?? null
  return claims
}

const subjectRead = (principal: Principal, claimNames: readonly string[]): JudgedSubject => ({
  subject: principal.subject,
  issuer: principal.issuer,
  username: principal.username,
  roles: principal.roles,
  scopes: principal.scopes,
  claims: claimsRead(principal, claimNames)
})

const credentialOf = (authentication: Authentication): Decision['credential'] => {
  if (authentication.kind === 'bad') return authentication.because
  return authentication.kind === 'principal' ? 'valid' : 'none'
}

/**
 * Decides by the chosen rule alone, without falling through to a later one; without a rule it refuses. Pure: the same
 * input gives the same decision, now and at a replay.
 */
export const decide = ({ id, revision, request, match, authentication }: Sought): Decision => {
  const found = 'rule' in match ? match : null
  const { because, missingScopes } = 'rule' in match ? judge(match, request, authentication) : refused(match.because)
  return {
    id,
    revision,
    request,
    rule: found?.rule ?? null,
    parameters: found?.parameters ?? noParameters,
    credential: credentialOf(authentication),
    subject:
      authentication.kind === 'principal'
        ? subjectRead(authentication.principal, found?.allow.claimNames ?? none)
        : null,
    allow: because === null,
    because,
    missingScopes
  }
}
