import t, { type Test } from 'tap'
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
  const cases = [
    rawGet('/open/x', `X: ${'x'.repeat(17_000)}`),
    rawGet('/open/x', ...Array.from({ length: 20 }, (_, index) => `X${index}: ${'x'.repeat(1_000)}`)),
    rawGet(`/open/${'x'.repeat(17_000)}`),
    rawGet(`/open/x?${'x'.repeat(17_000)}`),
    // Without an end.
    `GET /open/x HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(40_000)}`
  ]
  for (const [index, bytes] of cases.entries()) {
    const answer = await sendRaw(gateway.port, bytes)
    t.equal(answer.status, 431, `${index}`)
    t.match(answer.body, /"code":"headers_too_large"/)
    t.ok(answer.closed, 'what follows cannot be told apart')
  }
  t.equal(await figureOf(gateway, 'portcullis_refusals_total', 'headers_too_large'), cases.length)
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
