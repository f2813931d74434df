import { Counter, Gauge, Registry } from 'prom-client'
import { problems } from '../problems.js'
import { createHistogram } from './histogram.js'
import { createListenerMetrics, type ListenerMetrics } from './listener-metrics.js'
import { collectProcessMetrics } from './process-metrics.js'
import { createShadowMetrics, type ShadowMetrics } from './shadow-metrics.js'
import { createTunnelMetrics, type TunnelMetrics } from './tunnel-metrics.js'

/** One finished request, as it is counted; times in seconds. */
export interface RequestSample {
  /** The rule's pattern, `gateway` for its own endpoints, or `none`: never the client's path, of which there is no end. */
  readonly rule: string
  /** `allow`, `deny` or `limit`. */
  readonly verdict: string
  readonly status: number
  readonly durationSeconds: number
  /** Until the request was forwarded or refused; null for the gateway's own endpoints, which hash and store. */
  readonly gatewaySeconds: number | null
}

export interface Metrics extends ShadowMetrics, TunnelMetrics, ListenerMetrics {
  readonly registry: Registry
  readonly countRequest: (sample: RequestSample) => void
  readonly countRefusal: (code: string) => void
  readonly countAuthEvent: (event: string) => void
  /** A fetch of the keys of another issuer: its name in the settings, and how it ended. */
  readonly countIssuerFetch: (issuer: string, result: string) => void
  readonly noteReload: (succeeded: boolean, revision: string) => void
}

interface RequestCount {
  readonly verdict: string
  readonly status: number
  count: number
}

const LATENCY_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const OWN_LATENCY_SECONDS = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5]

/**
 * The metrics of one gateway, listed in docs/metrics.md, with the names of all `authEvents` that there can be. Label
 * values are bounded by the policy file, never by clients.
 */
export function createMetrics(authEvents: readonly string[]): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectProcessMetrics(registry)
  // Looked up by an object of labels it would cost each request more than finding its rule.
  const requestsOf = new Map<string, Map<string, RequestCount>>()
  new Counter({
    name: 'portcullis_requests_total',
    help: 'Requests by rule, verdict and status.',
    labelNames: ['rule', 'verdict', 'status'] as const,
    registers,
    collect() {
      this.reset()
      for (const [rule, counts] of requestsOf) {
        for (const { verdict, status, count } of counts.values()) this.inc({ rule, verdict, status }, count)
      }
    }
  })
  function countOne({ rule, verdict, status }: RequestSample): void {
    const counts = requestsOf.get(rule) ?? new Map<string, RequestCount>()
    if (counts.size === 0) requestsOf.set(rule, counts)
    const key = verdict + status
    const counted = counts.get(key)
    if (counted === undefined) counts.set(key, { verdict, status, count: 1 })
    else counted.count += 1
  }
  const duration = createHistogram(registry, {
    name: 'portcullis_request_duration_seconds',
    help: 'From the first byte of a request to the last of its response, by rule.',
    labelName: 'rule',
    bounds: LATENCY_SECONDS
  })
  const own = createHistogram(registry, {
    name: 'portcullis_gateway_duration_seconds',
    help: 'What the gateway itself adds before a request is forwarded or refused.',
    labelName: null,
    bounds: OWN_LATENCY_SECONDS
  })
  const refusals = new Counter({
    name: 'portcullis_refusals_total',
    help: 'Refusals by problem code.',
    labelNames: ['code'] as const,
    registers
  })
  const events = new Counter({
    name: 'portcullis_auth_events_total',
    help: 'Logins, refreshes and logouts, and their failures.',
    labelNames: ['event'] as const,
    registers
  })
  // From 0: `increase()` does not see the first of a series that begins with it, and one stolen token is an alarm.
  for (const code of Object.keys(problems)) refusals.inc({ code }, 0)
  for (const event of authEvents) events.inc({ event }, 0)
  const issuerFetches = new Counter({
    name: 'portcullis_issuer_key_fetches_total',
    help: 'Fetches of the keys of other issuers by issuer and result.',
    labelNames: ['issuer', 'result'] as const,
    registers
  })
  const reloads = new Counter({
    name: 'portcullis_policy_reloads_total',
    help: 'Reloads of the settings file by result.',
    labelNames: ['result'] as const,
    registers
  })
  const reloadState = new Gauge({
    name: 'portcullis_policy_reload_successful',
    help: '1 when the file as it stands is the one that serves, 0 when its last reading was refused.',
    registers
  })
  const serving = new Gauge({
    name: 'portcullis_policy_info',
    help: '1 for the revision that serves.',
    labelNames: ['revision'] as const,
    registers
  })
  return {
    registry,
    ...createShadowMetrics(registry),
    ...createTunnelMetrics(registry),
    ...createListenerMetrics(registry),
    countRequest(sample) {
      countOne(sample)
      duration.observe(sample.rule, sample.durationSeconds)
      if (sample.gatewaySeconds !== null) own.observe('', sample.gatewaySeconds)
    },
    countRefusal: (code) => refusals.inc({ code }),
    countAuthEvent: (event) => events.inc({ event }),
    countIssuerFetch: (issuer, result) => issuerFetches.inc({ issuer, result }),
    noteReload(succeeded, revision) {
      reloads.inc({ result: succeeded ? 'success' : 'failure' })
      reloadState.set(succeeded ? 1 : 0)
      serving.reset()
      serving.set({ revision }, 1)
    }
  }
}
