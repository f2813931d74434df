import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { connect } from 'node:tls'
import t from 'tap'
import { ADMIN_PASSWORD } from '../helpers/gateway-process.js'
import { startUpstream } from '../helpers/upstream.js'
import { startTlsGateway } from './tls-site.js'

const run = (command: string, args: readonly string[], input = '') =>
  spawnSync(command, args, { encoding: 'utf8', input, timeout: 20_000 })

t.test('curl, openssl and Node are served over TLS as over plain HTTP', async (t) => {
  const upstream = await startUpstream(t)
  const gateway = await startTlsGateway(t, upstream.url)
  const url = `https://127.0.0.1:${gateway.port}`
  const ca = join(gateway.folder, 'cert.pem')
  const curl = (...args: readonly string[]) => outputOf('curl', ['-sS', '--cacert', ca, ...args])
  t.match(gateway.running.stderr(), `listens on ${url}`)

  const answer = await curl('-i', `${url}/open/x`)
  t.match(answer, /^HTTP\/1\.1 200 OK\r\n/)
  t.equal(upstream.last().headers['x-forwarded-proto'], 'https')
  t.match(upstream.last().headers.forwarded, /proto=https/)

  const login = await curl(
    `${url}/auth/login`,
    '-d',
    'username=admin',
    '--data-urlencode',
    `password=${ADMIN_PASSWORD}`
  )
  const { access_token: token } = JSON.parse(login) as { access_token: string }
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { iss: string }
  t.equal(claims.iss, url)
  t.match(await curl('-i', `${url}/x`, '-H', `authorization: Bearer ${token}`), /^HTTP\/1\.1 200 OK\r\n/)
  t.match(await curl('-i', `${url}/x`), /^HTTP\/1\.1 401 /)

  const client = (...args: readonly string[]) => run('openssl', ['s_client', '-connect', url.slice(8), ...args])
  const modern = client('-tls1_3', '-alpn', 'h2,http/1.1')
  t.match(modern.stdout, /TLSv1\.3/)
  t.match(modern.stdout, /ALPN protocol: http\/1\.1/)
  const older = client('-tls1_2')
  t.match(older.stdout, /New, TLSv1\.2, Cipher is ECDHE-ECDSA-/)
  for (const old of ['-tls1', '-tls1_1']) t.not(client(old, '-cipher', 'ALL:@SECLEVEL=0').status, 0, old)
  for (const weak of ['AES128-SHA', 'ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES128-SHA256']) {
    t.not(client('-tls1_2', '-cipher', weak).status, 0, weak)
  }

  const wrong = connect({ host: '127.0.0.1', port: gateway.port, ALPNProtocols: ['h2'], rejectUnauthorized: false })
  const refused = await new Promise<string>((resolve) => {
    wrong.on('secureConnect', () => resolve('accepted')).on('error', ({ message }) => resolve(message))
  })
  t.match(refused, /no application protocol/i, 'RFC 7301 §3.2')
  t.equal((await gateway.stop()).status, 0)
})

/** Beside this process, in which the upstream lives. */
async function outputOf(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  return Buffer.concat(await child.stdout.toArray()).toString()
}
