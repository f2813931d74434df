import { request } from 'node:http'
import t from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { ask, codeOf, inquire, lineAt, tellAs } from '../helpers/inquiry.js'

const rest = `
trusted_proxies: [127.0.0.0/8]
upstreams: { app: { url: "http://127.0.0.1:1" } }
rules: [{ path: /**, allow: anyone, to: app }]
`

/** An inquiry as nginx sends it, from an address of this machine. */
const inquireFrom = (port: number, localAddress: string) =>
  new Promise<number>((resolve, reject) => {
    const headers = Object.fromEntries(tellAs('nginx', { uri: '/x' }).told.map((line) => line.split(': ', 2)))
    request({ host: '127.0.0.1', port, path: '/auth/check', localAddress, headers }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
  })

t.test('without forward_auth nobody is answered, and nothing is forwarded', async (t) => {
  const gateway = await startGateway(t, rest)
  for (const mode of ['nginx', 'traefik', 'caddy', 'envoy'] as const) {
    const answer = await inquire(gateway.port, mode, { uri: '/x' })
    t.same([answer.status, codeOf(answer)], [404, 'not_found'], mode)
  }
  t.match(await lineAt(gateway, 3), { verdict: 'deny', code: 'not_found' })
})

t.test('the connection decides who is answered, and no field', async (t) => {
  const { port } = await startGateway(t, `forward_auth: { mode: nginx, from: [127.0.0.2, 127.0.1.0/24] }${rest}`)
  t.equal(await inquireFrom(port, '127.0.0.2'), 200)
  t.equal(await inquireFrom(port, '127.0.1.77'), 200)
  t.equal(await inquireFrom(port, '127.0.0.1'), 404)
  for (const line of ['X-Forwarded-For: 127.0.0.2', 'Forwarded: for=127.0.0.2', 'X-Real-IP: 127.0.0.2']) {
    const { told } = tellAs('nginx', { uri: '/x' })
    const lines = [...told.filter((text) => !text.startsWith('X-Real-IP')), line]
    t.equal((await ask(port, 'GET /auth/check HTTP/1.1', lines)).status, 404, line)
  }
})

t.test('hosts of `auth` are those of clients: proxies ask under the host in question', async (t) => {
  const { port } = await startGateway(
    t,
    `auth: { prefix: /sso, hosts: [login.test] }\nforward_auth: { mode: [nginx, envoy], from: [127.0.0.1] }${rest}`
  )
  const { told } = tellAs('nginx', { uri: '/x' })
  t.equal((await ask(port, 'GET /sso/check HTTP/1.1', told)).status, 200)
  t.equal((await ask(port, 'GET /sso/check/x HTTP/1.1', told)).status, 200)
  t.not((await ask(port, 'GET /auth/check HTTP/1.1', told)).status, 200)
})

t.test('a reload changes who is answered', async (t) => {
  const gateway = await startGateway(t, rest)
  t.equal((await inquire(gateway.port, 'nginx', { uri: '/x' })).status, 404)
  gateway.reload(`forward_auth: { mode: nginx, from: [127.0.0.1] }${rest}`)
  t.equal((await inquire(gateway.port, 'nginx', { uri: '/x' })).status, 200)
  gateway.reload(rest)
  t.equal((await inquire(gateway.port, 'nginx', { uri: '/x' })).status, 404)
})
