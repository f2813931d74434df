import { createHash } from 'node:crypto'
import {
  createEndpoint,
  type Endpoint,
  type EndpointOptions,
  type EndpointState,
  isUsable,
  type Outcome,
  stateOf
} from './endpoint.js'
import { type HealthOptions, watchHealth } from './health.js'
import {
  createRetryCounts,
  createTarget,
  type RetryCounts,
  type Target,
  type TargetOptions
} from './upstream-target.js'

export interface UpstreamOptions extends TargetOptions, Omit<EndpointOptions, 'origin'> {
  readonly name: string
  /** scheme://host:port, nothing after it; at least one. */
  readonly origins: readonly string[]
  /** Taken off the front of the canonical path, in whole segments. */
  readonly stripPrefix: string | null
  /** Between two pieces of a response. */
  readonly idleTimeoutMs: number
  readonly forwardAuthorization: boolean
  /** null: nobody asks how its endpoints are. */
  readonly health: HealthOptions | null
}

/** An upstream with its connections. */
export interface UpstreamTarget extends UpstreamOptions, Target {
  /** As Host names it; of several, the first. */
  readonly authority: string
}

/** What an upstream is doing, for metrics and for whoever looks after it. */
export interface UpstreamFigures {
  readonly name: string
  readonly retries: RetryCounts
  readonly endpoints: readonly EndpointFigures[]
}

export interface EndpointFigures {
  readonly origin: string
  readonly state: EndpointState
  readonly inFlight: number
  readonly connections: number
  readonly waiting: number
  readonly outcomes: Readonly<Record<Outcome, number>>
  readonly ejections: number
}

/** `health`: checks found it so; `ejected`: requests failed; `fault`: the last of them, null when it is well again. */
export interface EndpointChange {
  readonly upstream: string
  readonly origin: string
  readonly state: EndpointState
  readonly fault: Error | null
}

export interface Upstreams {
  readonly get: (name: string) => UpstreamTarget | undefined
  /**
   * Endpoints that did not change keep their connections, and any endpoint what is known of it; the connections of
   * those that are gone close when their last request ends.
   */
  readonly replace: (upstreams: Iterable<UpstreamOptions>) => Upstreams
  readonly figures: () => readonly UpstreamFigures[]
  /** Endpoints that are left out while there are others, in words, the first few. */
  readonly unusable: () => readonly string[]
  /** Ends whatever goes on. */
  readonly close: () => Promise<void>
}

/** The details of readiness stay small. */
const MOST_SHOWN = 20

/** An endpoint in service, and what its connections were made by. */
interface Served {
  readonly endpoint: Endpoint
  readonly madeBy: string
  readonly watch: { readonly by: string; readonly stop: () => void } | null
}

interface Opened {
  readonly target: UpstreamTarget
  readonly counts: RetryCounts
  readonly served: readonly Served[]
}

/** All that connections depend on, certificates and keys included; as a digest, because nobody needs to read it. */
function fingerprint(upstream: UpstreamOptions): string {
  const { timeoutMs, idleTimeoutMs, keepAliveMs, connections, tls } = upstream
  const parts = [timeoutMs, idleTimeoutMs, keepAliveMs, connections, { ...tls, key: tls.key?.reveal() ?? null }]
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64')
}

function serve(
  upstream: UpstreamOptions,
  origin: string,
  before: Served | undefined,
  onChange: (change: EndpointChange) => void
): Served {
  const madeBy = fingerprint(upstream)
  const { name, health } = upstream
  const endpoint =
    before?.madeBy === madeBy ? before.endpoint : createEndpoint({ ...upstream, origin }, before?.endpoint ?? null)
  const by = JSON.stringify(health)
  const goesOn = before?.endpoint === endpoint && before.watch?.by === by
  if (before !== undefined && !goesOn) before.watch?.stop()
  if (before !== undefined && before.endpoint !== endpoint) before.endpoint.pool.retire()
  if (health === null) {
    endpoint.health = 'unknown'
    return { endpoint, madeBy, watch: null }
  }
  if (goesOn) return { endpoint, madeBy, watch: before.watch }
  const stop = watchHealth(endpoint, health, (fault) => {
    onChange({ upstream: name, origin, state: stateOf(endpoint), fault })
  })
  return { endpoint, madeBy, watch: { by, stop } }
}

function end({ endpoint, watch }: Served): void {
  watch?.stop()
  endpoint.pool.retire()
}

/** Opens a set of upstreams: checks begin at once, connections with the first request. `before`: what they replace. */
export function createUpstreams(
  options: Iterable<UpstreamOptions>,
  onChange: (change: EndpointChange) => void,
  before: ReadonlyMap<string, Opened> = new Map()
): Upstreams {
  const opened = new Map<string, Opened>()
  for (const upstream of options) {
    const old = before.get(upstream.name)
    const served = upstream.origins.map((origin) => {
      return serve(
        upstream,
        origin,
        old?.served.find(({ endpoint }) => endpoint.origin === origin),
        onChange
      )
    })
    const endpoints = served.map(({ endpoint }) => endpoint)
    const counts = old?.counts ?? createRetryCounts()
    const target = createTarget(upstream, endpoints, counts, ({ origin }, fault) => {
      onChange({ upstream: upstream.name, origin, state: 'ejected', fault })
    })
    const authority = endpoints[0]?.authority ?? ''
    opened.set(upstream.name, { target: { ...upstream, ...target, authority }, counts, served })
  }
  for (const [name, { served }] of before) {
    const origins = opened.get(name)?.target.origins ?? []
    for (const one of served) if (!origins.includes(one.endpoint.origin)) end(one)
  }
  return {
    get: (name) => opened.get(name)?.target,
    replace: (next) => createUpstreams(next, onChange, opened),
    figures: () =>
      [...opened].map(([name, { counts, served }]) => ({ name, retries: counts, endpoints: served.map(read) })),
    unusable: () => {
      const all = [...opened].flatMap(([name, { served }]) => served.map(({ endpoint }) => ({ name, endpoint })))
      const wanting = all.filter(({ endpoint }) => !isUsable(endpoint)).slice(0, MOST_SHOWN)
      return wanting.map(({ name, endpoint }) => `${name} ${endpoint.origin} ${stateOf(endpoint)}`)
    },
    async close() {
      const all = [...opened.values()].flatMap(({ served }) => served)
      for (const { watch } of all) watch?.stop()
      for (const { endpoint } of all) endpoint.pool.destroy()
    }
  }
}

function read({ endpoint }: Served): EndpointFigures {
  const { origin, inFlight, pool, counts } = endpoint
  return { origin, state: stateOf(endpoint), inFlight, ...pool.figures(), ...counts }
}
