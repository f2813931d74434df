import { spawn } from 'node:child_process'
import { createServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import t, { type Test } from 'tap'
import { type Authority, type Certificate, createAuthority } from '../helpers/certificates.js'
import { freePort } from '../helpers/command.js'
import { eventually } from '../helpers/eventually.js'
import { startGateway, verdictOf } from '../helpers/gateway.js'
import { metricOf, policy } from './targets.js'

const isListening = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })

/** OpenSSL's own server, which demands a certificate of the authority and says in an alert what it thinks of another. */
async function startDemanding(t: Test, version: string, server: Certificate, { certFile }: Authority): Promise<number> {
  const port = await freePort()
  const shown = ['-cert', server.certFile, '-key', server.keyFile, '-CAfile', certFile]
  const demands = ['-Verify', '1', '-verify_return_error', '-www']
  const child = spawn('openssl', ['s_server', version, '-accept', `127.0.0.1:${port}`, ...shown, ...demands], {
    stdio: 'ignore'
  })
  t.teardown(() => child.kill())
  await eventually(() => isListening(port), 'openssl listens', 20_000)
  return port
}

t.test(
  'an upstream that refuses our certificate is unavailable, whichever TLS it speaks, and the log names its alert',
  async (t) => {
    const authority = createAuthority(t)
    const server = authority.issue(['DNS:localhost'])
    const stranger = createAuthority(t).issue(['DNS:gateway.test'])
    const expired = authority.issue(['DNS:gateway.test'], -1)
    const show = ({ certFile, keyFile }: Certificate) => `, cert: ${certFile}, key: ${keyFile}`
    const trusting = createServer(server, (_request, response) => response.end('ok'))
    await new Promise<void>((resolve) => {
      trusting.listen(0, '127.0.0.1', () => resolve())
    })
    t.teardown(() => {
      trusting.closeAllConnections()
      trusting.close()
    })
    const other = `https://localhost:${(trusting.address() as AddressInfo).port}`
    for (const version of ['-tls1_2', '-tls1_3']) {
      const port = await startDemanding(t, version, server, authority)
      const url = `https://localhost:${port}`
      for (const [shown, alert] of [
        ['', /alert (certificate required|handshake failure)/],
        [show(stranger), /alert unknown ca/],
        [show(expired), /alert certificate expired/]
      ] as const) {
        const what = `${version} ${alert}`
        const tls = `tls: { ca: ${authority.certFile}${shown} }`
        const gateway = await startGateway(t, policy([url], tls))
        for (const init of [{}, { method: 'POST', body: 'hello' }]) {
          const response = await fetch(gateway.url, init)
          t.notMatch(await response.clone().text(), /alert|SSL|localhost/, what)
          t.equal(await verdictOf(response), '502 upstream_unavailable', what)
          const { code, message, cause } = gateway.failures.at(-1) as Error & { code: string; cause?: Error }
          t.equal(code, 'UPSTREAM_TLS', what)
          t.match(`${message} ${cause?.message}`, alert, what)
        }
        t.equal(await metricOf(gateway, 'portcullis_upstream_requests_total', 'unreachable'), 2, what)
      }
      // It has read nothing, so another one may be asked.
      const both = await startGateway(t, policy([url, other], `tls: { ca: ${authority.certFile} }`))
      for (let i = 0; i < 4; i += 1) t.equal((await fetch(both.url)).status, 200, version)
      t.ok((await metricOf(both, 'portcullis_upstream_requests_total', 'unreachable')) >= 1, version)
    }
  }
)
