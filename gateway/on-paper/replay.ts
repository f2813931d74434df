/** Past requests, judged again by another policy. */
import { parseCanonicalPath } from '../canonical-path.js'
import type { Authentication, ClaimExpectation, Principal } from '../domain.js'
import { createJudge, type Judge, type Judgement, type JudgingSettings } from '../judgement.js'
import type { RequestTarget } from '../proxy/index.js'
import { type LoggedDecision, type LoggedRequest, readLoggedLine, type Skipped, type Untold } from './logged-request.js'
import { type Outcome, outcomeOf } from './outcome.js'

/** Why it cannot be told what would become of a request. */
export type CannotTell = Untold | 'claim_not_logged' | 'answered_by_gateway'

export type Replayed =
  | { readonly kind: 'same' | 'own' | 'unreadable' }
  | { readonly kind: 'skipped'; readonly because: Skipped }
  | { readonly kind: 'untold'; readonly because: CannotTell }
  | {
      readonly kind: 'differs'
      readonly request: LoggedRequest
      readonly before: LoggedDecision
      readonly now: Outcome
    }

const SAME: Replayed = { kind: 'same' }
const OWN: Replayed = { kind: 'own' }
const UNREADABLE: Replayed = { kind: 'unreadable' }
const untold = (because: CannotTell): Replayed => ({ kind: 'untold', because })

/** Claims that were not logged are tried out in so many ways; beyond, the line is one of which it cannot be told. */
const MOST_TRIALS = 64

/**
 * Makes the judge of lines of the access log, parsed as JSON. Who asked is taken as it was logged: whether the tokens
 * of then would hold is not asked, nor is anything counted.
 */
export function createReplay(settings: JudgingSettings): (line: unknown) => Replayed {
  const judge = createJudge(settings)
  return (value) => {
    const line = readLoggedLine(value)
    if (line.kind === 'unreadable') return UNREADABLE
    if (line.kind === 'skipped' || line.kind === 'untold') return line
    const { request } = line
    const target = targetOf(request)
    if (target === null) return UNREADABLE
    const { method, address } = request
    if (line.kind === 'own') {
      const { kind } = judge({ method, target, address, authentication: { kind: 'anonymous' } })
      return kind === 'own' ? OWN : untold('answered_by_gateway')
    }
    const now = judgeAgain(judge, target, request, line.authentication)
    if (now === null) return untold('claim_not_logged')
    return isSame(line.decision, now) ? SAME : { kind: 'differs', request, before: line.decision, now }
  }
}

/** null: this path was never logged by the gateway, which logs canonical ones. */
function targetOf({ path, host }: LoggedRequest): RequestTarget | null {
  const parsed = parseCanonicalPath(path)
  if ('fault' in parsed || parsed.path !== path) return null
  return { path: parsed.path, oddities: parsed.oddities, query: '', authority: host, host }
}

function isSame(before: LoggedDecision, now: Outcome): boolean {
  if (!before.allow) return now.verdict === 'deny' && before.code === now.code
  return now.verdict === 'allow' && before.upstream === now.upstream
}

/** null: it depends on a claim that was not logged, because the rule of then did not read it. */
function judgeAgain(
  judge: Judge,
  target: RequestTarget,
  { method, address }: LoggedRequest,
  authentication: Authentication
): Outcome | null {
  const judgement = judge({ method, target, address, authentication })
  const outcome = outcomeOf(judgement)
  if (authentication.kind !== 'principal') return outcome
  const { principal } = authentication
  const unlogged = unloggedClaims(judgement, principal)
  if (unlogged.length === 0) return outcome
  const trials = trialsOf(unlogged)
  if (trials === null) return null
  const agrees = trials.every((claims) => {
    const imagined = { ...principal, claims: { ...principal.claims, ...claims } }
    const other = outcomeOf(
      judge({ method, target, address, authentication: { kind: 'principal', principal: imagined } })
    )
    return other.verdict === outcome.verdict && other.code === outcome.code
  })
  return agrees ? outcome : null
}

type Trial = Readonly<Record<string, unknown>>
type Unlogged = readonly [claim: string, values: readonly unknown[]]

/** Claims that the rule reads now and nobody read then, each with every value that would make a difference. */
function unloggedClaims(judgement: Judgement, { claims }: Principal): readonly Unlogged[] {
  if (judgement.kind !== 'judged' || !('rule' in judgement.match)) return []
  const { allow, rule, parameters } = judgement.match
  if (allow.claimNames.length === 0 || rule.allow.kind !== 'any') return []
  const conditions = rule.allow.of
  const valueMeant = (expected: ClaimExpectation) =>
    'equals' in expected ? expected.equals : parameters[expected.segment]
  return allow.claimNames
    .filter((name) => !Object.hasOwn(claims, name))
    .map((name) => [name, [...new Set(conditions.flatMap(({ claims = {} }) => (claims[name] ?? []).map(valueMeant)))]])
}

/** Every choice of values, the absence of each claim among them; null: there are too many. */
function trialsOf(unlogged: readonly Unlogged[]): readonly Trial[] | null {
  let trials: readonly Trial[] = [{}]
  for (const [name, values] of unlogged) {
    if (trials.length * (values.length + 1) > MOST_TRIALS) return null
    trials = trials.flatMap((trial) => [trial, ...values.map((value) => ({ ...trial, [name]: value }))])
  }
  return trials
}
