import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { sumOf } from '../door/figures.js'
import { makeCertificate, makeExpiredCertificate, type Pair } from '../helpers/certificates.js'
import { type GatewayProcess, until } from '../helpers/gateway-process.js'
import { NOWHERE, site } from '../helpers/site.js'
import { startUpstream } from '../helpers/upstream.js'
import { shakeHands, shownName, startTlsGateway } from './tls-site.js'

const figure = async ({ adminUrl }: GatewayProcess, name: string, part = '') =>
  sumOf(await (await fetch(`${adminUrl}/metrics`)).text(), `portcullis_tls_certificate_${name}`, part)

const rejection = async ({ adminUrl }: GatewayProcess) => {
  const response = await fetch(`${adminUrl}/readyz`)
  const { rejected_certificate: reason = null } = (await response.json()) as { rejected_certificate?: string }
  return { status: response.status, reason }
}

const shows = (t: Test, { port }: GatewayProcess, name: string) =>
  until(`${name} is shown`, async () => (await shownName(t, port)) === name)

t.test('a new certificate is shown however the files are replaced, and no connection is dropped', async (t) => {
  const upstream = await startUpstream(t)
  const gateway = await startTlsGateway(t, upstream.url)
  const { folder } = gateway
  t.equal(await shownName(t, gateway.port), 'first')
  const { socket } = await shakeHands(t, gateway.port)
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  const place = (file: string) => join(folder, file)
  const ways: readonly [name: string, replace: (pair: Pair) => void][] = [
    [
      'in-place',
      ({ cert, key }) => {
        copyFileSync(cert, place('cert.pem'))
        copyFileSync(key, place('key.pem'))
      }
    ],
    [
      'renamed-over-key-first',
      ({ cert, key }) => {
        copyFileSync(key, place('key.new'))
        copyFileSync(cert, place('cert.new'))
        renameSync(place('key.new'), place('key.pem'))
        renameSync(place('cert.new'), place('cert.pem'))
      }
    ],
    [
      'config-map',
      ({ cert, key }) => {
        mkdirSync(place('..1'))
        copyFileSync(cert, place('..1/cert.pem'))
        copyFileSync(key, place('..1/key.pem'))
        symlinkSync('..1', place('..data'))
        for (const file of ['cert.pem', 'key.pem']) {
          rmSync(place(file))
          symlinkSync(`..data/${file}`, place(file))
        }
      }
    ],
    [
      'config-map-again',
      ({ cert, key }) => {
        mkdirSync(place('..2'))
        copyFileSync(cert, place('..2/cert.pem'))
        copyFileSync(key, place('..2/key.pem'))
        symlinkSync('..2', place('..data.new'))
        renameSync(place('..data.new'), place('..data'))
      }
    ]
  ]
  for (const [name, replace] of ways) {
    replace(makeCertificate(folder, name))
    await shows(t, gateway, name)
    t.pass(name)
  }
  t.equal(await figure(gateway, 'reload_successful'), 1)
  t.ok((await figure(gateway, 'expiry_timestamp_seconds')) > Date.now() / 1000 + 29 * 86_400)
  t.same(await rejection(gateway), { status: 200, reason: null })

  socket.write('GET /open/x HTTP/1.1\r\nHost: a\r\n\r\n')
  await until('an answer on the first connection', () => text.startsWith('HTTP/1.1 200 OK\r\n'))

  const moved = makeCertificate(folder, 'moved')
  const named = `tls: { cert: "${moved.cert}", key: "${moved.key}" }`
  writeFileSync(gateway.file, gateway.yaml(site(upstream.url, named)))
  await shows(t, gateway, 'moved')
  t.pass('the settings may name other files')
  const again = makeCertificate(folder, 'moved')
  copyFileSync(again.cert, moved.cert)
  const serial = (await shakeHands(t, gateway.port)).shown.serialNumber
  await until('those are watched, too', async () => (await shakeHands(t, gateway.port)).shown.serialNumber === serial)
  writeFileSync(gateway.file, gateway.yaml(site(upstream.url)))
  await gateway.running.seen('need a restart')
  t.match(
    gateway.lines().find(({ message }) => String(message).includes('need a restart')),
    { settings: ['tls'] }
  )
  t.equal(await shownName(t, gateway.port), 'moved', 'and TLS it is until then')
  t.equal((await gateway.stop()).status, 0)
})

t.test('a certificate that cannot be shown changes nothing, and is told', async (t) => {
  const gateway = await startTlsGateway(t, NOWHERE)
  const { folder } = gateway
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const good = { cert: readFileSync(cert), key: readFileSync(key) }
  const other = makeCertificate(folder, 'other')
  const expired = makeExpiredCertificate(folder, 'expired')
  const spoilers: readonly [expected: string, spoil: () => void][] = [
    ['tls.key: does not fit the certificate', () => copyFileSync(other.cert, cert)],
    ['tls.cert: is no certificate in PEM', () => writeFileSync(cert, 'nothing of the kind')],
    [
      'tls.cert: has expired on ',
      () => {
        copyFileSync(expired.cert, cert)
        copyFileSync(expired.key, key)
      }
    ],
    [`tls.cert: cannot be read: ${cert} (there is no such file)`, () => rmSync(cert)]
  ]
  for (const [turn, [expected, spoil]] of spoilers.entries()) {
    spoil()
    await until(expected, async () => (await rejection(gateway)).reason?.startsWith(expected) === true)
    t.equal((await rejection(gateway)).status, 200, 'it is ready all the same')
    t.equal(await shownName(t, gateway.port), 'first', expected)
    t.equal(await figure(gateway, 'reload_successful'), 0)
    t.ok((await figure(gateway, 'reloads_total', 'failure')) > turn)
    writeFileSync(key, good.key)
    writeFileSync(cert, good.cert)
    await until('it is as before', async () => (await rejection(gateway)).reason === null)
    t.equal(await figure(gateway, 'reload_successful'), 1)
  }
  const told = gateway.lines().filter(({ level }) => level === 'error')
  t.ok(told.length >= spoilers.length)
  t.notMatch(JSON.stringify(told), /PRIVATE/)
  copyFileSync(other.key, key)
  copyFileSync(other.cert, cert)
  gateway.running.child.kill('SIGHUP')
  await shows(t, gateway, 'other')
  t.equal((await gateway.stop()).status, 0)
})
