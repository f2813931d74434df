import t, { type Test } from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { ask, codeOf, inquire, tellAs } from '../helpers/inquiry.js'

const start = (t: Test, modes: string) =>
  startGateway(
    t,
    `
forward_auth: { mode: ${modes}, from: [127.0.0.1] }
upstreams: { app: { url: "http://127.0.0.1:1" } }
rules:
  - { path: /public/**, methods: [GET], host: shop.test, allow: anyone, to: app }
  - { path: /inside, allow: { networks: [192.0.2.0/24] }, to: app }
  - { path: /**, allow: nobody }
`
  )

const asked = { uri: '/public/x' }

for (const mode of ['nginx', 'traefik', 'caddy', 'envoy'] as const) {
  t.test(`${mode}: each field that is read must be there exactly once`, async (t) => {
    const { port } = await start(t, mode)
    const { start: line, told } = tellAs(mode, asked)
    t.equal((await ask(port, line, told)).status, 200)
    const read = told.filter((text) => !/^X-Forwarded-Proto/.test(text) && text !== 'Host: gateway.test')
    for (const field of read) {
      const without = await ask(
        port,
        line,
        told.filter((text) => text !== field)
      )
      t.ok([400, 403].includes(without.status), `without ${field}`)
      const empty = await ask(
        port,
        line,
        told.map((text) => (text === field ? text.replace(/: .*/, ': ') : text))
      )
      t.ok([400, 403].includes(empty.status), `empty ${field}`)
      // X-Forwarded-For is a list, and lines of it are one list (RFC 9110 §5.3).
      if (field.startsWith('X-Forwarded-For')) continue
      const twice = await ask(port, line, [...told, field])
      t.ok([400, 403].includes(twice.status), `twice ${field}`)
    }
  })

  t.test(`${mode}: what the other conventions read is ignored`, async (t) => {
    const { port } = await start(t, mode)
    const own = tellAs(mode, asked).told.map((text) => text.split(':')[0])
    for (const uri of ['/public/x', '/secret']) {
      for (const other of ['nginx', 'traefik'] as const) {
        const smuggled = tellAs(other, { uri: '/public/x', address: '203.0.113.1' }).told
        const lines = smuggled.filter((text) => !own.includes(text.split(':')[0]))
        const { status } = await inquire(port, mode, { uri, lines })
        t.equal(status, uri === '/secret' ? 403 : 200, `${uri} with ${other}'s fields`)
      }
    }
  })
}

t.test('the address is the one that the proxy itself wrote', async (t) => {
  for (const mode of ['nginx', 'envoy', 'traefik'] as const) {
    const { port } = await start(t, mode)
    const status = async (address: string, ...lines: readonly string[]) =>
      (await inquire(port, mode, { uri: '/inside', address, lines })).status
    const unread = mode === 'nginx' ? 403 : 400
    t.equal(await status('192.0.2.1'), 200)
    if (mode === 'traefik') {
      t.equal(await status('198.51.100.1, 192.0.2.1'), 200)
      t.equal(await status('192.0.2.1, 198.51.100.1', 'X-Real-IP: 192.0.2.1'), 403)
      t.equal(await status('192.0.2.1, unknown'), 400)
    } else {
      t.equal(await status('198.51.100.1', 'X-Forwarded-For: 192.0.2.1', 'Forwarded: for=192.0.2.1'), 403)
      t.equal(await status('192.0.2.1, 192.0.2.2'), unread)
      t.equal(await status('unix:'), unread)
    }
  }
})

t.test('behind further proxies that are trusted, the address is the one before them', async (t) => {
  const { port } = await startGateway(
    t,
    `
forward_auth: { mode: traefik, from: [127.0.0.1] }
trusted_proxies: [10.0.0.0/8]
upstreams: { app: { url: "http://127.0.0.1:1" } }
rules: [{ path: /**, allow: { networks: [192.0.2.0/24] }, to: app }]
`
  )
  t.equal((await inquire(port, 'traefik', { uri: '/', address: '192.0.2.1, 10.0.0.1' })).status, 200)
  t.equal((await inquire(port, 'traefik', { uri: '/', address: '192.0.2.1, 11.0.0.1' })).status, 403)
})

t.test('of several modes each is answered in its own way, and a mixture is refused', async (t) => {
  const { port } = await start(t, '[nginx, traefik, caddy]')
  for (const mode of ['nginx', 'traefik', 'caddy'] as const) {
    t.equal((await inquire(port, mode, asked)).status, 200, mode)
    t.equal((await inquire(port, mode, { uri: '/secret' })).status, 403, mode)
  }
  t.equal((await inquire(port, 'envoy', asked)).status, 404)
  const nginx = tellAs('nginx', asked).told
  for (const smuggled of ['X-Forwarded-Uri: /public/x', 'X-Forwarded-Method: GET']) {
    const refused = await ask(port, 'GET /auth/check HTTP/1.1', [...nginx, smuggled])
    t.same([refused.status, codeOf(refused)], [403, 'invalid_request'], smuggled)
  }
  const traefik = tellAs('traefik', asked).told
  for (const smuggled of ['X-Original-URI: /public/x', 'x-original-method: GET']) {
    t.equal((await ask(port, 'GET /auth/check HTTP/1.1', [...traefik, smuggled])).status, 403, smuggled)
  }
  t.equal((await ask(port, 'GET /auth/check HTTP/1.1', ['Host: shop.test', 'X-Real-IP: 192.0.2.1'])).status, 403)
})

t.test('where Envoy asks too, a target without a slash is told by nobody', async (t) => {
  const { port } = await start(t, '[envoy, traefik]')
  t.equal((await inquire(port, 'envoy', asked)).status, 200)
  t.equal((await inquire(port, 'traefik', asked)).status, 200)
  const { told } = tellAs('traefik', asked)
  for (const target of ['/auth/check?x', '/auth/check*', '/auth/check%3F', '/auth/checks', '/auth/check.']) {
    t.equal((await ask(port, `GET ${target} HTTP/1.1`, told)).status, 404, target)
  }
})

t.test("Caddy's inquiry may carry the client's query", async (t) => {
  const { port } = await start(t, 'caddy')
  t.equal((await ask(port, 'GET /auth/check?x=1 HTTP/1.1', tellAs('caddy', asked).told)).status, 200)
  t.equal((await ask(port, 'GET /auth/check/x HTTP/1.1', tellAs('caddy', asked).told)).status, 404)
})
