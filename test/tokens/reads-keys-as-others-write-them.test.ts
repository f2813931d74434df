import { createHmac, createSign, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { join } from 'node:path'
import t from 'tap'
import { createKeyring, type KeySource } from '../../gateway/tokens/index.js'
import { alice, ec, jwk, keyIdOf, makeKeyFolder, pkcs8, putKey, rsa, spki, tokensOf } from './some-keys.js'

type Algorithm = Parameters<typeof createKeyring>[1]

const rsaPair = rsa()
const ecPair = ec()
const ed = generateKeyPairSync('ed25519')
const sec1 = ecPair.privateKey.export({ type: 'sec1', format: 'pem' }).toString()
const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n'
const secret = randomBytes(64)
const oct = (alg: string) => JSON.stringify({ kty: 'oct', k: secret.toString('base64url'), alg, kid: 'shared' })

/** File, content, and the algorithm that it signs with. */
const table: readonly (readonly [file: string, content: string, algorithm: Algorithm])[] = [
  ['pkcs8.pem', pkcs8(ecPair.privateKey), 'ES256'],
  ['pkcs8.key', pkcs8(ed.privateKey), 'EdDSA'],
  ['pkcs1.pem', rsaPair.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(), 'RS512'],
  ['sec1.pem', sec1, 'ES256'],
  ['openssl-ecparam.pem', parameters + sec1, 'ES256'],
  ['with-words.pem', `Key of 2024\n${pkcs8(ec('P-521').privateKey)}`, 'ES512'],
  ['crlf.pem', pkcs8(ecPair.privateKey).replaceAll('\n', '\r\n'), 'ES256'],
  ['ec.jwk', jwk(ecPair.privateKey, { kid: 'theirs', use: 'sig', key_ops: ['sign'], alg: 'ES256' }), 'ES256'],
  ['okp.json', jwk(ed.privateKey), 'EdDSA'],
  ['rsa.json', jwk(rsaPair.privateKey, { alg: 'PS512' }), 'PS512'],
  ['oct.json', oct('HS384'), 'HS384'],
  ['plain.secret', 'x'.repeat(64), 'HS512'],
  ['line.secret', `${'x'.repeat(32)}\r\n`, 'HS256']
]

t.test('a key in any of the usual forms signs, and verifies what it signed', async (t) => {
  for (const [file, content, algorithm] of table) {
    const folder = makeKeyFolder(t, { [file]: content })
    const keyring = await createKeyring({ kind: 'files', paths: [join(folder, file)] }, algorithm)
    const tokens = tokensOf(keyring)
    t.type(tokens.verify(tokens.issue(alice, 'session').token), 'object', `${file} ${algorithm}`)
    t.equal(keyring.jwks().keys.length, algorithm.startsWith('HS') ? 0 : 1)
  }
})

t.test('the first file signs, and all verify, public ones too', async (t) => {
  const folder = makeKeyFolder(t, { 'new.pem': pkcs8(ecPair.privateKey), 'old.PS256.pem': pkcs8(rsaPair.privateKey) })
  const publicOnly = putKey(folder, 'old.PS256.pub', spki(rsaPair.publicKey), 0o644)
  putKey(folder, 'pkcs1.PS256.pem', rsaPair.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString(), 0o644)
  const files = (...names: string[]): KeySource => ({ kind: 'files', paths: names.map((name) => join(folder, name)) })
  const old = tokensOf(await createKeyring(files('old.PS256.pem'), 'PS256')).issue(alice, 'session').token
  putKey(folder, 'old.PS256.pem', spki(rsaPair.publicKey))
  for (const second of ['old.PS256.pem', 'pkcs1.PS256.pem']) {
    const keyring = await createKeyring(files('new.pem', second), 'ES256')
    const tokens = tokensOf(keyring)
    t.type(tokens.verify(old), 'object')
    t.equal(keyIdOf(tokens.issue(alice, 'session').token), keyring.signing().keyId)
    t.equal(keyring.signing().algorithm, 'ES256')
    t.same(
      keyring.list().map(({ state }) => state),
      ['current', 'retiring']
    )
  }
  await t.rejects(createKeyring({ kind: 'files', paths: [publicOnly] }, 'PS256'), /the first file must sign/)
})

t.test('a token cannot choose another algorithm for its key, nor a secret made of its public part', async (t) => {
  const folder = makeKeyFolder(t, { 'a.RS256.pem': pkcs8(rsaPair.privateKey) })
  const keyring = await createKeyring({ kind: 'files', paths: [join(folder, 'a.RS256.pem')] }, 'RS256')
  const tokens = tokensOf(keyring)
  const good = tokens.issue(alice, 'session').token
  const claims = good.split('.')[1]
  const { keyId } = keyring.signing()
  const input = (alg: string, kid: unknown = keyId) =>
    `${Buffer.from(JSON.stringify({ alg, typ: 'at+jwt', kid })).toString('base64url')}.${claims}`
  const rs = (text: string, digest = 'sha256') =>
    `${text}.${createSign(digest).update(text).sign(rsaPair.privateKey).toString('base64url')}`
  const ps = (text: string) =>
    `${text}.${sign('sha256', Buffer.from(text), { key: rsaPair.privateKey, padding: 6, saltLength: 32 }).toString('base64url')}`
  const hs = (text: string, key: string) => `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`
  t.type(tokens.verify(rs(input('RS256'))), 'object', 'the way these are made is a good one')
  const forged: Readonly<Record<string, string>> = {
    'PS256 by the same key': ps(input('PS256')),
    'PS256 called RS256': ps(input('RS256')),
    'RS512 by the same key': rs(input('RS512'), 'sha512'),
    'HMAC over the public PEM': hs(input('HS256'), spki(rsaPair.publicKey)),
    'HMAC over the JWK': hs(input('HS256'), JSON.stringify(keyring.jwks().keys[0])),
    'no signature': `${input('none')}.`,
    'no kid': rs(input('RS256', null)),
    'an empty kid': rs(input('RS256', '')),
    'a kid of the prototype': rs(input('RS256', 'constructor')),
    'a list for a kid': rs(input('RS256', [keyId]))
  }
  for (const [name, token] of Object.entries(forged)) t.equal(tokens.verify(token), 'invalid_token', name)
})
