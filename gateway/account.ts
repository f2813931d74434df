import type { DecisionMemory } from './decision-memory.js'
import type { Decision, Rule } from './domain.js'
import type { Exchange } from './exchange.js'
import type { Consumption } from './limits/index.js'
import type { ProblemCode } from './problems.js'
import type { Resources } from './serving.js'

/** What became of one request, for its one line in the access log. Times in milliseconds. */
export interface Account {
  readonly requestId: string
  /** Of the policy that served. */
  readonly revision: string
  /** As `performance.now()` tells it. */
  readonly startedMs: number
  readonly method: string
  /** The canonical path, or null when the target had none. Queries may hold secrets and are never logged. */
  readonly path: string | null
  readonly host: string | null
  readonly address: string
  readonly status: number
  readonly code: ProblemCode | null
  readonly endpoint: string | null
  /** Known also for what a limit refused before it was judged. */
  readonly rule: Rule | null
  readonly decision: Decision | null
  readonly shadow: Exchange['shadow']
  readonly limits: readonly Consumption[]
  readonly complete: boolean
  /** Of a WebSocket, when it is over. */
  readonly tunnel: Exchange['tunnel']
  readonly totalMs: number
  readonly gatewayMs: number
  readonly upstreamMs: number | null
}

/** What nginx made the custom: for the log alone, as nobody was left to be answered. */
const CLIENT_LEFT = 499

const rounded = (ms: number) => Math.round(ms * 1000) / 1000

/** `allow`, `deny` or `limit`: what the gateway decided, whatever the upstream then answered. */
export function verdictOf(code: ProblemCode | null, decision: Decision | null): 'allow' | 'deny' | 'limit' {
  if (code === 'rate_limited' || code === 'login_throttled') return 'limit'
  if (decision !== null) return decision.allow ? 'allow' : 'deny'
  return code === null ? 'allow' : 'deny'
}

const tunnelFields = ({ endedBy, counts }: NonNullable<Exchange['tunnel']>) => ({
  ended_by: endedBy() ?? 'client',
  bytes_from_client: counts.fromClient,
  bytes_from_upstream: counts.fromUpstream
})

/** The decision as it is logged: all that judging read, so that a line can be explained and judged again. */
function decisionFields(decision: Decision) {
  const { rule, subject } = decision
  return {
    decision_id: decision.id,
    revision: decision.revision,
    upstream: decision.allow ? (rule?.upstream ?? null) : null,
    credential: decision.credential,
    ...(subject === null
      ? {}
      : {
          subject: subject.subject,
          issuer: subject.issuer,
          username: subject.username,
          roles: subject.roles,
          scopes: subject.scopes,
          claims: subject.claims
        })
  }
}

/** One request as one JSON line. No token, cookie, password or query is among its fields. */
function accessLine(account: Account): Record<string, unknown> {
  const { decision, rule } = account
  return {
    request_id: account.requestId,
    method: account.method,
    host: account.host,
    path: account.path,
    address: account.address,
    status: account.status,
    verdict: verdictOf(account.code, decision),
    ...(account.code === null ? {} : { code: account.code }),
    ...(account.endpoint === null ? {} : { endpoint: account.endpoint }),
    ...(rule === null ? {} : { rule: { index: rule.index, line: rule.line, path: rule.path } }),
    ...(decision === null ? {} : decisionFields(decision)),
    ...(account.shadow === null ? {} : { shadow: account.shadow }),
    ...(account.limits.length === 0
      ? {}
      : { limits: Object.fromEntries(account.limits.map(({ limit, remaining }) => [limit.name, remaining])) }),
    ...(account.complete ? {} : { complete: false }),
    ...(account.tunnel === null ? {} : { websocket: tunnelFields(account.tunnel) }),
    ms: rounded(account.totalMs),
    gateway_ms: rounded(account.gatewayMs),
    ...(account.upstreamMs === null ? {} : { upstream_ms: rounded(account.upstreamMs) })
  }
}

/** The endpoint of our own that answered, by its public name and not by the route it has inside. */
function endpointName({ endpoint, inquiry, target, serving }: Exchange): string | null {
  if (inquiry !== null) return `${serving.settings.auth.prefix}/check`
  return endpoint === null || 'fault' in target ? null : target.path
}

/** Makes the last step: one line and the figures of a request, when its response is over, whole or not. */
export function createAccount({ access, metrics }: Pick<Resources, 'access' | 'metrics'>, memory: DecisionMemory) {
  return function account(exchange: Exchange): void {
    const { response, target, match, decision, code } = exchange
    const endedMs = performance.now()
    const line: Account = {
      requestId: exchange.id,
      revision: exchange.serving.policy.revision,
      startedMs: exchange.startedMs,
      method: exchange.method,
      path: 'fault' in target ? null : target.path,
      host: 'fault' in target ? null : target.host,
      address: exchange.peer.address,
      status: response.headersSent ? response.statusCode : CLIENT_LEFT,
      code,
      endpoint: endpointName(exchange),
      rule: match !== null && 'rule' in match ? match.rule : null,
      decision,
      shadow: exchange.shadow,
      limits: exchange.consumptions,
      complete: response.writableFinished || exchange.tunnel !== null,
      tunnel: exchange.tunnel,
      totalMs: endedMs - exchange.startedMs,
      gatewayMs: (exchange.judgedMs ?? endedMs) - exchange.startedMs,
      upstreamMs: exchange.upstreamMs
    }
    access?.(accessLine(line))
    if (exchange.endpoint === null)
      memory.remember(line, 'fault' in target ? 0 : target.path.length + target.query.length)
    metrics.countRequest({
      // A pattern of the policy file, or one of two words.
      rule: line.rule?.path ?? (exchange.endpoint === null ? 'none' : 'gateway'),
      verdict: verdictOf(code, decision),
      status: line.status,
      // Of a WebSocket until it opened: how long people then talk says nothing of how fast they are served.
      durationSeconds: (line.tunnel === null ? line.totalMs : line.gatewayMs + (line.upstreamMs ?? 0)) / 1000,
      gatewaySeconds: exchange.endpoint === null ? line.gatewayMs / 1000 : null
    })
    if (code !== null) metrics.countRefusal(code)
  }
}
