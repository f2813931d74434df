import { createServer as createPlain } from 'node:http'
import { createServer, type Server, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { createAuthority } from '../helpers/certificates.js'
import { startGateway, verdictOf } from '../helpers/gateway.js'
import { sendRaw } from '../helpers/raw-request.js'
import { policy } from './targets.js'

/** An https upstream that says what it was told of: server name, client certificate, Host. */
async function startSecure(t: Test, options: ServerOptions) {
  let connections = 0
  const server: Server = createServer(options, (request, response) => {
    const socket = request.socket as TLSSocket & { servername?: string | false }
    const client = socket.getPeerCertificate().subject?.CN ?? null
    response.end(JSON.stringify({ name: socket.servername, client, host: request.headers.host }))
  })
  server.on('secureConnection', () => (connections += 1))
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve())
  })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { port, server, connections: () => connections }
}

t.test('an https upstream must show a certificate of a known authority, in date, for its own name', async (t) => {
  const [authority, stranger] = [createAuthority(t), createAuthority(t)]
  const good = authority.issue(['DNS:localhost', 'IP:127.0.0.1'])
  const upstream = await startSecure(t, good)
  const expired = await startSecure(t, authority.issue(['DNS:localhost'], -1))
  const misnamed = await startSecure(t, authority.issue(['DNS:other.test']))
  const selfMade = await startSecure(t, { cert: stranger.cert, key: stranger.key })
  const named = (port: number) => `https://localhost:${port}`
  const ca = `ca: ${authority.certFile}`
  const unavailable = '502 upstream_unavailable'
  const cases: readonly (readonly [what: string, url: string, tls: string, verdict: string])[] = [
    ['own authority', named(upstream.port), ca, '200'],
    ['by address', `https://127.0.0.1:${upstream.port}`, ca, '200'],
    ['no authority', named(upstream.port), '', unavailable],
    ['another authority', named(upstream.port), `ca: ${stranger.certFile}`, unavailable],
    ['expired', named(expired.port), ca, unavailable],
    ['another name', named(misnamed.port), ca, unavailable],
    ['another name, and said so', named(misnamed.port), `${ca}, server_name: other.test`, '200'],
    ['a name that it has not', named(upstream.port), `${ca}, server_name: other.test`, unavailable],
    ['self-made', named(selfMade.port), ca, unavailable],
    ['self-made, and believed', named(selfMade.port), 'insecure_skip_verify: true', '200']
  ]
  for (const [what, url, tls, verdict] of cases) {
    const gateway = await startGateway(t, policy([url], `tls: { ${tls} }`))
    const response = await fetch(gateway.url)
    const text = await response.clone().text()
    t.equal(await verdictOf(response), verdict, what)
    if (verdict !== '200')
      t.notMatch(text, /certificate|localhost:|127\.0\.0\.1:|altname|self.signed/i, `${what}: nothing of the inside`)
  }
})

t.test('what speaks no TLS is unavailable, at once', async (t) => {
  const server = createPlain((_request, response) => response.end('plain'))
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve())
  })
  t.teardown(() => server.close())
  const gateway = await startGateway(t, policy([`https://127.0.0.1:${(server.address() as AddressInfo).port}`]))
  t.equal(await verdictOf(await fetch(gateway.url)), '502 upstream_unavailable')
})

t.test('who the upstream has to be is never for the client to say', async (t) => {
  const authority = createAuthority(t)
  const upstream = await startSecure(t, authority.issue(['DNS:localhost', 'DNS:evil.test']))
  const { url, port } = await startGateway(
    t,
    policy([`https://localhost:${upstream.port}`], `host: client, tls: { ca: ${authority.certFile} }`)
  )
  t.match(await (await fetch(url)).json(), { name: 'localhost', host: `127.0.0.1:${port}` })
  for (const host of ['evil.test', 'unknown.test', '10.0.0.1', 'evil.test:8443']) {
    const answer = await sendRaw(port, `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    t.equal(answer.status, 200, host)
    t.match(answer.body, `"name":"localhost","client":null,"host":"${host}"`)
  }
  t.equal(upstream.connections(), 1, 'nor does it cost a connection')
})

t.test('an address is asked for without a name', async (t) => {
  const authority = createAuthority(t)
  const upstream = await startSecure(t, authority.issue(['IP:127.0.0.1']))
  const gateway = await startGateway(
    t,
    policy([`https://127.0.0.1:${upstream.port}`], `tls: { ca: ${authority.certFile} }`)
  )
  t.match(await (await fetch(gateway.url)).json(), { name: false })
})

t.test('an upstream that asks who the gateway is, is shown', async (t) => {
  const authority = createAuthority(t)
  const server = authority.issue(['DNS:localhost'])
  const client = authority.issue(['DNS:gateway.test'])
  const stranger = createAuthority(t).issue(['DNS:gateway.test'])
  const demanding = { ca: authority.cert, requestCert: true, rejectUnauthorized: true }
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const upstream = await startSecure(t, { ...server, ...demanding, maxVersion })
    const start = (more: string) =>
      startGateway(t, policy([`https://localhost:${upstream.port}`], `tls: { ca: ${authority.certFile}${more} }`))
    const shown = await start(`, cert: ${client.certFile}, key: ${client.keyFile}`)
    t.match(await (await fetch(shown.url)).json(), { client: /^leaf/ }, maxVersion)
    t.equal((await fetch((await start('')).url)).status, 502, `${maxVersion}: nothing is shown`)
    const other = await start(`, cert: ${stranger.certFile}, key: ${stranger.keyFile}`)
    t.equal((await fetch(other.url)).status, 502, `${maxVersion}: another one is shown`)
  }
})
