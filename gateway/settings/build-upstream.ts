import type { PathTolerance } from '../domain.js'
import type { FileSettings } from './schema.js'
import type { Upstream, UpstreamHealth, UpstreamTls } from './settings.js'
import { readWebSocket } from './websocket-schema.js'

type FileUpstream = FileSettings['upstreams'][string]

/** An upstream without a mistake. `files`: what its `tls` names, read. */
export function buildUpstream(
  name: string,
  upstream: FileUpstream,
  paths: PathTolerance,
  files: Pick<UpstreamTls, 'ca' | 'cert' | 'key'> | undefined
): Upstream {
  const { url, urls = [], tls, connections } = upstream
  const origins = url === undefined ? urls : [url]
  return {
    name,
    origins,
    stripPrefix: upstream.strip_prefix ?? null,
    host: upstream.host,
    timeoutMs: upstream.timeout,
    idleTimeoutMs: upstream.idle_timeout,
    forwardAuthorization: upstream.forward_authorization,
    paths,
    websocket: readWebSocket(upstream.websocket),
    balance: upstream.balance,
    health: readHealth(upstream.health),
    ejection: origins.length > 1 ? readEjection(upstream.ejection) : null,
    retries: upstream.retries,
    connections: { max: connections.max, maxWaiting: connections.max_waiting },
    keepAliveMs: upstream.keep_alive,
    tls: {
      ca: files?.ca ?? null,
      cert: files?.cert ?? null,
      key: files?.key ?? null,
      serverName: tls.server_name ?? null,
      verify: !tls.insecure_skip_verify
    }
  }
}

function readHealth(health: FileUpstream['health']): UpstreamHealth | null {
  if (health === undefined) return null
  return {
    path: health.path,
    everyMs: health.every,
    timeoutMs: health.timeout,
    healthyAfter: health.healthy_after,
    unhealthyAfter: health.unhealthy_after,
    statuses: health.status,
    host: health.host ?? null
  }
}

/** As Envoy ejects by default. */
const DEFAULT_EJECTION = { failures: 5, for: 30_000, statuses: [] }

function readEjection(said: FileUpstream['ejection']): Upstream['ejection'] {
  if (said === 'off') return null
  const { failures, for: forMs, statuses = [] } = said ?? DEFAULT_EJECTION
  return { failures, forMs, statuses: new Set(statuses) }
}
