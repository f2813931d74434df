/** Why a request is, or was, answered as it is: what each room says of it, put together for people. */
import type { LimitState } from '../admin/index.js'
import type { Authentication, Limit, Principal, Rule } from '../domain.js'
import { createIdentityFields, subjectKey } from '../identity/index.js'
import { closedTo, createPaperJudge, type Judgement, type PaperRequest, policyOf } from '../judgement.js'
import { addressKey } from '../limits/index.js'
import {
  type AllowExplanation,
  explainAllow,
  explainReading,
  explainRules,
  type NearestOther,
  nearestOther,
  type OtherReading,
  type PassedOver,
  type Policy
} from '../policy/index.js'
import { Problem, type ProblemCode, problems } from '../problems.js'
import { type RequestTarget, stripPrefix } from '../proxy/index.js'
import type { Settings } from '../settings/index.js'

export interface LimitExplanation {
  readonly name: string
  /** null: not known any more. */
  readonly limit: Limit | null
  /** Whom it counts; null: not known any more. */
  readonly key: string | null
  /** null: nobody was asked. */
  readonly state: {
    readonly remaining: number
    /** Until the window closes or, when exceeded, until a request may pass; null: not known any more. */
    readonly resetMs: number | null
    readonly exceeded: boolean
  } | null
}

export interface Verdict {
  /** `own`: the gateway answers itself, and no rule is asked. */
  readonly kind: 'allow' | 'deny' | 'limit' | 'own'
  readonly code: ProblemCode | null
  /** null: the upstream's. */
  readonly status: number | null
  readonly detail: string | null
}

export interface Explanation {
  /** Of the policy that all of this is by. */
  readonly revision: string
  readonly method: string
  readonly host: string
  readonly address: string
  readonly authentication: Authentication
  /** Canonical; null: it has no single reading. */
  readonly path: string | null
  readonly verdict: Verdict
  /** null: not known any more, since the rules of then are gone. */
  readonly passedOver: readonly PassedOver[] | null
  /** The one that decides, or would if the path were not refused. */
  readonly rule: Rule | null
  /** The reading of the path for which it is refused. */
  readonly otherReading: OtherReading | null
  /** null: no conditions were asked about. */
  readonly allow: AllowExplanation | null
  readonly limits: readonly LimitExplanation[]
  /** null: nothing is forwarded. `url` null: not known any more; `others`: where else it may go to, if anywhere. */
  readonly upstream: { readonly name: string; readonly url: string | null; readonly others?: readonly string[] } | null
  /** What the upstream is told of who asks; a value that is not known any more is null. */
  readonly identity: readonly { readonly name: string; readonly claim: string; readonly value: string | null }[]
  /** What is signed beside it, for the request as the upstream gets it; null: nothing is. */
  readonly assertion: {
    readonly name: string
    readonly audience: string
    readonly path: string
    readonly ttlMs: number
  } | null
  readonly nearest: NearestOther | null
}

const refusal = (code: ProblemCode, detail: string | null = null): Verdict => {
  const kind = code === 'rate_limited' ? 'limit' : 'deny'
  return { kind, code, status: problems[code].status, detail }
}

const allowed: Verdict = { kind: 'allow', code: null, status: null, detail: null }
const own: Verdict = { kind: 'own', code: null, status: null, detail: null }

/** The limits that would count it, in their order: those by user only what has passed so far. */
function limitsOf(settings: Settings, rule: Rule | null, passes: boolean, who: Authentication, address: string) {
  const named = (rule?.limits ?? []).flatMap((name) => settings.limits[name] ?? [])
  const byAddress = [settings.listenerLimit ?? [], named.filter(({ by }) => by === 'ip')].flat()
  const byUser = passes ? named.filter(({ by }) => by === 'user') : []
  return [...byAddress, ...byUser].map((limit): LimitExplanation => {
    const key = limit.by === 'user' && who.kind === 'principal' ? subjectKey(who.principal) : addressKey(address)
    return { name: limit.name, limit, key, state: null }
  })
}

type Forwarded = Pick<Explanation, 'upstream' | 'identity' | 'assertion'> & { readonly failed: ProblemCode | null }

const REFUSED: Forwarded = { upstream: null, identity: [], assertion: null, failed: null }

/** What the upstream would be asked, and told of who asks. */
function forward(settings: Settings, rule: Rule, { path, query }: RequestTarget, who: Authentication): Forwarded {
  const upstream = settings.upstreams[rule.upstream ?? '']
  if (upstream === undefined) return REFUSED
  const received = stripPrefix(path, upstream.stripPrefix)
  const [url = null, ...others] = upstream.origins.map((origin) => origin + received + query)
  const told = { upstream: { name: upstream.name, url, ...(others.length === 0 ? {} : { others }) }, failed: null }
  if (who.kind !== 'principal') return { ...told, identity: [], assertion: null }
  try {
    const { assertion } = settings.identity
    return {
      ...told,
      identity: identityOf(settings, who.principal),
      assertion: assertion && {
        name: assertion.header,
        audience: upstream.name,
        path: received,
        ttlMs: assertion.ttlMs
      }
    }
  } catch (error) {
    if (error instanceof Problem) return { ...REFUSED, failed: error.code }
    throw error
  }
}

function identityOf({ identity }: Settings, principal: Principal): Explanation['identity'] {
  const fields = createIdentityFields(identity.headers)(principal)
  return Object.entries(identity.headers).flatMap(([name, claim]) => {
    // Names stand at the even places; a value may look like any name.
    const at = fields.findIndex((field, place) => place % 2 === 0 && field === name)
    return at === -1 ? [] : [{ name, claim, value: fields[at + 1] ?? '' }]
  })
}

type Judged = Extract<Judgement, { kind: 'judged' }>

/** What the gateway answers when a request gets as far as this; the limits, which come before and after, apart. */
function verdictOf(judged: Judged, forwarded: { readonly failed: ProblemCode | null }): Verdict {
  const { because } = judged.decision
  if (because === null) return forwarded.failed === null ? allowed : refusal(forwarded.failed)
  return refusal(because, 'detail' in judged.match ? judged.match.detail : null)
}

function explainJudged(settings: Settings, policy: Policy, judged: Judged, who: Authentication) {
  const { decision, target, match } = judged
  const { request, rule: decided, parameters } = decision
  const sought = { ...request, oddities: target.oddities }
  const { passedOver, deciding } = explainRules(policy.rules, sought)
  const unread = 'because' in match && match.because === 'bad_path'
  const forwarded = decision.allow && decided !== null ? forward(settings, decided, target, who) : REFUSED
  const refused = { policy, sought, address: request.address, authentication: who, deciding: decided, passedOver }
  return {
    verdict: verdictOf(judged, forwarded),
    passedOver,
    rule: deciding,
    otherReading:
      unread && deciding !== null ? explainReading(policy.rules, closedTo(settings), deciding, sought) : null,
    allow: decided === null ? null : explainAllow(decided.allow, who, parameters, request.address),
    limits: limitsOf(settings, decided, decision.allow, who, request.address),
    upstream: forwarded.upstream,
    identity: forwarded.identity,
    assertion: forwarded.assertion,
    nearest: decision.allow || unread ? null : nearestOther(refused)
  }
}

/** Explains a request that nobody sent. What is left of its limits is for a running gateway to say: see `withStates`. */
export function explainPaper(settings: Settings, request: PaperRequest): Explanation {
  const policy = policyOf(settings)
  const judgement = createPaperJudge(settings, policy)(request)
  const { method, authority, address, authentication } = request
  const common = { revision: policy.revision, method, address, authentication }
  if (judgement.kind === 'judged') {
    const { host, path } = judgement.target
    return { ...common, host, path, ...explainJudged(settings, policy, judgement, authentication) }
  }
  const unjudged = {
    passedOver: null,
    rule: null,
    otherReading: null,
    allow: null,
    limits: limitsOf(settings, null, false, authentication, address),
    upstream: null,
    identity: [],
    assertion: null,
    nearest: null
  }
  if (judgement.kind === 'own') {
    const { host, path } = judgement.target
    return { ...common, host, path, ...unjudged, verdict: own }
  }
  const { fault, detail } = judgement.fault
  return { ...common, host: authority.replace(/:\d+$/, ''), path: null, ...unjudged, verdict: refusal(fault, detail) }
}

/** Of a request that a limit refuses after its rule has let it pass. */
export const unforwarded = (explanation: Explanation): Explanation => ({
  ...explanation,
  upstream: null,
  identity: [],
  assertion: null
})

/** The same with what a running gateway says of the limits: when one of them is used up, that is the answer. */
export function withStates(explanation: Explanation, states: readonly LimitState[]): Explanation {
  const limits = explanation.limits.map((explained): LimitExplanation => {
    const told = states.find(({ limit, key }) => limit === explained.name && key === explained.key)
    if (told === undefined) return explained
    const { remaining, resetMs } = told
    return { ...explained, state: { remaining, resetMs, exceeded: remaining === 0 } }
  })
  const used = limits.some(({ state }) => state?.exceeded === true)
  return used ? unforwarded({ ...explanation, limits, verdict: refusal('rate_limited') }) : { ...explanation, limits }
}
