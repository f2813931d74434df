import { createServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { createAuthority } from '../helpers/certificates.js'
import { makeFolder, runCommand } from '../helpers/command.js'
import { trusting } from './services.js'

/** A service that believes whoever gets through to it; the server names that it was asked for, and by which Host. */
async function startSecure(t: Test, options: ServerOptions) {
  const asked: { readonly name: unknown; readonly host: string | undefined }[] = []
  const server = createServer(options, (request, response) => {
    const { servername } = request.socket as TLSSocket & { servername?: unknown }
    asked.push({ name: servername, host: request.headers.host })
    trusting(request, response)
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve())
  })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, asked }
}

async function probe(t: Test, url: string, tls: string, settings = '') {
  const yaml = `${settings}
upstreams: { api: { url: "${url}", tls: { ${tls} } } }
rules: [{ path: /api/**, allow: authenticated, to: api }]
`
  const cwd = makeFolder(t, yaml)
  const { status, stdout, stderr } = await runCommand(t, ['probe', '--path', '/api/me', '--json'], { cwd })
  if (stdout === '') throw new Error(stderr)
  const text = async () => (await runCommand(t, ['probe', '--path', '/api/me'], { cwd })).stdout
  return { status, told: JSON.parse(stdout).upstreams[0], text }
}

t.test('an https upstream is known by the authority and the name that the settings give', async (t) => {
  const authority = createAuthority(t)
  const { port, asked } = await startSecure(t, authority.issue(['DNS:api.internal.test']))
  const ca = `ca: ${authority.certFile}`
  const url = `https://127.0.0.1:${port}`
  const named = `${ca}, server_name: api.internal.test`
  const { status, told } = await probe(t, url, named, 'public_url: https://gateway.test')
  t.equal(status, 1)
  t.match(told, { believes: true, status: 401, closed_to_strangers: null })
  t.ok(
    asked.every(({ name, host }) => name === 'api.internal.test' && host === 'gateway.test'),
    'whatever Host says'
  )
  const questions = asked.length
  t.match((await probe(t, url, named.replace('api.', 'other.'))).told, { unreachable: /altname/ })
  t.match((await probe(t, url, ca)).told, { unreachable: /altname/ }, 'an address is no name')
  t.match((await probe(t, url, 'server_name: api.internal.test')).told, { unreachable: /verify/ }, 'nobody vouches')
  t.equal(asked.length, questions, 'nothing was asked of a stranger')
  t.match((await probe(t, url, 'insecure_skip_verify: true')).told, { believes: true })
})

t.test('one that answers nobody but the gateway may believe it', async (t) => {
  const authority = createAuthority(t)
  const server = authority.issue(['IP:127.0.0.1'])
  const client = authority.issue(['DNS:gateway.test'])
  const shown = `ca: ${authority.certFile}, cert: ${client.certFile}, key: ${client.keyFile}`
  const asking = { ...server, ca: authority.cert, requestCert: true }
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const closed = await startSecure(t, { ...asking, rejectUnauthorized: true, maxVersion })
    const { status, told, text } = await probe(t, `https://127.0.0.1:${closed.port}`, shown)
    t.equal(status, 0, maxVersion)
    t.match(told, { status: 401, believes: false, closed_to_strangers: String }, maxVersion)
    t.match(told.beliefs, [{ name: 'X-User-Id', effect: 'admitted' }], 'what it believes of the gateway is told')
    t.match(told.readings, { 'other case': 'same', semicolon: 'other' })
    const shownText = await text()
    t.match(shownText, /401 to whoever shows the certificate of tls\.cert\n +nobody else: /)
    t.match(shownText, /of the gateway alone[\s\S]*0 of 1 believes a forged identity\.\n$/)
    const without = await probe(t, `https://127.0.0.1:${closed.port}`, `ca: ${authority.certFile}`)
    t.equal(without.status, 1)
    t.match(without.told, { unreachable: String }, 'without a certificate there is nothing to ask')
  }
  const open = await startSecure(t, { ...asking, rejectUnauthorized: false })
  const { status, told } = await probe(t, `https://127.0.0.1:${open.port}`, shown)
  t.equal(status, 1, 'one that asks for a certificate, and answers without it, believes anybody')
  t.match(told, { believes: true, closed_to_strangers: null })
})
