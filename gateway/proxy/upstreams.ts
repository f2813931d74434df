import { Pool } from 'undici'

export interface UpstreamOptions {
  readonly name: string
  /** scheme://host:port, nothing after it. */
  readonly origin: string
  /** Taken off the front of the canonical path, in whole segments. */
  readonly stripPrefix: string | null
  readonly host: 'client' | 'upstream'
  /** To the response's headers, connecting included. */
  readonly timeoutMs: number
  /** Between two pieces of a response. */
  readonly idleTimeoutMs: number
  readonly forwardAuthorization: boolean
}

/** An upstream with its connections. */
export interface UpstreamTarget extends UpstreamOptions {
  readonly authority: string
  readonly pool: Pool
}

export interface Upstreams {
  get: (name: string) => UpstreamTarget | undefined
  /** Pools of upstreams that did not change are kept; those that are gone close when their last request ends. */
  replace: (upstreams: Iterable<UpstreamOptions>) => Upstreams
  close: () => Promise<void>
}

/** Node's and most servers' keep-alive is 5 s, gunicorn's 2 s: a connection older than this may be closing under us. */
const KEEP_ALIVE_MS = 1_500
const CONNECT_TIMEOUT_MS = 10_000

function openPool(upstream: UpstreamOptions): Pool {
  return new Pool(upstream.origin, {
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // A server's own hint may lengthen it, never beyond this.
    keepAliveMaxTimeout: 60_000,
    headersTimeout: upstream.timeoutMs,
    bodyTimeout: upstream.idleTimeoutMs,
    connect: { timeout: Math.min(upstream.timeoutMs, CONNECT_TIMEOUT_MS), rejectUnauthorized: true }
  })
}

/** A request judged just before the reload may still come; `close` then lets what is in flight finish. */
const RETIREMENT_MS = 10_000

function retire(pool: Pool): void {
  setTimeout(() => pool.close().catch(() => {}), RETIREMENT_MS).unref()
}

/** Opens the pools of a set of upstreams; nothing connects before the first request. */
export function createUpstreams(
  options: Iterable<UpstreamOptions>,
  kept = new Map<string, UpstreamTarget>()
): Upstreams {
  const targets = new Map<string, UpstreamTarget>()
  for (const upstream of options) {
    const old = kept.get(upstream.name)
    const same =
      old !== undefined &&
      old.origin === upstream.origin &&
      old.timeoutMs === upstream.timeoutMs &&
      old.idleTimeoutMs === upstream.idleTimeoutMs
    const pool = same ? old.pool : openPool(upstream)
    targets.set(upstream.name, { ...upstream, authority: new URL(upstream.origin).host, pool })
  }
  return {
    get: (name) => targets.get(name),
    replace(next) {
      const replaced = createUpstreams(next, targets)
      for (const [name, { pool }] of targets) {
        if (replaced.get(name)?.pool !== pool) retire(pool)
      }
      return replaced
    },
    async close() {
      await Promise.all([...targets.values()].map(({ pool }) => pool.destroy()))
    }
  }
}
