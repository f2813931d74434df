import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createKeyring, KeyRefused, type Keyring } from '../../gateway/tokens/index.js'
import { alice, directory, ec, makeKeyFolder, pkcs8, putKey, tokensOf } from './some-keys.js'

const states = (keyring: Keyring) => keyring.list().map(({ keyId, state }) => `${keyId} ${state}`)

t.test('what one gateway does to the folder, another takes over at its next look', async (t) => {
  const path = makeKeyFolder(t)
  const [here, there] = [await createKeyring(directory(path), 'ES256'), await createKeyring(directory(path), 'ES256')]
  t.equal(here.signing().keyId, there.signing().keyId)
  const before = here.signing()
  const remembering = tokensOf(there)
  const { token } = tokensOf(here).issue(alice, 'session')
  t.type(remembering.verify(token), 'object')
  await here.rotate(true)
  await there.look()
  t.same(states(there), states(here))
  t.equal(there.signing().keyId, here.signing().keyId)
  t.type(remembering.verify(token), 'object')
  await here.retire(before.keyId, true)
  t.type(remembering.verify(token), 'object', 'until it looks')
  await there.look()
  t.equal(remembering.verify(token), 'invalid_token')
})

t.test('many who rotate at once leave one current key, and all agree', async (t) => {
  const path = makeKeyFolder(t)
  const keyrings = await Promise.all(Array.from({ length: 5 }, () => createKeyring(directory(path), 'HS256')))
  for (let round = 0; round < 4; round += 1)
    await Promise.all(keyrings.map((keyring) => keyring.rotate(round % 2 === 0)))
  await Promise.all(keyrings.map((keyring) => keyring.look()))
  for (const keyring of keyrings) {
    t.equal(keyring.list().filter(({ state }) => state === 'current').length, 1)
    t.same(states(keyring), states(keyrings[0] ?? keyring))
  }
  t.equal(readdirSync(path).filter((name) => name.endsWith('.json')).length, 1, 'one index is left')
  t.same(
    readdirSync(path).filter((name) => name.startsWith('.')),
    [],
    'and nothing temporary'
  )
})

t.test('a bad file beside the keys is reported, and neither stops the gateway nor an emergency', async (t) => {
  const path = makeKeyFolder(t)
  const failures: unknown[] = []
  const keyring = await createKeyring(directory(path), 'ES256', { onFailure: (error) => failures.push(error) })
  const { token } = tokensOf(keyring).issue(alice, 'session')
  const first = keyring.signing()
  putKey(path, 'half-copied.pem', pkcs8(ec().privateKey).slice(0, 60))
  await keyring.look()
  t.match((failures[0] as Error | undefined)?.message, /half-copied.pem cannot be read/)
  t.equal(keyring.signing(), first)
  const file = join(path, `${first.keyId}.ES256.pem`)
  chmodSync(file, 0o644)
  await keyring.look()
  t.equal(keyring.signing(), first, 'a key that is open to others by mistake goes on in memory')
  t.type(tokensOf(keyring).verify(token), 'object')
  await keyring.retire(first.keyId, true)
  t.equal(tokensOf(keyring).verify(token), 'invalid_token')
})

t.test('a file that is taken away ends its key; taking the current one makes another', async (t) => {
  const path = makeKeyFolder(t)
  const keyring = await createKeyring(directory(path), 'ES256')
  const { token } = tokensOf(keyring).issue(alice, 'session')
  const { keyId } = keyring.signing()
  const [file = ''] = readdirSync(path).filter((name) => name.startsWith(keyId))
  rmSync(join(path, file))
  await keyring.look()
  t.not(keyring.signing().keyId, keyId)
  t.equal(tokensOf(keyring).verify(token), 'invalid_token')
})

t.test('an index that was spoilt by hand changes nothing in memory and ends a start', async (t) => {
  const path = makeKeyFolder(t)
  const keyring = await createKeyring(directory(path), 'ES256')
  const [index = ''] = readdirSync(path).filter((name) => name.endsWith('.json'))
  const good = readFileSync(join(path, index))
  await keyring.look()
  writeFileSync(join(path, index), good.subarray(0, 40))
  await t.rejects(keyring.look(), KeyRefused)
  t.ok(keyring.signing())
  await t.rejects(createKeyring(directory(path), 'ES256'), /is not an index of keys/)
  writeFileSync(join(path, index), good)
  await keyring.look()
  t.ok(await createKeyring(directory(path), 'ES256'))
})
