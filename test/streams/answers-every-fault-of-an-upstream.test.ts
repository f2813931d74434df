import type { Socket } from 'node:net'
import t from 'tap'
import { converse } from '../helpers/conversation.js'
import { eventually } from '../helpers/eventually.js'
import { startGateway } from '../helpers/gateway.js'
import { sendRaw } from '../helpers/raw-request.js'
import { startRawUpstream } from '../helpers/upstream.js'
import { get, openSite, pathOf } from './open-site.js'

type Answer = (socket: Socket) => void
const says =
  (text: string): Answer =>
  (socket) => {
    socket.write(text, 'latin1')
  }
const saysAndEnds =
  (text: string): Answer =>
  (socket) => {
    socket.end(text, 'latin1')
  }
const saysAndResets =
  (text: string): Answer =>
  (socket) => {
    socket.write(text, 'latin1')
    setTimeout(() => socket.resetAndDestroy(), 50)
  }
/** Octet by octet, without an end. */
const dribbles =
  (text: string, octet: string): Answer =>
  (socket) => {
    socket.setNoDelay().write(text, 'latin1')
    const timer = setInterval(() => socket.write(octet), 30)
    socket.on('close', () => clearInterval(timer))
  }
const OK = 'HTTP/1.1 200 OK\r\n'
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n`
const WHOLE = `${OK}Content-Length: 2\r\n\r\nok`

/** What an upstream does in place of answering; the status that the client must see. */
const INSTEAD_OF_AN_ANSWER: Readonly<Record<string, readonly [answer: Answer, status: number]>> = {
  silence: [() => {}, 504],
  half: [says(`${OK}X-A: `), 504],
  dribble: [dribbles(`${OK}X-A: `, 'a'), 504],
  dribbleLines: [dribbles('', '\r\n'), 502],
  reset: [(socket) => socket.resetAndDestroy(), 502],
  closes: [(socket) => socket.end(), 502],
  closesInHead: [saysAndEnds(`${OK}X-A: b\r\n`), 502],
  resetInHead: [saysAndResets(OK), 502],
  garbage: [saysAndEnds('\x16\x03\x01\x02\0garbage\r\n\r\n'), 502],
  html: [saysAndEnds('<html>hello</html>'), 502],
  http09: [saysAndEnds('hello'), 502],
  smtp: [saysAndEnds('220 mail.internal.test ESMTP\r\n'), 502],
  request: [saysAndEnds('GET / HTTP/1.1\r\nHost: internal.test\r\n\r\n'), 502],
  icy: [saysAndEnds('ICY 200 OK\r\nContent-Length: 2\r\n\r\nok'), 502],
  noStatus: [saysAndEnds('HTTP/1.1 OK\r\n\r\n'), 502],
  noVersion: [saysAndEnds('HTTP 200 OK\r\nContent-Length: 2\r\n\r\nok'), 502],
  http3: [saysAndEnds('HTTP/3.0 200 OK\r\nContent-Length: 2\r\n\r\nok'), 502],
  oddStatus: [saysAndEnds('HTTP/1.1 99 Odd\r\nContent-Length: 0\r\n\r\n'), 502],
  zeroStatus: [saysAndEnds('HTTP/1.1 000 Zero\r\nContent-Length: 0\r\n\r\n'), 502],
  lowStatus: [saysAndEnds(`HTTP/1.1 099 Low\r\n\r\n${WHOLE}`), 502],
  longStatus: [saysAndEnds('HTTP/1.1 2000 Long\r\nContent-Length: 0\r\n\r\n'), 502],
  negativeStatus: [saysAndEnds('HTTP/1.1 -20 Less\r\nContent-Length: 0\r\n\r\n'), 502],
  largeHead: [saysAndEnds(`${OK}X-A: ${'a'.repeat(40_000)}\r\nContent-Length: 0\r\n\r\n`), 502],
  manyFields: [saysAndEnds(`${OK}${'X-A: a\r\n'.repeat(9_000)}\r\n`), 502],
  largeReason: [saysAndEnds(`HTTP/1.1 200 ${'a'.repeat(200_000)}`), 502],
  twoLengths: [saysAndEnds(`${OK}Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc`), 502],
  sameLengths: [saysAndEnds(`${OK}Content-Length: 2\r\nContent-Length: 2\r\n\r\nok`), 502],
  listedLengths: [saysAndEnds(`${OK}Content-Length: 2, 3\r\n\r\nabc`), 502],
  negativeLength: [saysAndEnds(`${OK}Content-Length: -1\r\n\r\nabc`), 502],
  signedLength: [saysAndEnds(`${OK}Content-Length: +2\r\n\r\nok`), 502],
  hexLength: [saysAndEnds(`${OK}Content-Length: 0x2\r\n\r\nok`), 502],
  emptyLength: [saysAndEnds(`${OK}Content-Length: \r\n\r\nok`), 502],
  hugeLength: [saysAndEnds(`${OK}Content-Length: 99999999999999999999999\r\n\r\nok`), 502],
  lengthAndChunked: [saysAndEnds(`${OK}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`), 502],
  chunkedAndLength: [saysAndEnds(`${CHUNKED}Content-Length: 2\r\n\r\n0\r\n\r\n`), 502],
  chunkedTwice: [saysAndEnds(`${CHUNKED}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`), 502],
  codedAndChunked: [saysAndEnds(`${OK}Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`), 502],
  coded: [saysAndEnds(`${OK}Transfer-Encoding: gzip\r\n\r\nok`), 502],
  chunkedFirst: [saysAndEnds(`${OK}Transfer-Encoding: chunked, gzip\r\n\r\nok`), 502],
  identity: [saysAndEnds(`${OK}Transfer-Encoding: identity\r\n\r\nok`), 502],
  oddCoding: [saysAndEnds(`${OK}Transfer-Encoding: xchunked\r\n\r\nok`), 502],
  controlInValue: [saysAndEnds(`${OK}X-A: a\x01b\r\nContent-Length: 0\r\n\r\n`), 502],
  nulInValue: [saysAndEnds(`${OK}X-A: a\0b\r\nContent-Length: 0\r\n\r\n`), 502],
  deleteInValue: [saysAndEnds(`${OK}X-A: a\x7fb\r\nContent-Length: 0\r\n\r\n`), 502],
  bareCr: [saysAndEnds(`${OK}X-A: a\rX-B: b\r\nContent-Length: 0\r\n\r\n`), 502],
  bareLf: [saysAndEnds('HTTP/1.1 200 OK\nContent-Length: 2\n\nok'), 502],
  folded: [saysAndEnds(`${OK}X-A: a\r\n b\r\nContent-Length: 0\r\n\r\n`), 502],
  badName: [saysAndEnds(`${OK}X A: a\r\nContent-Length: 0\r\n\r\n`), 502],
  emptyName: [saysAndEnds(`${OK}: a\r\nContent-Length: 0\r\n\r\n`), 502],
  spaceBeforeColon: [saysAndEnds(`${OK}Content-Length : 2\r\n\r\nok`), 502],
  noColon: [saysAndEnds(`${OK}Content-Length\r\n\r\nok`), 502],
  upgraded: [says('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'), 502],
  switched: [says(`HTTP/1.1 101 Switching Protocols\r\n\r\n${WHOLE}`), 502],
  continues: [saysAndEnds('HTTP/1.1 100 Continue\r\n\r\n'), 502],
  hints: [saysAndEnds('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'), 502],
  hintsForever: [dribbles('', 'HTTP/1.1 103 Early Hints\r\n\r\n'), 504]
}

/** What an upstream does after its answer has begun. */
const IN_AN_ANSWER: Readonly<Record<string, Answer>> = {
  sizedEnds: saysAndEnds(`${OK}Content-Length: 10\r\n\r\nhello`),
  sizedResets: saysAndResets(`${OK}Content-Length: 10\r\n\r\nhello`),
  sizedStalls: says(`${OK}Content-Length: 10\r\n\r\nhello`),
  chunkedEnds: saysAndEnds(`${CHUNKED}\r\n5\r\nhello\r\n`),
  chunkedResets: saysAndResets(`${CHUNKED}\r\n5\r\nhello\r\n`),
  chunkedStalls: says(`${CHUNKED}\r\n5\r\nhello\r\n`),
  chunkedHalfEnd: saysAndEnds(`${CHUNKED}\r\n5\r\nhello\r\n0\r\n`),
  closingChunkedEnds: saysAndEnds(`${CHUNKED}Connection: close\r\n\r\n5\r\nhello\r\n`),
  badChunk: says(`${CHUNKED}\r\n5\r\nhello\r\nx\r\n`),
  negativeChunk: says(`${CHUNKED}\r\n5\r\nhello\r\n-2\r\nok\r\n0\r\n\r\n`),
  longChunk: says(`${CHUNKED}\r\n5\r\nhello-and-more\r\n0\r\n\r\n`),
  hugeChunk: says(`${CHUNKED}\r\n5\r\nhello\r\nffffffffffffffffff\r\n`),
  bareLfChunk: says(`${CHUNKED}\r\n5\r\nhello\n0\n\n`),
  badExtension: says(`${CHUNKED}\r\n5\r\nhello\r\n5;a=\x01\r\nhello\r\n0\r\n\r\n`),
  badTrailer: says(`${CHUNKED}\r\n5\r\nhello\r\n0\r\nX A: b\r\n\r\n`),
  trailerWithLength: says(`${CHUNKED}\r\n5\r\nhello\r\n0\r\nContent-Length: 7\r\n\r\n`),
  largeTrailers: says(`${CHUNKED}\r\n5\r\nhello\r\n0\r\n${'X-A: a\r\n'.repeat(9_000)}\r\n`),
  untilClosedResets: saysAndResets(`${OK}\r\nhello`),
  oldUntilClosedResets: saysAndResets('HTTP/1.0 200 OK\r\n\r\nhello'),
  untilClosedStalls: says(`${OK}\r\nhello`)
}

const start = async (t: Parameters<typeof startRawUpstream>[0], faults: Readonly<Record<string, Answer>>) => {
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    const answer = faults[pathOf(bytes)]
    // Connections are used again for what is asked to see that all is well.
    if (bytes.toString('latin1').endsWith('\r\n\r\n')) (answer ?? says(WHOLE))(socket)
  })
  return { upstream, ...(await startGateway(t, openSite(upstream.url, 'timeout: 500ms, idle_timeout: 500ms'))) }
}

t.test('each fault of an upstream is a problem in time, in words of our own', async (t) => {
  const faults = Object.fromEntries(Object.entries(INSTEAD_OF_AN_ANSWER).map(([name, [answer]]) => [name, answer]))
  const { upstream, port, failures, access } = await start(t, faults)
  await Promise.all(
    Object.entries(INSTEAD_OF_AN_ANSWER).map(async ([name, [, status]]) => {
      const started = Date.now()
      const client = converse(t, port)
      client.say(get(`/${name}`, 'Connection: close'))
      await client.end()
      t.ok(Date.now() - started < 5_000, `${name} in ${Date.now() - started} ms`)
      const [, head = '', body = ''] = /(HTTP\/1\.1 50\d .*?)\r\n\r\n(.*)$/s.exec(client.text()) ?? []
      const code = status === 504 ? 'upstream_timeout' : 'upstream_error'
      t.match(head, `HTTP/1.1 ${status} ${status === 504 ? 'Gateway Timeout' : 'Bad Gateway'}\r\n`, name)
      t.match(JSON.parse(body), { code, status, request_id: String }, name)
      t.match(head, /^proxy-status: portcullis; error=/im, name)
      t.notMatch(client.text(), /127\.0\.0\.1|localhost|undici|UND_|ECONN|HPE_|parse|socket|\.js|internal\.test/i, name)
      const lineOf = () => access.find(({ path }) => path === `/${name}`)
      await eventually(() => lineOf() !== undefined, 'its line in the log')
      t.match(lineOf(), { status, code, verdict: 'allow', complete: undefined }, `${name} in the log`)
      t.equal((await sendRaw(port, get('/control', 'Connection: close'))).status, 200, `others pass beside ${name}`)
    })
  )
  const count = Object.keys(INSTEAD_OF_AN_ANSWER).length
  const asked = upstream.connections.map(({ bytes }) => bytes.toString('latin1'))
  t.equal(asked.filter((text) => text !== '' && !text.includes('/control ')).length, count, 'each was sent once')
  t.equal(failures.length, count, 'the cause of each is logged')
})

t.test('an answer that breaks off breaks off for the client, and nothing is made up', async (t) => {
  const { port, access } = await start(t, IN_AN_ANSWER)
  await Promise.all(
    Object.keys(IN_AN_ANSWER).map(async (name) => {
      const client = converse(t, port)
      client.say(get(`/${name}`))
      await client.end()
      t.match(client.text(), /^HTTP\/1\.1 200 OK\r\n/, name)
      t.notMatch(client.text(), /\r\n0\r\n|proxy-status/, `${name} does not look whole`)
      await eventually(() => access.some(({ path }) => path === `/${name}`), 'its line in the log')
      t.match(
        access.find(({ path }) => path === `/${name}`),
        { status: 200, complete: false },
        `${name} in the log`
      )
      t.equal((await sendRaw(port, get('/control', 'Connection: close'))).status, 200, `others pass beside ${name}`)
    })
  )
})

t.test("octets after an answer are nobody's answer, whenever they come", async (t) => {
  const poison = `${OK}Content-Length: 6\r\n\r\npoison`
  // Between two requests, and never just when one is on its way: no one could tell it from the answer to that.
  let sayMore = () => {}
  const afterwards: Readonly<Record<string, Answer>> = {
    atOnce: says(WHOLE + poison),
    soon: (socket) => {
      // Or the system would keep what comes later until the next request.
      socket.setNoDelay()
      socket.write(WHOLE)
      sayMore = () => socket.write(poison)
    },
    head: says(`${OK}Content-Length: 5\r\n\r\n`.replace('Content-Length: 5', 'Content-Length: 0') + poison),
    noContent: says(`HTTP/1.1 204 No Content\r\nContent-Length: ${poison.length}\r\n\r\n${poison}`),
    notModified: says(`HTTP/1.1 304 Not Modified\r\nContent-Length: ${poison.length}\r\n\r\n${poison}`),
    chunked: says(`${CHUNKED}\r\n2\r\nok\r\n0\r\n\r\n${poison}`),
    hints: says(`${WHOLE}HTTP/1.1 103 Early Hints\r\n\r\n`),
    continues: says(`${WHOLE}HTTP/1.1 100 Continue\r\n\r\n${poison}`)
  }
  const { port } = await start(t, afterwards)
  for (const name of Object.keys(afterwards)) {
    for (const method of ['GET', 'HEAD']) {
      const first = await sendRaw(port, get(`/${name}`).replace('GET', method), 5)
      t.match(String(first.status), /^(200|204|304)$/, `${method} ${name}`)
      for (const between of [() => {}, () => sayMore()]) {
        between()
        const next = await sendRaw(port, get('/control', 'Connection: close'), 5)
        t.equal(next.status, 200, `${method} ${name}`)
        t.equal(next.body, 'ok', `${method} ${name}: the next client gets its own answer`)
        t.notMatch(first.text + next.text, /poison/)
      }
    }
  }
})

t.test('content where none may be is none, and the connection goes on', async (t) => {
  const { port } = await start(t, {
    head: saysAndEnds(`${OK}Content-Length: 5\r\n\r\nhello`),
    noContent: saysAndEnds('HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello'),
    chunkedNoContent: saysAndEnds('HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'),
    notModified: saysAndEnds('HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: "x"\r\n\r\nhello'),
    // What answers by the first path of a connection must not be asked for another one there.
    control: saysAndEnds(WHOLE)
  })
  for (const [start, field] of [
    ['HEAD /head', /^content-length: 5$/im],
    ['GET /noContent', /^(?!.*(content-length|transfer-encoding))/is],
    ['GET /chunkedNoContent', /^(?!.*(content-length|transfer-encoding))/is],
    ['GET /notModified', /^content-length: 5$/im],
    ['HEAD /notModified', /^etag: "x"$/im]
  ] as const) {
    const client = converse(t, port)
    client.say(`${start} HTTP/1.1\r\nHost: a\r\n\r\n`.repeat(2) + get('/control', 'Connection: close'))
    await client.end()
    t.match(client.text(), /ok$/, `${start}: the connection goes on`)
    t.equal(client.text().match(/HTTP\/1\.1 \d/g)?.length, 3, start)
    t.notMatch(client.text(), /hello/, start)
    t.match(client.text().split('\r\n\r\n')[0] ?? '', field, start)
  }
})
