import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createKeyring, KeyRefused, type KeySource } from '../../gateway/tokens/index.js'
import { directory, ec, jwk, makeKeyFolder, pkcs8, putKey, rsa, spki } from './some-keys.js'

type Algorithm = Parameters<typeof createKeyring>[1]

const p256 = ec()
const p384 = ec('P-384')
const rsa2048 = rsa()
const encrypted = p256.privateKey
  .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
  .toString()
const { x: otherX, y: otherY } = ec().publicKey.export({ format: 'jwk' })
const text32 = 'x'.repeat(32)

/** The file, what is in it, and the reason, less the path that it begins with. */
const refusedFiles: readonly (readonly [file: string, content: string | Buffer, reason: RegExp, mode?: number])[] = [
  ['a.RS256.pem', pkcs8(rsa(1024).privateKey), /is an RSA key of 1024 bits: at least 2048 are needed$/],
  [
    'a.RS256.pem',
    pkcs8(generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).privateKey),
    /is an RSA key with the public exponent 3: 65537 is the least$/
  ],
  [
    'a.pem',
    pkcs8(rsa2048.privateKey),
    /is an RSA key that does not say what it is for: name the file like it.PS256.pem$/
  ],
  ['a.ES256.pem', pkcs8(rsa2048.privateKey), /is a key of the kind RSA, which does not fit ES256$/],
  ['a.ES256.pem', pkcs8(p384.privateKey), /is a key of the kind P-384, which does not fit ES256$/],
  ['a.RS256.pem', pkcs8(p256.privateKey), /is a key of the kind P-256, which does not fit RS256$/],
  ['a.HS256.pem', pkcs8(p256.privateKey), /is a key of the kind P-256, which does not fit HS256$/],
  ['a.pem', pkcs8(ec('secp256k1').privateKey), /is on the curve secp256k1, which no algorithm here uses$/],
  ['a.pem', pkcs8(generateKeyPairSync('ed448').privateKey), /is of the type ed448, which no algorithm here uses$/],
  ['a.pem', pkcs8(generateKeyPairSync('x25519').privateKey), /is of the type x25519, which no algorithm here uses$/],
  [
    'a.PS256.pem',
    pkcs8(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey),
    /is of the type rsa-pss, which no algorithm here uses$/
  ],
  ['a.pem', encrypted, /is encrypted with a passphrase, which nobody could type at a start$/],
  [
    'a.pem',
    '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n',
    /is a certificate, where a key is expected$/
  ],
  ['a.pem', pkcs8(p256.privateKey) + pkcs8(p384.privateKey), /holds 2 PEM blocks: one key a file$/],
  ['a.pem', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', /cannot be read as a private key$/],
  ['a.pem', pkcs8(p256.privateKey).slice(0, 90), /cannot be read as a private key$/],
  ['a.pem', '-----BEGIN DSA PRIVATE KEY-----\nAAAA\n-----END DSA PRIVATE KEY-----\n', /holds no key that can be used$/],
  ['a.pem', p256.privateKey.export({ type: 'pkcs8', format: 'der' }), /is neither PEM nor a JWK$/],
  ['a.pem', '', /is empty$/],
  ['a.pem', 'x'.repeat(70_000), /is larger than any key$/],
  ['a.pem', pkcs8(p256.privateKey), /is open to others than its owner: run chmod 600 on it$/, 0o644],
  ['a.pem', pkcs8(p256.privateKey), /is open to others/, 0o640],
  ['a.pem', pkcs8(p256.privateKey), /is open to others/, 0o602],
  ['a.HS384.secret', 'x'.repeat(47), /is shorter than the 48 bytes that HS384 needs$/],
  ['a.HS512.secret', 'x'.repeat(63), /is shorter than the 64 bytes that HS512 needs$/],
  ['a.secret', 'x'.repeat(31), /is shorter than the 32 bytes that HS256 needs$/],
  ['a.secret', `${'x'.repeat(31)}\n\n`, /is shorter than the 32 bytes that HS256 needs$/],
  ['a.secret', '\n', /is empty$/],
  ['a.secret', text32, /is open to others/, 0o644],
  ['a.secret', pkcs8(p256.privateKey), /is a PEM key, where a secret is expected$/],
  ['a.secret', spki(rsa2048.publicKey), /is a PEM key, where a secret is expected$/],
  ['a.secret', jwk(rsa2048.publicKey), /is a JWK, where a secret is expected$/],
  ['a.ES256.secret', text32, /is a secret, which does not fit ES256$/],
  ['a.jwk', '{', /is not JSON$/],
  ['a.jwk', '{}', /is not a JWK that can be used$/],
  ['a.jwk', `{"keys":[${jwk(p256.privateKey)}]}`, /is a set of keys: one JWK a file$/],
  ['a.jwk', jwk(p256.privateKey, { use: 'enc' }), /is a JWK that is not for signatures$/],
  ['a.jwk', jwk(p256.privateKey, { key_ops: ['deriveKey'] }), /is a JWK that is not for signatures$/],
  ['a.jwk', jwk(p256.privateKey, { alg: 'ES384' }), /is a key of the kind P-256, which does not fit ES384$/],
  ['a.jwk', jwk(p256.privateKey, { alg: 'none' }), /is a JWK for an algorithm that is not known here$/],
  ['a.jwk', jwk(p256.privateKey, { alg: 'toString' }), /is a JWK for an algorithm that is not known here$/],
  ['a.jwk', jwk(p256.privateKey, { kid: '' }), /is a JWK whose kid is not 1 to 128 letters/],
  ['a.jwk', jwk(p256.privateKey, { kid: 'a b' }), /is a JWK whose kid is not 1 to 128 letters/],
  ['a.jwk', jwk(p256.privateKey, { x: otherX, y: otherY }), /(do not belong together|is not a JWK that can be used)$/],
  ['a.PS256.jwk', jwk(rsa2048.privateKey, { alg: 'RS256' }), /is a JWK for RS256, not for PS256$/],
  ['a.jwk', jwk(rsa2048.privateKey), /is an RSA key that does not say what it is for/],
  ['a.jwk', JSON.stringify({ kty: 'oct', k: Buffer.from(text32).toString('base64url') }), /that does not say its alg$/],
  ['a.jwk', JSON.stringify({ kty: 'oct', k: 'AAAA', alg: 'HS256' }), /is shorter than the 32 bytes that HS256 needs$/],
  ['a.jwk', JSON.stringify({ kty: 'oct', alg: 'HS256' }), /is empty$/],
  ['a.jwk', JSON.stringify({ kty: 'oct', k: 'A'.repeat(50), alg: 'RS256' }), /is a secret, which does not fit RS256$/]
]

t.test('a file in the folder that is no good key ends the start, in one line', async (t) => {
  for (const [file, content, reason, mode] of refusedFiles) {
    const path = makeKeyFolder(t, { [file]: content }, mode)
    await refused(t, directory(path), 'ES256', reason, String(content))
    t.same(readdirSync(path), [file], 'no key is made beside it')
  }
})

t.test('a folder that is none, or is open to others, ends the start', async (t) => {
  const path = makeKeyFolder(t, { file: '' })
  mkdirSync(join(path, 'a.pem'))
  await refused(t, directory(path), 'ES256', /a.pem is no regular file$/)
  await refused(t, directory(join(path, 'file')), 'ES256', /cannot be used: EEXIST$/)
  await refused(t, directory(join(path, 'file', 'keys')), 'ES256', /cannot be used: ENOTDIR$/)
  const open = makeKeyFolder(t)
  chmodSync(open, 0o770)
  await refused(t, directory(open), 'ES256', /^others can put keys into .*: run chmod 700 on it$/)
  const broken = makeKeyFolder(t)
  writeFileSync(join(broken, 'keyring-000001.json'), '{"keys": [{}]}')
  await refused(t, directory(broken), 'ES256', /keyring-000001.json is not an index of keys$/)
  const twice = makeKeyFolder(t, { 'a.pem': pkcs8(p256.privateKey), 'b.jwk': jwk(p256.privateKey) })
  await refused(t, directory(twice), 'ES256', /is the same key as /)
})

t.test('a secret of the settings has the size of the hash and is none', async (t) => {
  const secret = (text: string): KeySource => ({ kind: 'secret', secret: { reveal: () => text } })
  const table: readonly (readonly [string, Algorithm, RegExp])[] = [
    ['', 'HS256', /^tokens.keys.secret is empty$/],
    ['x'.repeat(31), 'HS256', /shorter than the 32 bytes/],
    ['x'.repeat(47), 'HS384', /shorter than the 48 bytes/],
    ['x'.repeat(63), 'HS512', /shorter than the 64 bytes/],
    [spki(rsa2048.publicKey), 'HS256', /is a PEM key/],
    [text32, 'ES256', /is a secret, which does not fit ES256/]
  ]
  for (const [text, algorithm, reason] of table) await refused(t, secret(text), algorithm, reason, text)
  const allowed = { allowShortSecret: true }
  t.equal((await createKeyring(secret('short'), 'HS256', allowed)).signing().algorithm, 'HS256')
  await t.rejects(createKeyring(secret(''), 'HS256', allowed), KeyRefused)
  await t.rejects(createKeyring(secret(spki(rsa2048.publicKey)), 'HS256', allowed), KeyRefused)
})

t.test('of the files that the settings name, the first must sign with the algorithm of the settings', async (t) => {
  const folder = makeKeyFolder(t, {
    'p256.pem': pkcs8(p256.privateKey),
    'p256.jwk': jwk(p256.privateKey, { kid: 'other-name' }),
    'same.jwk': jwk(p256.privateKey),
    'public.pem': spki(p256.publicKey),
    'p384.pem': pkcs8(p384.privateKey),
    'rsa.pem': pkcs8(rsa2048.privateKey)
  })
  const files = (...names: string[]): KeySource => ({ kind: 'files', paths: names.map((name) => join(folder, name)) })
  const table: readonly (readonly [KeySource, Algorithm, RegExp])[] = [
    [files('public.pem'), 'ES256', /public.pem is a public key, but the first file must sign$/],
    [files('p384.pem'), 'ES256', /is a key of the kind P-384, which does not fit ES256$/],
    [files('p256.pem', 'same.jwk'), 'ES256', /same.jwk is the same key as .*p256.pem$/],
    [files('p256.pem', 'rsa.pem'), 'ES256', /rsa.pem is an RSA key that does not say what it is for/],
    [files('none.pem'), 'ES256', /none.pem cannot be read \(ENOENT\)$/]
  ]
  for (const [source, algorithm, reason] of table) await refused(t, source, algorithm, reason)
  t.equal((await createKeyring(files('rsa.pem', 'p384.pem', 'public.pem'), 'PS384')).signing().algorithm, 'PS384')
  t.equal((await createKeyring(files('p256.jwk'), 'ES256')).signing().keyId, 'other-name')
  putKey(folder, 'p256.pem', pkcs8(p256.privateKey), 0o440)
  t.ok(await createKeyring(files('p256.pem'), 'ES256'), 'the group may read a mounted secret')
  putKey(folder, 'p256.pem', pkcs8(p256.privateKey), 0o644)
  await refused(t, files('p256.pem'), 'ES256', /is open to others/)
})

async function refused(t: Test, source: KeySource, algorithm: Algorithm, reason: RegExp, content = '') {
  try {
    await createKeyring(source, algorithm)
    t.fail(`accepted, where expected: ${reason}`)
  } catch (error) {
    if (!(error instanceof KeyRefused)) throw error
    t.match(error.message, reason)
    t.match(error.message, /^[^\n]{10,300}$/, 'one line')
    const line = content.split('\n')[1] ?? content
    t.notOk(line.length > 8 && error.message.includes(line), 'that shows nothing of the key')
  }
}
