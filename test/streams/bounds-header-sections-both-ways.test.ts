import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { rawGet, sendRaw } from '../helpers/raw-request.js'
import { startRawUpstream } from '../helpers/upstream.js'
import { openSite, pathOf } from './open-site.js'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n'

/** What the upstream answers with, by path; anything else gets a short answer. */
async function start(t: Test, answers: Readonly<Record<string, string>>) {
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    if (bytes.toString('latin1').endsWith('\r\n\r\n')) socket.write(answers[pathOf(bytes)] ?? `${OK}\r\nok`, 'latin1')
  })
  return { upstream, ...(await startGateway(t, openSite(upstream.url))) }
}

/** What an upstream may say in its header section, the empty line that ends it apart. */
const MOST = 16_384
const withField = (octets: number) => `${OK}X: ${'x'.repeat(octets - `${OK}X: `.length)}\r\n\r\nok`
/** Each of 24 octets. */
const withFields = (octets: number) =>
  `${OK}${Array.from({ length: (octets - OK.length) / 24 }, (_, index) => `X-${1e6 + index}: ${'x'.repeat(11)}\r\n`).join('')}\r\nok`

t.test("an upstream's header section passes whole, or is a 502 that says so, and costs nobody else", async (t) => {
  const passing = { most: withField(MOST), many: withFields(MOST - 100), plain: `${OK}\r\nok` }
  const failing = {
    one: withField(MOST + 1),
    large: withField(200_000),
    numerous: withFields(MOST + 100),
    noEnd: `${OK}X: ${'x'.repeat(100_000)}`,
    name: `${OK}${'X'.repeat(20_000)}: x\r\n\r\nok`,
    hints: `HTTP/1.1 103 Early Hints\r\nLink: ${'x'.repeat(20_000)}\r\n\r\n${OK}\r\nok`
  }
  const { port, upstream, failures } = await start(t, { ...passing, ...failing })
  for (const [name, answer] of Object.entries(passing)) {
    const { status, body, head } = await sendRaw(port, rawGet(`/${name}`, 'Connection: close'), 5_000)
    t.equal(status, 200, name)
    t.equal(body, 'ok', name)
    t.equal(head.match(/x/g)?.length ?? 0, answer.match(/x/g)?.length ?? 0, `${name}: nothing is cut`)
  }
  for (const name of Object.keys(failing)) {
    const { status, body, closed } = await sendRaw(port, rawGet(`/${name}`), 300)
    t.equal(status, 502, name)
    t.match(
      JSON.parse(body),
      { code: 'upstream_error', detail: 'The header section of the upstream is too long.' },
      name
    )
    t.equal(closed, false, `${name}: the client's connection goes on`)
    t.equal(upstream.connections.at(-1)?.socket.destroyed, true, `${name}: the upstream's ends`)
    t.equal((await sendRaw(port, rawGet('/control'), 20)).status, 200, `${name}: control`)
  }
  t.ok(failures.every((error) => (error as { code: string }).code === 'UPSTREAM_UNREADABLE_HEADERS_TOO_LONG'))
})

t.test('what the gateway adds may be too much for an upstream, whose refusal is then the answer', async (t) => {
  const server = createServer({ maxHeaderSize: 8_192 }, (_request, response) => response.end('ok'))
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve())
  })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const settings = `
identity: { assertion: {} }
upstreams: { web: { url: "${url}" } }
rules: [{ path: /**, allow: authenticated, to: web }]
`
  const { port, login } = await startGateway(t, settings, [{ username: 'alice', roles: ['admin', 'user'] }])
  const { access_token: token } = await login('alice')
  const ask = (octets: number) =>
    sendRaw(port, rawGet('/x', `Authorization: Bearer ${token}`, `X: ${'x'.repeat(octets)}`), 300)
  // The bearer token stays here; the rest of what the client said, and what is added, goes there.
  let [passes, refused] = [4_000, 8_000]
  while (refused - passes > 1) {
    const octets = (passes + refused) >> 1
    const { status, closed } = await ask(octets)
    if (status === 200) passes = octets
    else refused = octets
    t.ok(status === 200 || status === 431, `${octets} more: ${status}`)
    if (status === 200) t.equal(closed, false)
  }
  t.ok(8_192 - passes < 2_000, `${8_192 - passes} octets are enough for what is added`)
  const { status, head } = await ask(refused)
  t.equal(status, 431)
  t.notMatch(head, /proxy-status/i, "it is the upstream's own word")
  t.equal((await ask(passes)).status, 200, 'and others pass')
})
