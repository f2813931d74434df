import type { Socket } from 'node:net'
import type { Test } from 'tap'
import { createConnectionPool, type Exchange, type PoolOptions } from '../../../gateway/proxy/connection-pool.js'
import type { UpstreamRequest } from '../../../gateway/proxy/http1/request-head.js'
import { createTransport, type TlsOptions } from '../../../gateway/proxy/transport.js'

export const NO_TLS: TlsOptions = { ca: null, cert: null, key: null, serverName: null, verify: false }

/** A pool of connections to one origin, without the limits that a test does not name; it goes with the test. */
export function startPool(
  t: Test,
  origin: string,
  options: Partial<Omit<PoolOptions, 'connections'>> & { readonly max?: number; readonly maxWaiting?: number } = {}
) {
  const { max = 1, maxWaiting = 100, ...times } = options
  const all = { timeoutMs: 20_000, idleTimeoutMs: 20_000, keepAliveMs: 20_000, ...times }
  const transport = createTransport(origin, { timeoutMs: all.timeoutMs, tls: NO_TLS })
  const pool = createConnectionPool({ ...all, connections: { max, maxWaiting } }, transport)
  t.teardown(() => pool.destroy())
  return pool
}

export const requestOf = (parts: Partial<UpstreamRequest> = {}): UpstreamRequest => ({
  method: 'GET',
  path: '/',
  headers: ['host', 'a.test'],
  body: null,
  upgrade: false,
  ...parts
})

/** An exchange, and all that it was told. */
export interface Followed extends Exchange {
  /** `wait`, `connect`, `started`, `103`, `200`, `data`, `end`, `upgrade`, or an error's code or message. */
  readonly told: string[]
  readonly body: () => string
  readonly trailers: () => readonly string[]
  giveUp: (reason: Error) => void
  abort: (reason: Error) => void
  resume: () => void
  socket: Socket | null
}

/** `acts`: what is done when it is told something, after that was noted; false from `data`: there is no room. */
export function follow(acts: Partial<Record<string, (followed: Followed) => unknown>> = {}): Followed {
  const told: string[] = []
  let body = ''
  let last: readonly string[] = []
  function note(what: string): unknown {
    told.push(what)
    return acts[what]?.(followed)
  }
  const followed: Followed = {
    told,
    body: () => body,
    trailers: () => last,
    giveUp: () => {},
    abort: () => {},
    resume: () => {},
    socket: null,
    place: null,
    onWait(giveUp) {
      followed.giveUp = giveUp
      note('wait')
    },
    onConnect(abort, resume) {
      Object.assign(followed, { abort, resume })
      note('connect')
    },
    onResponseStarted: () => void note('started'),
    onInterim: ({ status }) => void note(`${status}`),
    onHead: ({ status }) => void note(`${status}`),
    onData(chunk) {
      body += chunk.toString('latin1')
      return note('data') !== false
    },
    onEnd(trailers) {
      last = trailers
      if (followed.place !== null) followed.place.answers += 1
      note('end')
    },
    onUpgrade(_fields, socket) {
      followed.socket = socket
      note('upgrade')
    },
    onError: (error) => void note('code' in error ? String(error.code) : error.message)
  }
  return followed
}
