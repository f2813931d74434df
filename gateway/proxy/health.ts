import type { Endpoint } from './endpoint.js'
import { createConnection } from './http1/connection.js'

/** Active health: each endpoint is asked, again and again, whether it can serve. */
export interface HealthOptions {
  readonly path: string
  readonly everyMs: number
  /** For the connection and the answer's header section together. */
  readonly timeoutMs: number
  /** So many checks in a row change what is thought of it; the very first one decides at once. */
  readonly healthyAfter: number
  readonly unhealthyAfter: number
  /** Answers that are good: ranges, both ends included. */
  readonly statuses: readonly (readonly [from: number, to: number])[]
  /** null: the endpoint's own. */
  readonly host: string | null
}

/** Several gateways that were started together must not check together for ever: each interval differs by so much. */
const JITTER = 0.1

const nothing = () => {}

/** Asks once over a connection of its own, so that it also learns whether new ones are accepted; null: all is well. */
function ask(endpoint: Endpoint, options: HealthOptions, answer: (fault: Error | null) => void): () => void {
  const { timeoutMs } = options
  let end: (reason: Error) => void = nothing
  let over = false
  function conclude(fault: Error | null) {
    if (over) return
    over = true
    clearTimeout(timer)
    end(new Error('enough is known'))
    answer(fault)
  }
  const timer = setTimeout(() => conclude(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs)
  timer.unref()
  end = endpoint.transport.connect((error, socket) => {
    if (error !== null) return conclude(error)
    if (over) return void socket.destroy()
    const times = { timeoutMs, idleTimeoutMs: timeoutMs, keepAliveMs: timeoutMs }
    const connection = createConnection(socket, times, { onIdle: nothing, onClosed: nothing })
    end = connection.destroy
    const { path, host } = options
    const headers = ['host', host ?? endpoint.authority, 'user-agent', 'portcullis', 'accept', '*/*']
    connection.send(
      { method: 'GET', path, headers, body: null, upgrade: false, isLast: true },
      {
        onConnect: nothing,
        onResponseStarted: nothing,
        onInterim: nothing,
        onHead({ status }) {
          const good = options.statuses.some(([from, to]) => status >= from && status <= to)
          conclude(good ? null : new Error(`status ${status}`))
        },
        onData: () => true,
        onEnd: nothing,
        onUpgrade: nothing,
        onError: conclude
      }
    )
  })
  return () => conclude(new Error('stopped'))
}

/** Checks one endpoint until the returned function is called; `onChange` is told what is thought of it now, and why. */
export function watchHealth(
  endpoint: Endpoint,
  options: HealthOptions,
  onChange: (fault: Error | null) => void
): () => void {
  let inRow = 0
  let timer: NodeJS.Timeout | undefined
  let stopAsking = () => {}
  let stopped = false

  function judge(fault: Error | null) {
    if (stopped) return
    const found = fault === null ? 'healthy' : 'unhealthy'
    inRow = found === endpoint.health ? 0 : inRow + 1
    const needed = found === 'healthy' ? options.healthyAfter : options.unhealthyAfter
    if (endpoint.health === 'unknown' || inRow >= needed) {
      const changed = endpoint.health !== found
      endpoint.health = found
      inRow = 0
      if (changed) onChange(fault)
    }
    timer = setTimeout(check, options.everyMs * (1 - JITTER + Math.random() * 2 * JITTER))
    timer.unref()
  }

  function check() {
    stopAsking = ask(endpoint, options, judge)
  }

  check()
  return () => {
    stopped = true
    clearTimeout(timer)
    stopAsking()
  }
}
