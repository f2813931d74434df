import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { converse } from '../helpers/conversation.js'
import { startGateway } from '../helpers/gateway.js'
import { rawGet, sendRaw } from '../helpers/raw-request.js'
import { startRecorder } from '../helpers/recorder.js'
import { site } from '../helpers/site.js'
import { figureOf } from './figures.js'

async function start(t: Test, settings = '') {
  const upstream = await startRecorder(t)
  return { upstream, ...(await startGateway(t, site(upstream.url, settings))) }
}

const fields = (number: number) => Array.from({ length: number }, (_, index) => `a${index}:`)

t.test('a header section or a target that is too long is refused, and counted', async (t) => {
  const gateway = await start(t)
  const fieldsTooLarge = [
    rawGet('/open/x', `X: ${'x'.repeat(17_000)}`),
    rawGet('/open/x', ...Array.from({ length: 20 }, (_, index) => `X${index}: ${'x'.repeat(1_000)}`)),
    rawGet('/open/x', ...Array.from({ length: 900 }, (_, index) => `X${index}: ${'x'.repeat(16)}`)),
    rawGet('/open/x', `${'X'.repeat(17_000)}: x`),
    // Without an end.
    `GET /open/x HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(40_000)}`,
    // What looks like a request line, and is none.
    rawGet('/open/x', `X: GET /open/${'x'.repeat(17_000)}`)
  ]
  // RFC 9110 §15.5.15.
  const targetTooLong = [
    rawGet(`/open/${'x'.repeat(17_000)}`),
    rawGet(`/open/x?${'x'.repeat(17_000)}`),
    `POST http://a/open/${'x'.repeat(17_000)} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok`,
    `PROPFIND /open/${'x'.repeat(40_000)}`
  ]
  for (const [cases, status, code] of [
    [fieldsTooLarge, 431, 'headers_too_large'],
    [targetTooLong, 414, 'target_too_long']
  ] as const) {
    for (const [index, bytes] of cases.entries()) {
      const answer = await sendRaw(gateway.port, bytes)
      t.equal(answer.status, status, `${index}`)
      t.match(JSON.parse(answer.body), { code, status, request_id: String })
      t.ok(answer.closed, 'what follows cannot be told apart')
      t.equal((await sendRaw(gateway.port, rawGet('/auth/nothing'), 20)).status, 404, 'control')
    }
    t.equal(await figureOf(gateway, 'portcullis_refusals_total', code), cases.length)
  }
  t.equal(gateway.upstream.requests().length, 0)
  t.equal((await sendRaw(gateway.port, rawGet('/open/x', `X: ${'x'.repeat(15_000)}`))).status, 200, 'control')
})

t.test('how long is a setting, which counts for new connections at once', async (t) => {
  const gateway = await start(t, 'listener: { max_header_size: 1kb }')
  const long = rawGet('/open/x', `X: ${'x'.repeat(1_500)}`)
  t.equal((await sendRaw(gateway.port, long)).status, 431)
  t.equal((await sendRaw(gateway.port, rawGet('/open/x'))).status, 200)
  gateway.reload(site(gateway.upstream.url, 'listener: { max_header_size: 64kb }'))
  t.equal((await sendRaw(gateway.port, rawGet('/open/x', `X: ${'x'.repeat(60_000)}`))).status, 200)
})

t.test('no field is lost unseen among many: they arrive all, or the request is refused', async (t) => {
  const { port, upstream } = await start(t, 'listener: { max_header_size: 256kb }')
  for (const number of [900, 998]) {
    t.equal((await sendRaw(port, rawGet('/open/x', ...fields(number), 'Last: of-all'))).status, 200, `${number}`)
    t.match(upstream.requests().at(-1), /\r\nLast: of-all\r\n/)
  }
  const before = upstream.requests().length
  for (const number of [999, 1_000, 1_500, 2_000, 5_000, 20_000]) {
    // What Node leaves out must not be what frames, names or identifies.
    for (const last of ['Last: of-all', 'Host: b', 'Content-Length: 5', 'Transfer-Encoding: chunked', 'X-User-Id: 1']) {
      const answer = await sendRaw(port, rawGet('/open/x', ...fields(number), last))
      t.ok([400, 431].includes(answer.status), `${number} and ${last}: ${answer.status}`)
    }
  }
  t.equal(upstream.requests().length, before)
  t.equal((await sendRaw(port, rawGet('/open/x'))).status, 200, 'control')
})

t.test('the very octet at which it is too much is known, for fields and for the target', async (t) => {
  const gateway = await start(t, 'listener: { max_header_size: 4kb }')
  // Target, names and values count; what separates them does not.
  const most = 4096 - 1 - 'Hostgateway.test'.length
  for (const [what, request, status] of [
    ['field', (length: number) => rawGet('/open/x', `X: ${'x'.repeat(length - '/open/xX'.length)}`), 431],
    ['target', (length: number) => rawGet(`/open/${'x'.repeat(length - '/open/'.length)}`), 431],
    [
      'many fields',
      (length: number) => {
        const left = length - '/open/x'.length
        const many = Array.from({ length: left / 5 - 1 }, (_, index) => `a${String(index).padStart(3, '0')}:b`)
        return rawGet('/open/x', ...many, `last:${'c'.repeat(left - many.length * 5 - 4)}`)
      },
      431
    ]
  ] as const) {
    t.equal((await sendRaw(gateway.port, request(most))).status, 200, what)
    t.equal((await sendRaw(gateway.port, request(most - 1))).status, 200, what)
    for (const more of [1, 2]) {
      const answer = await sendRaw(gateway.port, request(most + more))
      t.equal(answer.status, status, `${what} and ${more} more`)
      t.ok(answer.closed)
    }
    t.equal((await sendRaw(gateway.port, rawGet('/open/x'))).status, 200, 'control')
  }
  t.equal(gateway.upstream.requests().length, 9)
})

t.test('behind a good request, on the same connection, it is refused in its turn', async (t) => {
  const { port, upstream } = await start(t)
  for (const [bad, status] of [
    [rawGet(`/open/${'x'.repeat(17_000)}`), 414],
    [rawGet('/open/x', `X: ${'x'.repeat(17_000)}`), 431]
  ] as const) {
    const answer = await sendRaw(port, rawGet('/open/first') + bad + rawGet('/open/smuggled'), 2_000)
    t.strictSame(answer.text.match(/HTTP\/1\.1 \d{3}/g), ['HTTP/1.1 200', `HTTP/1.1 ${status}`])
    t.ok(answer.closed)
  }
  t.equal(upstream.requests().length, 2)
})

t.test('in pieces it is refused as well, and a field is never taken for a target', async (t) => {
  const gateway = await start(t)
  const half = 'x'.repeat(9_000)
  for (const [first, second, status] of [
    [`GET /open/x HTTP/1.1\r\nHost: a\r\nX: ${half}`, `${half}\r\n\r\n`, 431],
    [`GET /open/x HTTP/1.1\r\nHost: a\r\nX: ${half}`, ` ${half}\r\n\r\n`, 431],
    [`GET /open/x HTTP/1.1\r\nHost: a\r\nUser-Agent: ${half}`, `Gecko/20100101 ${half}\r\n\r\n`, 431],
    // Which part of it became too long cannot be told from the second piece alone.
    [`GET /open/${half}`, `${half} HTTP/1.1\r\nHost: a\r\n\r\n`, 431],
    ['\r\n', `GET /open/${half}${half} HTTP/1.1\r\nHost: a\r\n\r\n`, 414]
  ] as const) {
    const client = converse(t, gateway.port)
    client.say(first)
    await sleep(50)
    client.say(second)
    await client.end()
    t.match(client.text(), new RegExp(`^HTTP/1\\.1 ${status} `), JSON.stringify(second.slice(0, 20)))
  }
  t.equal(gateway.upstream.requests().length, 0)
})
