/** Why a request that came was answered as it was, from what a gateway or a log has kept of it. */
import { verdictOf } from '../account.js'
import { parseCanonicalPath } from '../canonical-path.js'
import type { Authentication, Decision, JudgedSubject, Rule } from '../domain.js'
import type { RememberedRequest } from '../evidence.js'
import { addressKey } from '../limits/index.js'
import { explainAllow } from '../policy/index.js'
import type { Settings } from '../settings/index.js'
import { type Explanation, explainPaper, type LimitExplanation, unforwarded, type Verdict } from './explanation.js'

/** What is known of a request that was answered. */
export interface PastRequest {
  /** ISO 8601. */
  readonly at: string
  readonly requestId: string
  readonly decisionId: string | null
  /** Of the policy that judged; null: nobody wrote it down. */
  readonly revision: string | null
  readonly method: string
  readonly host: string
  /** null: it had no single reading. */
  readonly path: string | null
  readonly address: string
  /** null: it was refused before anybody was asked who they are. */
  readonly authentication: Authentication | null
  readonly verdict: Verdict
  readonly limits: readonly LimitExplanation[]
  /** The rule as it was, with what it captured; null: only its place is known, or there was none. */
  readonly judgedBy: { readonly rule: Rule; readonly parameters: Decision['parameters'] } | null
  readonly place: Pick<Rule, 'index' | 'line' | 'path'> | null
}

export interface PastExplanation {
  readonly past: PastRequest
  /** `file`: by the rules of then, which are those of the file. `rule`: by the rule of then alone, since the file has
   * changed. `changed`: by the file as it stands, although it has changed: what it says may not be why. */
  readonly by: 'file' | 'rule' | 'changed'
  readonly explanation: Explanation
}

/** Who asked, as far as the decision read it: claims that no condition names are not known any more. */
export function authenticationOf(credential: Decision['credential'], subject: JudgedSubject | null): Authentication {
  if (subject !== null) {
    const unknown = { clientId: null, sessionId: null, tokenId: null, generation: null, expiresAt: 0 }
    return { kind: 'principal', principal: { ...subject, ...unknown } }
  }
  return credential === 'none' || credential === 'valid' ? { kind: 'anonymous' } : { kind: 'bad', because: credential }
}

/** What a running gateway remembers of a request. */
export function pastOf(request: RememberedRequest): PastRequest {
  const { decision, address, code, status } = request
  const kind = verdictOf(code, decision)
  return {
    ...request,
    host: request.host ?? '',
    decisionId: decision?.id ?? null,
    authentication: decision === null ? null : authenticationOf(decision.credential, decision.subject),
    verdict: { kind, code, status, detail: null },
    limits: request.limits.map(({ limit, remaining, resetMs, exceeded }) => {
      const key = limit.by === 'ip' ? addressKey(address) : null
      return { name: limit.name, limit, key, state: { remaining, resetMs, exceeded } }
    }),
    judgedBy: decision?.rule ? { rule: decision.rule, parameters: decision.parameters } : null,
    place: request.rule
  }
}

/** Whether the rules of then are those of the settings; by the rule alone where nothing else was written down. */
function isJudgedBy({ revision, rules }: Settings, past: PastRequest): boolean {
  // Whatever the rules, a path without a single reading never comes to them.
  if (past.path === null) return true
  if (past.revision !== null) return past.revision === revision
  const { place } = past
  return place !== null && rules[place.index]?.path === place.path && rules[place.index]?.line === place.line
}

const UNKNOWN = {
  passedOver: null,
  rule: null,
  otherReading: null,
  allow: null,
  upstream: null,
  identity: [],
  assertion: null,
  nearest: null
}

/** What was kept, without any rules. */
const bare = (past: PastRequest, revision: string): Explanation => ({
  ...UNKNOWN,
  revision,
  method: past.method,
  host: past.host,
  address: past.address,
  path: past.path,
  authentication: past.authentication ?? { kind: 'anonymous' },
  verdict: past.verdict,
  limits: past.limits
})

function byRuleOfThen(past: PastRequest, { rule, parameters }: NonNullable<PastRequest['judgedBy']>): Explanation {
  const explanation = bare(past, past.revision ?? '')
  const { authentication, address } = explanation
  const { upstream: name } = rule
  return {
    ...explanation,
    rule,
    allow: explainAllow(rule.allow, authentication, parameters, address),
    upstream: name === null || past.verdict.kind !== 'allow' ? null : { name, url: null }
  }
}

const ALWAYS_KNOWN = ['sub', 'user', 'username', 'roles', 'scopes', 'issuer']
/** What no decision reads, or not in full. */
const NEVER_KNOWN = ['session', '*']

/** By the rules of the file, on paper. What only the request itself knew is marked as unknown. */
function byFile(settings: Settings, past: PastRequest): Explanation {
  if (past.path === null || 'fault' in parseCanonicalPath(past.path)) return bare(past, settings.revision)
  const { method, path, host, address, authentication } = past
  const who: Authentication = authentication ?? { kind: 'anonymous' }
  const paper = explainPaper(settings, { method, target: path, authority: host, address, authentication: who })
  const isKnown = (claim: string) =>
    ALWAYS_KNOWN.includes(claim) || (who.kind === 'principal' && Object.hasOwn(who.principal.claims, claim))
  const told = paper.upstream !== null && who.kind === 'principal' ? Object.entries(settings.identity.headers) : []
  const identity = told.flatMap(([name, claim]) => {
    const known = NEVER_KNOWN.includes(claim) ? undefined : paper.identity.find((field) => field.name === name)
    return known ?? (isKnown(claim) ? [] : [{ name, claim, value: null }])
  })
  // Nobody was asked: what conditions would have said is beside the point.
  const unasked = { allow: null, upstream: null, identity: [], assertion: null, nearest: null }
  return { ...paper, identity, ...(authentication === null ? unasked : {}) }
}

/** Explains an answer by the rules that it was given by, if they can still be had, else by those of the settings. */
export function explainPast(settings: Settings, past: PastRequest): PastExplanation {
  if (isJudgedBy(settings, past)) {
    const { verdict, limits } = past
    const explanation = { ...byFile(settings, past), verdict, limits }
    return { past, by: 'file', explanation: verdict.kind === 'limit' ? unforwarded(explanation) : explanation }
  }
  if (past.judgedBy !== null) return { past, by: 'rule', explanation: byRuleOfThen(past, past.judgedBy) }
  return { past, by: 'changed', explanation: byFile(settings, past) }
}
