import { Counter, Gauge, type Registry } from 'prom-client'

/** What one upstream is doing; its name and its endpoints' origins are those of the settings. */
export interface UpstreamFigures {
  readonly name: string
  /** By reason. */
  readonly retries: { readonly done: Readonly<Record<string, number>>; readonly refused: number }
  readonly endpoints: readonly {
    readonly origin: string
    readonly state: 'healthy' | 'unhealthy' | 'ejected'
    readonly inFlight: number
    readonly connections: number
    readonly waiting: number
    readonly outcomes: Readonly<Record<string, number>>
    readonly ejections: number
  }[]
}

/**
 * Shows upstreams as they are when somebody looks: what is counted for each request is a number in the upstream's own
 * memory. Label values are bounded by the settings.
 */
export function exposeUpstreams(registry: Registry, read: () => readonly UpstreamFigures[]): void {
  const registers = [registry]
  const labelNames = ['upstream', 'endpoint'] as const
  type Endpoint = UpstreamFigures['endpoints'][number]

  function gauge(name: string, help: string, measure: (endpoint: Endpoint) => number) {
    new Gauge({
      ...{ name, help, labelNames, registers },
      collect() {
        this.reset()
        for (const { name: upstream, endpoints } of read()) {
          for (const endpoint of endpoints) this.set({ upstream, endpoint: endpoint.origin }, measure(endpoint))
        }
      }
    })
  }

  gauge(
    'portcullis_upstream_in_flight',
    'Requests and tunnels in flight, waiting ones included.',
    (one) => one.inFlight
  )
  gauge(
    'portcullis_upstream_connections',
    'Connections, idle ones and those being made included.',
    (one) => one.connections
  )
  gauge('portcullis_upstream_waiting', 'Requests that wait for a connection.', (one) => one.waiting)
  gauge(
    'portcullis_upstream_healthy',
    '1, or 0 for an endpoint that checks found unhealthy or that is ejected.',
    (one) => (one.state === 'healthy' ? 1 : 0)
  )
  new Counter({
    name: 'portcullis_upstream_requests_total',
    help: 'Attempts to send a request, by endpoint and how they ended.',
    labelNames: [...labelNames, 'outcome'] as const,
    registers,
    collect() {
      this.reset()
      for (const { name: upstream, endpoints } of read()) {
        for (const { origin: endpoint, outcomes } of endpoints) {
          for (const [outcome, count] of Object.entries(outcomes)) this.inc({ upstream, endpoint, outcome }, count)
        }
      }
    }
  })
  new Counter({
    name: 'portcullis_upstream_ejections_total',
    help: 'Times that an endpoint was left out because requests failed there.',
    labelNames,
    registers,
    collect() {
      this.reset()
      for (const { name: upstream, endpoints } of read()) {
        for (const { origin: endpoint, ejections } of endpoints) this.inc({ upstream, endpoint }, ejections)
      }
    }
  })
  new Counter({
    name: 'portcullis_upstream_retries_total',
    help: 'Requests that were sent again, by why that was safe; `refused`: it was, but the budget was spent.',
    labelNames: ['upstream', 'reason'] as const,
    registers,
    collect() {
      this.reset()
      for (const { name: upstream, retries } of read()) {
        for (const [reason, count] of Object.entries(retries.done)) this.inc({ upstream, reason }, count)
        this.inc({ upstream, reason: 'refused' }, retries.refused)
      }
    }
  })
}
