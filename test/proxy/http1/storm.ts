import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { type ConnectionPool, createConnectionPool, type Exchange } from '../../../gateway/proxy/connection-pool.js'
import type { AnswerHead } from '../../../gateway/proxy/http1/answer-head.js'
import type { UpstreamRequest } from '../../../gateway/proxy/http1/request-head.js'
import { createTransport } from '../../../gateway/proxy/transport.js'
import { eventually } from '../../helpers/eventually.js'
import { NO_TLS } from './exchanges.js'
import { contentOf, digestOf, type Plan, startFickleUpstream } from './fickle-upstream.js'

/** Numbers from 0 to 1 that a seed determines. */
function createRandom(seed: number) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (most: number) => Math.floor(next() * most)
  const often = (chance: number) => next() < chance
  const one = <T>(...of: readonly [T, ...T[]]): T => of[below(of.length)] ?? of[0]
  return { next, below, often, one }
}
type Random = ReturnType<typeof createRandom>

const MOMENTS = ['wait', 'connect', 'started', 'interim', 'head', 'data', 'timer'] as const
type Moment = (typeof MOMENTS)[number]

/** What the client of an exchange does. */
interface Client {
  readonly method: string
  readonly body: 'none' | 'sized' | 'chunked'
  readonly octets: number
  readonly bodyFault: 'breaks' | 'longer' | 'shorter' | null
  readonly reads: 'at once' | 'slowly' | 'never'
  readonly abortsAt: Moment | null
  readonly throwsAt: Moment | null
  readonly afterMs: number
  readonly fresh: boolean
  readonly upgrade: boolean
}

const size = (random: Random) => random.one(0, 1, random.below(2_000), random.below(30_000), random.below(400_000))

function planFor(id: string, random: Random): Plan {
  const good = random.often(0.7)
  return {
    id,
    framing: random.one('sized', 'sized', 'chunked', 'chunked', 'closing', 'none'),
    octets: size(random),
    interim: random.often(0.2),
    early: random.often(0.15),
    pieces: random.one(1, 1, 1, 2, 5),
    part: good ? 1 : random.next(),
    after: good
      ? random.one('nothing', 'nothing', 'nothing', 'nothing', 'end', 'reset', 'poison')
      : random.one('nothing', 'end', 'end', 'reset', 'reset')
  }
}

function clientFor(random: Random): Client {
  const method = random.one('GET', 'GET', 'POST', 'PUT', 'DELETE')
  const body = method === 'GET' ? 'none' : random.one('none', 'sized', 'chunked')
  const odd = random.often(0.25)
  const reads = odd ? random.one('at once', 'slowly', 'never') : random.one('at once', 'slowly')
  return {
    method,
    body,
    octets: body === 'sized' ? 1 + size(random) : body === 'chunked' ? size(random) : 0,
    bodyFault:
      odd && body !== 'none' ? random.one('breaks', body === 'sized' ? random.one('longer', 'shorter') : null) : null,
    reads,
    // Nobody else gives up on one who never reads.
    abortsAt: reads === 'never' ? 'timer' : odd && random.often(0.6) ? random.one(...MOMENTS) : null,
    throwsAt: odd && random.often(0.3) ? random.one('connect', 'started', 'interim', 'head', 'data') : null,
    afterMs: random.below(60),
    fresh: random.often(0.1),
    upgrade: method === 'GET' && random.often(0.2)
  }
}

function bodyFor(id: string, { body, octets, bodyFault }: Client): Readable | null {
  if (body === 'none') return null
  const said = contentOf(id, octets)
  const content = bodyFault === 'longer' ? Buffer.concat([said, Buffer.from('!')]) : said
  const most = bodyFault === 'breaks' || bodyFault === 'shorter' ? Math.floor(octets / 2) : content.length
  async function* produce() {
    for (let at = 0; at < most; at += 9_000) {
      if (at % 4 === 3) await pause(1)
      yield content.subarray(at, Math.min(most, at + 9_000))
    }
    if (bodyFault === 'breaks') throw new Error('the body broke')
  }
  return Readable.from(produce(), { objectMode: false })
}

/** What became of an exchange; `faults`: what must never happen. */
interface Told {
  outcome: string | null
  readonly faults: string[]
}

/** No fault of anybody, on a busy machine. */
const EXCUSED = new Set([
  ...['UPSTREAM_POOL_FULL', 'UPSTREAM_POOL_DESTROYED', 'UPSTREAM_HEADERS_TIMEOUT', 'UPSTREAM_BODY_TIMEOUT']
])
const CLOSED = new Set(['UPSTREAM_CLOSED', 'ECONNRESET', 'EPIPE'])

const isGood = ({ part, after }: Plan, { abortsAt, throwsAt, bodyFault }: Client) =>
  part === 1 && after !== 'reset' && abortsAt === null && throwsAt === null && bodyFault === null

/** Sends one request, and holds what is told of it against what was to come. */
function run(pool: ConnectionPool, plan: Plan, client: Client): Told {
  const told: Told = { outcome: null, faults: [] }
  const { id } = plan
  const chunks: Buffer[] = []
  let head: AnswerHead | null = null
  let abort: ((reason: Error) => void) | null = null
  let aborted = false
  let reused = false
  const body = bodyFor(id, client)

  function giveUp() {
    aborted = true
    abort?.(new Error('client left'))
  }
  function at(moment: Moment) {
    if (told.outcome !== null) told.faults.push(`${moment} after ${told.outcome}`)
    if (client.abortsAt === moment) giveUp()
    if (client.throwsAt === moment) throw new Error('client throws')
  }
  function settle(outcome: string) {
    if (told.outcome !== null) told.faults.push(`${outcome} after ${told.outcome}`)
    told.outcome = outcome
  }
  if (client.abortsAt === 'timer') setTimeout(giveUp, client.afterMs)

  const exchange: Exchange = {
    place: null,
    onWait(leave) {
      abort = leave
      if (client.abortsAt === 'wait') setTimeout(giveUp, client.afterMs % 4)
      if (aborted) giveUp()
    },
    onConnect(abortUpstream, resume) {
      reused = (exchange.place?.answers ?? 0) > 0
      abort = abortUpstream
      if (aborted) return giveUp()
      resumeUpstream = resume
      at('connect')
    },
    onResponseStarted: () => at('started'),
    onInterim: () => at('interim'),
    onHead(answer) {
      head = answer
      if (answer.fields[1] !== id) told.faults.push(`the answer of ${answer.fields[1]}`)
      const got = answer.fields[3]
      const isOwn = body === null ? got === digestOf(Buffer.alloc(0)) : got === digestOf(contentOf(id, client.octets))
      if (got !== 'early' && !isOwn) told.faults.push(`another body arrived: ${got}`)
      at('head')
    },
    onData(chunk) {
      if (head === null) told.faults.push('data before the head')
      chunks.push(Buffer.from(chunk))
      at('data')
      if (client.reads === 'at once') return true
      if (client.reads === 'slowly') setTimeout(resumeUpstream, client.afterMs % 5)
      return false
    },
    onEnd(trailers) {
      settle('answered')
      if (exchange.place !== null) exchange.place.answers += 1
      const content = plan.framing === 'none' ? Buffer.alloc(0) : contentOf(id, plan.octets)
      if (plan.part < 1 && plan.framing !== 'closing') told.faults.push('half an answer is whole')
      else if (plan.part === 1 && !Buffer.concat(chunks).equals(content)) told.faults.push('another content')
      if (plan.framing === 'chunked' && trailers[1] !== id) told.faults.push('other trailers')
    },
    onUpgrade(_fields, socket) {
      settle('upgraded')
      let came = ''
      socket.on('data', (chunk) => (came += chunk))
      socket.on('close', () => {
        if (came !== id + id) told.faults.push(`another stream: ${came}`)
      })
    },
    onError(error) {
      const outcome = 'code' in error ? String(error.code) : error.message
      settle(outcome)
      if (!isGood(plan, client) || EXCUSED.has(outcome)) return
      // A connection that was idle may end just when it is used again.
      if (!reused || !CLOSED.has(outcome)) told.faults.push(`${outcome}, and nothing was wrong`)
    }
  }
  let resumeUpstream = () => {}
  const sized = client.body === 'sized' ? ['content-length', `${client.octets}`] : []
  const headers = ['host', 'a', ...sized, 'x-plan', JSON.stringify(plan)]
  const request: UpstreamRequest = { method: client.method, path: `/${id}`, headers, body, upgrade: client.upgrade }
  pool.dispatch(request, exchange, client.fresh)
  return told
}

export interface StormOptions {
  readonly seed: number
  readonly exchanges: number
  readonly secure: { readonly cert: string; readonly key: string } | null
}

/** Many exchanges at once over few connections, with clients and an upstream that do what they should not. */
export async function storm({ seed, exchanges, secure }: StormOptions) {
  const random = createRandom(seed)
  const upstream = await startFickleUpstream(secure)
  const max = 1 + random.below(5)
  const end = random.one('wait', 'wait', 'retire', 'destroy')
  const times = { timeoutMs: 400, idleTimeoutMs: 300, keepAliveMs: 200 }
  const transport = createTransport(upstream.origin, { timeoutMs: 5_000, tls: NO_TLS })
  const pool = createConnectionPool({ ...times, connections: { max, maxWaiting: 200 } }, transport)
  const all: { plan: Plan; client: Client; told: Told }[] = []
  const faults: string[] = []
  const outcomes: Record<string, number> = {}
  try {
    for (let i = 0; i < exchanges; i += 1) {
      const plan = planFor(`${seed}-${i}`, random)
      const client = clientFor(random)
      all.push({ plan, client, told: run(pool, plan, client) })
      if (pool.figures().connections > max) faults.push('more connections than allowed')
      if (i === exchanges - 20 && end !== 'wait') pool[end]()
      if (random.often(0.4)) await pause(random.below(Math.ceil(20 / max)))
    }
    const over = () => all.every(({ told }) => told.outcome !== null)
    await eventually(over, 'every exchange is over', 20_000).catch((error) => faults.push(String(error)))
    const idle = () => pool.figures().connections === 0 && pool.figures().waiting === 0 && upstream.open() === 0
    await eventually(idle, 'every connection is closed', 10_000).catch((error) => {
      faults.push(`${error} ${JSON.stringify([pool.figures(), upstream.open()])}`)
    })
    for (const { plan, client, told } of all) {
      const outcome = told.outcome ?? 'hangs'
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
      if (told.outcome === null) told.faults.push('hangs')
      if (told.faults.length > 0) faults.push(`${told.faults.join('; ')}: ${JSON.stringify({ plan, client })}`)
    }
    return { faults: [...faults, ...upstream.unreadable], outcomes, mostOpen: upstream.mostOpen(), max }
  } finally {
    pool.destroy()
    upstream.close()
  }
}
