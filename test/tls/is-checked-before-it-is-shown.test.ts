import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { encryptKey, makeCertificate, makeExpiredCertificate } from '../helpers/certificates.js'
import { makeFolder, runCommand } from '../helpers/command.js'
import { NOWHERE, site } from '../helpers/site.js'

t.test('check and start tell what is wrong with a pair, with its place in the file', async (t) => {
  const folder = makeFolder(t, '')
  const [good, other] = [makeCertificate(folder, 'good'), makeCertificate(folder, 'other')]
  const expired = makeExpiredCertificate(folder, 'expired')
  const encrypted = encryptKey(good)
  writeFileSync(join(folder, 'text.pem'), 'no PEM')
  mkdirSync(join(folder, 'directory.pem'))
  const name = (path: string) => path.slice(folder.length + 1)
  async function check(cert: string, key: string, settings = '', command = 'check') {
    writeFileSync(join(folder, 'gateway.yaml'), site(NOWHERE, `tls: { cert: ${cert}, key: ${key} }\n${settings}`))
    const args = command === 'check' ? ['check', 'gateway.yaml'] : [command]
    const { status, stdout, stderr } = await runCommand(t, args, { cwd: folder })
    return { status, text: stdout + stderr }
  }

  const cases: readonly [cert: string, key: string, expected: RegExp][] = [
    [
      'none.pem',
      name(good.key),
      /gateway\.yaml:2:14: error: tls\.cert: cannot be read: .*none\.pem \(there is no such file\)/
    ],
    [name(good.cert), 'none.pem', /gateway\.yaml:2:34: error: tls\.key: cannot be read: /],
    ['directory.pem', name(good.key), /tls\.cert: cannot be read: .* \(it is not a regular file\)/],
    ['text.pem', name(good.key), /tls\.cert: is no certificate in PEM/],
    [name(good.key), name(good.cert), /tls\.cert: is no certificate in PEM/],
    [name(good.cert), 'text.pem', /tls\.key: is no private key in PEM/],
    [name(good.cert), name(good.cert), /tls\.key: is no private key in PEM/],
    [name(good.cert), name(encrypted), /tls\.key: is encrypted with a passphrase/],
    [name(good.cert), name(other.key), /tls\.key: does not fit the certificate/]
  ]
  for (const [cert, key, expected] of cases) {
    const { status, text } = await check(cert, key)
    t.equal(status, 1, `${cert} ${key}`)
    t.match(text, expected)
    t.notMatch(text, /PRIVATE KEY/)
  }
  const started = await check(name(good.cert), name(other.key), '', 'start')
  t.equal(started.status, 1)
  t.match(started.text, /tls\.key: does not fit the certificate/)
  t.notMatch(started.text, /\n {4}at /)

  const late = await check(name(expired.cert), name(expired.key))
  t.equal(late.status, 0, 'it may be what there is')
  t.match(late.text, /tls\.cert: has expired on \d{4}-\d\d-\d\d/)
  const stray = await check(name(good.cert), name(good.key), 'public_url: https://api.example.com')
  t.match(stray.text, /tls\.cert: is not for api\.example\.com of public_url/)
  const plain = await check(name(good.cert), name(good.key), 'public_url: http://localhost')
  t.match(plain.text, /public_url: is plain http, while the gateway speaks TLS/)

  copyFileSync(good.cert, join(folder, 'cert.pem'))
  const fine = await check('cert.pem', name(good.key), 'public_url: https://127.0.0.1\nlisten: 0.0.0.0:8080')
  t.equal(fine.status, 0)
  t.match(fine.text, /ok, 3 rules, 1 upstream\n/, 'nor does it warn of listening beyond this machine')
})
