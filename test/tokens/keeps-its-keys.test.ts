import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createKeyring } from '../../gateway/tokens/index.js'
import { bearer, startGateway } from '../helpers/gateway.js'
import { NOWHERE, site } from '../helpers/site.js'
import { directory, keyIdOf } from './some-keys.js'

t.test('the first start makes a key that only its owner can read, the second finds it', async (t) => {
  const path = join(t.testdir({}), 'data', 'keys')
  for (const algorithm of ['ES256', 'EdDSA'] as const) {
    const signing = (await createKeyring(directory(path), algorithm)).signing()
    t.equal((await createKeyring(directory(path), algorithm)).signing().keyId, signing.keyId)
    t.equal(signing.algorithm, algorithm)
  }
  t.equal(statSync(path).mode & 0o777, 0o700)
  const files = readdirSync(path)
  t.equal(files.filter((file) => file.endsWith('.pem')).length, 2)
  t.equal(files.filter((file) => file.startsWith('.')).length, 0, 'nothing temporary is left')
  for (const file of files) t.equal(statSync(join(path, file)).mode & 0o777, 0o600)
})

t.test('the published keys have their public members and no others', async (t) => {
  const path = t.testdir({})
  await createKeyring(directory(path), 'ES256')
  const { keys } = (await createKeyring(directory(path), 'EdDSA')).jwks()
  t.same(keys.map((key) => Object.keys(key).sort()).sort(), [
    ['alg', 'crv', 'kid', 'kty', 'use', 'x'],
    ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']
  ])
})

t.test('after a restart with another algorithm, what the old key signed is still good', async (t) => {
  const settings = (algorithm: string) =>
    `store: sqlite:gateway.db\n${site(NOWHERE, `tokens: { issuer: "https://a.example", keys: keys, algorithm: ${algorithm} }`)}`
  const first = await startGateway(t, settings('ES256'), [{ username: 'alice' }])
  const { access_token: old } = await first.login('alice')
  const second = await first.restart(settings('EdDSA'))
  const { access_token: other } = await second.login('alice')
  t.equal(keyIdOf(other), second.resources.keyring.signing().keyId)
  t.not(keyIdOf(other), keyIdOf(old))
  for (const token of [old, other]) {
    t.equal((await fetch(`${second.url}/auth/userinfo`, { headers: bearer(token) })).status, 200)
  }
  const published = (await (await fetch(`${second.url}/.well-known/jwks.json`)).json()) as { keys: { kid: string }[] }
  t.same(published.keys.map(({ kid }) => kid).sort(), [keyIdOf(old), keyIdOf(other)].sort())
})
