/**
 * By hand, for a minute or as long as it is told: connections that say well-formed requests in any shape and pieces, now
 * and then one that two readers end at two places, and leave when they like. Whatever comes through is held against what
 * was meant: each request arrives once, whole, from whom it was, and each answer goes to who asked.
 *
 *     node dist/test/by-hand/finds-no-desync.js [seconds] [seed]
 */
import { createHash } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { startRawUpstream } from '../helpers/upstream.js'
import { type Message, readMessage, valuesOf } from '../hygiene/strict-http.js'

const SECONDS = Number(process.argv[2] ?? 60)
const SEED = Number(process.argv[3] ?? Date.now() % 1_000_000)
const AT_ONCE = 24

/** mulberry32: small, and the same everywhere. */
function createRandom(seed: number) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (most: number) => Math.floor(next() * most)
  return {
    below,
    odds: (one: number) => below(one) === 0,
    pick: <T>(of: readonly T[]): T => of[below(of.length)] as T
  }
}
type Random = ReturnType<typeof createRandom>

/** What becomes of a request: forwarded, answered here, refused with its connection, or left amid its body. */
type Fate = 'forwarded' | 'own' | 'poison' | 'left'

interface Asked {
  readonly nonce: string
  readonly bytes: string
  readonly body: string
  readonly user: string | null
  readonly fate: Fate
  readonly isHead: boolean
  /** Nothing behind it may be read. */
  readonly isLast: boolean
}

const IDENTITY = ['x-user-id', 'x-user-name', 'x-user-roles']
const digest = (text: string) => createHash('sha256').update(text, 'latin1').digest('hex').slice(0, 16)
const smuggled = (nonce: string) =>
  `GET /open/smuggled-${nonce} HTTP/1.1\r\nHost: a\r\nX-User-Id: forged\r\nContent-Length: 0\r\n\r\n`

const spell = (random: Random, name: string) =>
  random.pick([name, name.toUpperCase(), name.replaceAll('-', '_'), name.replace('-', '.'), name.replace('x', 'X')])

function chunked(random: Random, body: string, nonce: string): string {
  let text = ''
  for (let at = 0; at < body.length; ) {
    const size = 1 + random.below(Math.min(body.length - at, 600))
    const digits = random.pick([size.toString(16), size.toString(16).toUpperCase(), `00${size.toString(16)}`])
    const extension = random.odds(4) ? random.pick([';a', ';a=b', ';a="b;c"', ';x-user-id=forged']) : ''
    text += `${digits}${extension}\r\n${body.slice(at, at + size)}\r\n`
    at += size
  }
  const trailers = random.odds(3)
    ? random.pick(['X-User-Id: forged\r\n', `X: ${nonce}\r\n`, 'Host: b\r\nAuthorization: Bearer x\r\n'])
    : ''
  return `${text}${random.pick(['0', '000', '0;a=b'])}\r\n${trailers}\r\n`
}

/** Heads and bodies that two readers may end at two places; `+` is where the smuggled request stands. */
const POISON: readonly (readonly [fields: string, body: string])[] = [
  ['Content-Length: 5\r\nTransfer-Encoding: chunked', '0\r\n\r\n+'],
  ['Transfer-Encoding: chunked\r\nContent-Length: 5', '0\r\n\r\n+'],
  ['Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', '0\r\n\r\n+'],
  ['Transfer-Encoding: identity\r\nTransfer-Encoding: chunked', '0\r\n\r\n+'],
  ['Transfer-Encoding: identity', '+'],
  ['Transfer-Encoding: xchunked', '0\r\n\r\n+'],
  ['Transfer-Encoding: chunked, chunked', '0\r\n\r\n+'],
  ['Transfer-Encoding: gzip, chunked', '0\r\n\r\n+'],
  ['Transfer-Encoding:\x0bchunked', '0\r\n\r\n+'],
  ['Transfer-Encoding : chunked', '0\r\n\r\n+'],
  ['Transfer-Encoding\t: chunked', '0\r\n\r\n+'],
  [' Transfer-Encoding: chunked', '0\r\n\r\n+'],
  ['X: y\r\n Transfer-Encoding: chunked', '0\r\n\r\n+'],
  ['Transfer-Encoding:\r\n chunked', '0\r\n\r\n+'],
  ['X: y\nTransfer-Encoding: chunked', '0\r\n\r\n+'],
  ['X: y\rTransfer-Encoding: chunked', '0\r\n\r\n+'],
  ['Transfer-Encoding: chunked\t', '0\r\n\r\n+'],
  ['Transfer-Encoding: chunked\0', '0\r\n\r\n+'],
  ['Content-Length: 0\r\nContent-Length: 5', '+'],
  ['Content-Length: 5\r\nContent-Length: 5', 'hello+'],
  ['Content-Length: 5, 5', 'hello+'],
  ['Content-Length: +5', 'hello+'],
  ['Content-Length: 0x5', 'hello+'],
  ['Content-Length: -1', '+'],
  ['Content-Length: 5 5', 'hello+'],
  ['Content-Length: ', '+'],
  ['Content-Length: 18446744073709551621', 'hello+'],
  ['Content-Length : 5', 'hello+'],
  ['Transfer-Encoding: chunked', '0\n\n+'],
  ['Transfer-Encoding: chunked', '5\nhello\r\n0\r\n\r\n+'],
  ['Transfer-Encoding: chunked', '5\r\nhello\n0\r\n\r\n+'],
  ['Transfer-Encoding: chunked', '5\r\nhelloX\r\n0\r\n\r\n+'],
  ['Transfer-Encoding: chunked', '5;a\nb\r\nhello\r\n0\r\n\r\n+'],
  ['Transfer-Encoding: chunked', '5\r\r\nhello\r\n0\r\n\r\n+'],
  ['Transfer-Encoding: chunked', '0x5\r\nhello\r\n0\r\n\r\n+'],
  ['Transfer-Encoding: chunked', '-0\r\n\r\n+'],
  ['Transfer-Encoding: chunked', ' 5\r\nhello\r\n0\r\n\r\n+'],
  ['Transfer-Encoding: chunked', '10000000000000005\r\nhello\r\n0\r\n\r\n+'],
  ['Transfer-Encoding: chunked', '0\r\nX: y\n\n+'],
  ['Transfer-Encoding: chunked', '0\r\n X: y\r\n\r\n+'],
  ['Transfer-Encoding: chunked', '0\r\nX\r\n\r\n+'],
  ['Transfer-Encoding: chunked', '0\r\nTransfer-Encoding: chunked\r\n\r\n+'],
  ['Transfer-Encoding: chunked', '0\r\nContent-Length: 9\r\n\r\n+'],
  ['Host: b', '+'],
  ['Host:', '+'],
  ['X-User-Id : forged', '+'],
  ['X-User-Id', '+'],
  ['X\0: y', '+'],
  ['X: y\n\n', '+'],
  ['\n', '+']
]

const SHAPES: readonly (readonly [method: string, path: string, fate: Fate])[] = [
  ...['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH', 'PROPFIND', 'HEAD', 'QUERY', 'LOCK'].map(
    (method) => [method, '/open', 'forwarded'] as const
  ),
  ['POST', '/auth/login', 'own'],
  ['POST', '/auth/nothing', 'own'],
  ['GET', '/auth/me', 'own'],
  ['GET', '/.well-known/jwks.json', 'own'],
  ['POST', '/closed', 'own'],
  ['POST', '/open/%2e%2e/x', 'own']
]

function makeRequest(random: Random, nonce: string, tokens: ReadonlyMap<string, string>): Asked {
  const [method, path, usual] = random.pick(SHAPES)
  const user = random.odds(3) ? random.pick([...tokens.keys()]) : null
  const version = random.odds(12) ? '1.0' : '1.1'
  const target = usual === 'forwarded' ? `${path}/${nonce}${random.pick(['', '?a=b', '?'])}` : path
  const lines = [random.odds(8) ? `${method} http://A${target} HTTP/${version}` : `${method} ${target} HTTP/${version}`]
  lines.push(random.pick(['Host: a', 'hOsT:a', 'Host:  a ']))
  lines.push(`X-Nonce: ${nonce}`)
  if (user !== null) lines.push(`Authorization: Bearer ${tokens.get(user)}`)
  const connection: string[] = []
  for (let more = random.below(4); more > 0; more -= 1) {
    const name = random.pick(IDENTITY)
    if (random.odds(2)) lines.push(`${spell(random, name)}: forged`)
    else connection.push(spell(random, random.pick([...IDENTITY, 'x-nonce-2', 'cookie', 'x-request-id'])))
  }
  let isLast = version === '1.0'
  if (random.odds(10)) {
    lines.push(random.pick(['Upgrade: h2c', 'Upgrade: TLS/1.0', 'Upgrade: x, y']))
    isLast = true
    connection.push('Upgrade')
  }
  if (random.odds(12)) {
    connection.push('close')
    isLast = true
  }
  if (connection.length > 0) lines.push(`Connection: ${connection.join(', ')}`)
  if (random.odds(8))
    lines.push(random.pick(['Expect: 100-continue', 'Expect: x', 'TE: trailers', 'Trailer: X-User-Id']))
  const isHead = method === 'HEAD'

  if (random.odds(12)) {
    const [fields, body] = random.pick(POISON)
    // Of a request for an upgrade llhttp does not mind what follows `chunked`, reads no body, and we read no further;
    // HTTP/1.0 has no `chunked`.
    const isUnread = fields.endsWith('chunked\t') && connection.includes('Upgrade') && version === '1.1'
    const bytes = `${lines.join('\r\n')}\r\n${fields}\r\n\r\n${body.replace('+', smuggled(nonce))}`
    return { nonce, bytes, body: '', user, fate: isUnread ? usual : 'poison', isHead, isLast: true }
  }
  const hasBody = random.odds(2)
  const body = hasBody
    ? smuggled(nonce)
        .repeat(1 + random.below(30))
        .slice(random.below(40))
    : ''
  let content = ''
  if (hasBody && version === '1.1' && random.odds(2)) {
    lines.push(random.pick(['Transfer-Encoding: chunked', 'transfer-encoding:Chunked', 'Transfer-Encoding:  chunked ']))
    content = chunked(random, body, nonce)
  } else if (hasBody || random.odds(4)) {
    lines.push(`Content-Length: ${body.length}`)
    content = body
  }
  const whole = `${lines.join('\r\n')}\r\n\r\n${content}`
  if (content.length > 1 && random.odds(8)) {
    const bytes = whole.slice(0, whole.length - 1 - random.below(content.length - 1))
    return { nonce, bytes, body, user, fate: 'left', isHead, isLast: true }
  }
  return { nonce, bytes: whole, body, user, fate: usual, isHead, isLast }
}

/** An upstream that tells in its answer which request it answers, in many a manner. */
async function startTelling(t: Test, random: Random) {
  const messages: Message[] = []
  const faults: string[] = []
  const read = new WeakMap<Socket, { end: number; busy: boolean; count: number }>()

  async function answer(socket: Socket, message: Message, count: number) {
    if (random.odds(3)) await sleep(random.below(15))
    const nonce = valuesOf(message, 'x-nonce').join()
    const text = `${nonce} ${digest(message.body)};`.repeat(1 + random.below(random.odds(10) ? 4_000 : 5))
    const isHead = message.method === 'HEAD'
    const closes = count > 20 || random.odds(20)
    const fields = `X-Nonce: ${nonce}\r\n${closes ? 'Connection: close\r\n' : ''}`
    const way = random.below(5)
    if (random.odds(10)) socket.write('HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n')
    if (way === 0) socket.write(`HTTP/1.1 204 No Content\r\n${fields}\r\n`)
    else if (way === 1) socket.write(`HTTP/1.1 304 Not Modified\r\n${fields}Content-Length: ${text.length}\r\n\r\n`)
    else if (way === 2) {
      socket.write(`HTTP/1.1 200 OK\r\n${fields}Transfer-Encoding: chunked\r\n\r\n`)
      if (!isHead) socket.write(`${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`)
    } else socket.write(`HTTP/1.1 200 OK\r\n${fields}Content-Length: ${text.length}\r\n\r\n${isHead ? '' : text}`)
    if (closes) socket.end()
  }

  const upstream = await startRawUpstream(t, async (socket, bytes) => {
    const state = read.get(socket) ?? { end: 0, busy: false, count: 0 }
    read.set(socket, state)
    if (state.busy) {
      const more = bytes.length > state.end
      if (more) faults.push('a request came before the one before it was answered')
      return
    }
    try {
      const reading = readMessage(bytes.toString('latin1'), state.end)
      if (reading === null) return
      state.end = reading.end
      state.count += 1
      messages.push(reading.message)
      if (bytes.length > state.end) faults.push(`more than one message: ${bytes.toString('latin1').slice(state.end)}`)
      state.busy = true
      await answer(socket, reading.message, state.count)
      state.busy = false
    } catch (error) {
      faults.push(
        `${(error as Error).message}: ${JSON.stringify(bytes.toString('latin1').slice(state.end, state.end + 800))}`
      )
      socket.destroy()
    }
  })
  return { url: upstream.url, messages, faults }
}

/** Says it all, in pieces; what came back until the gateway ended it, was silent, or this side had enough. */
function converse(random: Random, port: number, asked: readonly Asked[]): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const all = asked.map(({ bytes }) => bytes).join('')
    const leaves = asked.at(-1)?.fate === 'left'
    const socket = connect(port, '127.0.0.1')
    let silence = setTimeout(() => socket.destroy(), 5_000)
    const rest = (ms: number) => {
      clearTimeout(silence)
      silence = setTimeout(() => socket.destroy(), ms)
    }
    socket.on('connect', async () => {
      for (let at = 0; at < all.length && !socket.destroyed; ) {
        const size = random.odds(3) ? 1 + random.below(80) : all.length
        socket.write(all.slice(at, at + size), 'latin1')
        at += size
        if (random.odds(3)) await sleep(random.below(4))
      }
      if (leaves && random.odds(2)) await sleep(random.below(30))
      if (!leaves) return
      if (random.odds(2)) socket.resetAndDestroy()
      else socket.end()
      rest(300)
    })
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      rest(400)
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(silence)
      resolve(Buffer.concat(chunks).toString('latin1'))
    })
  })
}

interface Answer {
  readonly status: number
  readonly nonce: string | null
  readonly body: string
}

/** The whole answers that came back, as a client that counts its requests reads them. */
function readAnswers(text: string, asked: readonly Asked[], faults: string[]): Answer[] {
  const answers: Answer[] = []
  let at = 0
  while (at < text.length) {
    const end = text.indexOf('\r\n\r\n', at)
    if (end === -1) break
    const head = text.slice(at, end)
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1] ?? Number.NaN)
    if (Number.isNaN(status)) {
      faults.push(`no answer: ${JSON.stringify(text.slice(at, at + 200))}`)
      break
    }
    at = end + 4
    if (status < 200) continue
    const nonce = /\r\nx-nonce: ([^\r]*)/i.exec(head)?.[1] ?? null
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
    const isHead = asked[answers.length]?.isHead === true
    let body = ''
    if (isHead || status === 204 || status === 304) body = ''
    else if (length !== undefined) {
      body = text.slice(at, at + Number(length))
      at += Number(length)
    } else if (/\r\ntransfer-encoding: chunked/i.test(head)) {
      for (;;) {
        const line = text.indexOf('\r\n', at)
        if (line === -1) return answers
        const size = Number.parseInt(text.slice(at, line), 16)
        body += text.slice(line + 2, line + 2 + size)
        at = line + 2 + size + 2
        if (!(size > 0)) break
      }
    } else {
      body = text.slice(at)
      at = text.length
    }
    answers.push({ status, nonce, body })
  }
  return answers
}

const timeout = (SECONDS + 60) * 1000
t.setTimeout(timeout)
t.test(`no desync in ${SECONDS} seconds of seed ${SEED}`, { timeout }, async (t) => {
  const random = createRandom(SEED)
  const upstream = await startTelling(t, random)
  const yaml = `
upstreams: { web: { url: "${upstream.url}" } }
rules:
  - { path: /closed/**, allow: { roles: [admin] }, to: web }
  - { path: /open/**, allow: anyone, to: web, limit: none }
  - { path: /**, allow: authenticated, to: web }
`
  const users = ['ann', 'bob', 'cy']
  const gateway = await startGateway(
    t,
    yaml,
    users.map((username) => ({ username, roles: [`role-${username}`] }))
  )
  const tokens = new Map<string, string>()
  for (const username of users) tokens.set(username, (await gateway.login(username)).access_token)
  const faults: string[] = []
  const askedBy = new Map<string, Asked>()
  const wholeOf = new Set<string>()
  let count = 0
  let checked = 0
  const figures = { requests: 0, poison: 0, left: 0, answered: 0 }

  function judgeArrival(message: Message) {
    const nonce = valuesOf(message, 'x-nonce')
    const one = askedBy.get(nonce.join())
    const where = JSON.stringify(message).slice(0, 1_500)
    if (one === undefined) return faults.push(`nobody asked for ${where}`)
    if (message.target.includes('smuggled')) faults.push(`smuggled: ${where}`)
    if (one.fate === 'left') faults.push(`half a request is whole: ${where}`)
    if (one.fate === 'own') faults.push(`what is not forwarded was: ${where}`)
    if (one.fate === 'poison') faults.push(`a poisoned one was forwarded: ${JSON.stringify(one.bytes)} as ${where}`)
    if (wholeOf.has(one.nonce)) faults.push(`twice: ${where}`)
    wholeOf.add(one.nonce)
    if (message.body !== one.body) faults.push(`another body than ${JSON.stringify(one.body)}: ${where}`)
    const names = message.fields.map(([name]) => name.toLowerCase().replace(/[^a-z0-9]/g, '-'))
    for (const name of IDENTITY)
      if (names.filter((spelt) => spelt === name).length !== (one.user === null ? 0 : 1))
        faults.push(`${name}: ${where}`)
    if (valuesOf(message, 'x-user-name').join() !== (one.user ?? '')) faults.push(`not ${one.user}: ${where}`)
    return undefined
  }

  async function converseOnce() {
    const asked: Asked[] = []
    for (let number = 1 + random.below(6); number > 0; number -= 1) {
      count += 1
      const one = makeRequest(random, `n${count}`, tokens)
      askedBy.set(one.nonce, one)
      asked.push(one)
      figures.requests += 1
      if (one.fate === 'poison' || one.fate === 'left') figures[one.fate] += 1
      if (one.isLast && !random.odds(2)) break
      if (one.fate === 'left') break
    }
    const text = await converse(random, gateway.port, asked)
    const place = () =>
      `${JSON.stringify(asked.map(({ bytes }) => bytes.slice(0, 900)))} -> ${JSON.stringify(text.slice(0, 2_500))}`
    const said: string[] = []
    const answers = readAnswers(text, asked, said)
    const last = asked.findIndex(({ isLast }) => isLast)
    for (const [at, { status, nonce, body }] of answers.entries()) {
      const one = asked[at]
      if (one === undefined) said.push('more answers than requests')
      else if (one.fate === 'forwarded' && nonce !== one.nonce && status < 400) said.push(`${one.nonce} got ${nonce}`)
      else if (nonce !== null && nonce !== one.nonce) said.push(`${one.nonce} got that of ${nonce}`)
      else if (one.fate === 'forwarded' && status >= 400 && status !== 502) said.push(`${one.nonce} got ${status}`)
      else if (
        status === 200 &&
        one.fate === 'forwarded' &&
        body !== '' &&
        !body.startsWith(`${one.nonce} ${digest(one.body)};`)
      )
        said.push(`${one.nonce} got the body ${body.slice(0, 50)}`)
      // What answers before it reads a body has not met the fault in it.
      if (one?.fate === 'poison' && status < 400 && nonce !== null) said.push(`poison got ${status}`)
      if (last !== -1 && at > last && status < 400) said.push('an answer behind the last')
      figures.answered += 1
    }
    if (said.length > 0) faults.push(`${said.join('; ')} in ${place()}`)
  }

  const endsAt = performance.now() + SECONDS * 1000
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (performance.now() < endsAt && faults.length < 5) await converseOnce()
    })
  )
  await sleep(500)
  for (; checked < upstream.messages.length; checked += 1) judgeArrival(upstream.messages[checked] as Message)
  t.comment(JSON.stringify({ ...figures, arrived: upstream.messages.length }))
  t.strictSame([...faults, ...upstream.faults].slice(0, 5), [])
  t.strictSame(gateway.failures.filter((failure) => /TypeError|RangeError/.test(String(failure))).slice(0, 3), [])
  t.ok(upstream.messages.length > figures.requests / 4, 'enough has arrived')
})
