import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createKeyring, KeyRefused, type KeySource } from '../../gateway/tokens/index.js'
import { openToken } from '../helpers/forge.js'
import { bearer, startGateway } from '../helpers/gateway.js'
import { NOWHERE, site } from '../helpers/site.js'

const pem = (key: ReturnType<typeof generateKeyPairSync>['privateKey']) =>
  key.export({ type: 'pkcs8', format: 'pem' }).toString()
const directory = (path: string): KeySource => ({ kind: 'directory', path })
const secret = (text: string): KeySource => ({ kind: 'secret', secret: { reveal: () => text } })

const newKey = (namedCurve: string) => pem(generateKeyPairSync('ec', { namedCurve }).privateKey)

t.test('the first start makes a key that only its owner can read, the second finds it', async (t) => {
  const path = join(t.testdir({}), 'data', 'keys')
  for (const algorithm of ['ES256', 'EdDSA'] as const) {
    const { signing } = createKeyring(directory(path), algorithm)
    t.equal(createKeyring(directory(path), algorithm).signing.keyId, signing.keyId)
    t.equal(signing.algorithm, algorithm)
  }
  t.equal(statSync(path).mode & 0o777, 0o700)
  const files = readdirSync(path)
  t.equal(files.length, 2, 'and nothing temporary is left')
  for (const file of files) t.equal(statSync(join(path, file)).mode & 0o777, 0o600)
})

t.test('the published keys have their public members and no others', async (t) => {
  const path = t.testdir({})
  createKeyring(directory(path), 'ES256')
  const { jwks } = createKeyring(directory(path), 'EdDSA')
  const members = jwks.keys.map((key) => Object.keys(key).sort())
  t.same(members.sort(), [
    ['alg', 'crv', 'kid', 'kty', 'use', 'x'],
    ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']
  ])
})

t.test('keys that cannot be used end the start in one line that shows nothing of them', async (t) => {
  const rsa = pem(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const encrypted = privateKey
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
    .toString()
  const files: Record<string, readonly [file: string, content: string, mode?: number]> = {
    'P-384': ['a.pem', newKey('P-384')],
    secp256k1: ['a.pem', newKey('secp256k1')],
    Ed448: ['a.pem', pem(generateKeyPairSync('ed448').privateKey)],
    RSA: ['a.pem', rsa],
    'a public key': ['a.pem', publicKey.export({ type: 'spki', format: 'pem' }).toString()],
    'an encrypted key': ['a.pem', encrypted],
    garbage: ['a.pem', randomBytes(256).toString('latin1')],
    'an empty file': ['a.pem', ''],
    'a cut file': ['a.pem', newKey('P-256').slice(0, 100)],
    'readable by others': ['a.pem', newKey('P-256'), 0o644],
    'readable by its group': ['a.pem', newKey('P-256'), 0o640],
    'writable by others': ['a.pem', newKey('P-256'), 0o602],
    'a short secret': ['a.secret', 'x'.repeat(31)],
    'a PEM as a secret': ['a.secret', newKey('P-256')]
  }
  for (const [name, [file, content, mode = 0o600]] of Object.entries(files)) {
    const path = t.testdir({ [file]: content })
    chmodSync(join(path, file), mode)
    refused(t, name, () => createKeyring(directory(path), 'ES256'), content)
    t.same(readdirSync(path), [file], `${name}: no key is made beside it`)
  }
  const folder = t.testdir({})
  mkdirSync(join(folder, 'a.pem'), { mode: 0o700 })
  refused(t, 'a folder called .pem', () => createKeyring(directory(folder), 'ES256'))
  writeFileSync(join(folder, 'file'), '')
  refused(t, 'a file for a folder', () => createKeyring(directory(join(folder, 'file')), 'ES256'))
  refused(t, 'a folder in a file', () => createKeyring(directory(join(folder, 'file', 'keys')), 'ES256'))
  for (const text of ['', 'short', 'x'.repeat(31), newKey('P-256'), rsa]) {
    refused(t, 'a secret', () => createKeyring(secret(text), 'HS256'), text)
  }
  refused(t, 'a PEM, whatever is allowed', () => createKeyring(secret(rsa), 'HS256', true), rsa)
  refused(t, 'no secret at all, whatever is allowed', () => createKeyring(secret(''), 'HS256', true))
})

function refused(t: Test, name: string, start: () => unknown, content = '') {
  try {
    start()
    t.fail(`${name}: accepted`)
  } catch (error) {
    if (!(error instanceof KeyRefused)) return t.fail(`${name}: ${error}`)
    t.match(error.message, /^[^\n]{10,1000}$/, `${name}: ${error.message}`)
    const line = content.split('\n')[1] ?? content
    t.notOk(line.length > 8 && error.message.includes(line), 'no key material in it')
  }
}

t.test('the newest key of the algorithm signs, the others go on verifying', async (t) => {
  const settings = (algorithm: string) =>
    site(NOWHERE, `tokens: { issuer: "https://a.example", keys: keys, algorithm: ${algorithm} }`)
  const first = await startGateway(t, `store: sqlite:gateway.db\n${settings('ES256')}`, [{ username: 'alice' }])
  const keys = first.settings.tokens.keys
  if (keys.kind !== 'directory') throw new Error('keys are in a folder')
  const old = await first.login('alice')

  const newer = join(keys.path, 'newer.pem')
  writeFileSync(newer, newKey('P-256'), { mode: 0o600 })
  utimesSync(newer, Date.now() / 1000 + 60, Date.now() / 1000 + 60)
  const second = await first.restart()
  const rotated = await second.login('alice')
  t.not(openToken(rotated.access_token).header.kid, openToken(old.access_token).header.kid)
  t.equal(openToken(rotated.access_token).header.kid, second.resources.keyring.signing.keyId)

  const third = await second.restart(`store: sqlite:gateway.db\n${settings('EdDSA')}`)
  const other = await third.login('alice')
  t.equal(openToken(other.access_token).header.alg, 'EdDSA')
  for (const { access_token } of [old, rotated, other]) {
    t.equal((await fetch(`${third.url}/auth/userinfo`, { headers: bearer(access_token) })).status, 200)
  }
  const published = (await (await fetch(`${third.url}/.well-known/jwks.json`)).json()) as { keys: { kid: string }[] }
  t.equal(new Set(published.keys.map(({ kid }) => kid)).size, 3)
})

t.test('a token is judged by the algorithm of its key, not by that of another key', async (t) => {
  const path = t.testdir({})
  createKeyring(directory(path), 'ES256')
  const { byId } = createKeyring(directory(path), 'EdDSA')
  t.same([...byId.values()].map(({ algorithm }) => algorithm).sort(), ['ES256', 'EdDSA'])
})
