import { readdirSync, rmSync } from 'node:fs'
import t from 'tap'
import { createKeyring, type KeyEvent, KeyRefused, type Keyring } from '../../gateway/tokens/index.js'
import { freezeClock } from '../helpers/clock.js'
import { alice, directory, ec, keyIdOf, makeKeyFolder, pkcs8, putKey, spki, tokensOf } from './some-keys.js'

const HOUR = 3600
const published = (keyring: Keyring) => keyring.jwks().keys.map(({ kid }) => kid)
const stateOf = (keyring: Keyring, keyId: string) => keyring.list().find((key) => key.keyId === keyId)?.state

t.test(
  'a rotation publishes the next key, lets it sign an hour later, and removes the old one when all is expired',
  async (t) => {
    const clock = freezeClock(t)
    const path = makeKeyFolder(t)
    const events: KeyEvent[] = []
    const keyring = await createKeyring(directory(path), 'ES256', { report: (event) => events.push(event) })
    const tokens = tokensOf(keyring, 900_000)
    const old = keyring.signing().keyId
    const early = tokens.issue(alice, 'session').token

    const next = await keyring.rotate(false)
    t.equal(next.state, 'next')
    t.equal(next.promoteAt, clock.seconds() + HOUR)
    t.same(published(keyring), [old, next.keyId], 'it is published')
    t.equal((await keyring.rotate(false)).keyId, next.keyId, 'a second rotation waits for the same key')

    clock.advance(HOUR - 1)
    await keyring.look()
    t.equal(keyring.signing().keyId, old, 'one second before')
    const late = tokens.issue(alice, 'session').token
    clock.advance(1)
    await keyring.look()
    t.equal(keyring.signing().keyId, next.keyId, 'it signs when its hour is over')
    t.equal(keyIdOf(tokens.issue(alice, 'session').token), next.keyId)
    t.equal(tokens.verify(early), 'expired_token')
    t.type(tokens.verify(late), 'object', 'what the old key signed last is still good')
    t.same(published(keyring), [old, next.keyId], 'and so is its key')

    clock.advance(900 + 59)
    await keyring.look()
    t.equal(stateOf(keyring, old), 'retiring', 'others may have signed with it for a minute more')
    clock.advance(1)
    await keyring.look()
    t.equal(stateOf(keyring, old), 'retired')
    t.same(published(keyring), [next.keyId])
    t.same(
      readdirSync(path).filter((name) => name.startsWith(old)),
      [],
      'its file is gone'
    )
    t.same(
      events.map(({ event, keyId }) => [event, keyId]),
      [
        ['key_published', next.keyId],
        ['key_rotated', next.keyId],
        ['key_retired', old]
      ]
    )
  }
)

t.test(
  'keys rotate by themselves, each published in time, and the order survives a restart at any point',
  async (t) => {
    const clock = freezeClock(t)
    const source = directory(makeKeyFolder(t), { rotateEveryMs: 24 * HOUR * 1000, publishBeforeMs: 2 * HOUR * 1000 })
    let keyring = await createKeyring(source, 'EdDSA', { accessMs: 900_000 })
    const firstPublished = new Map<string, number>([[keyring.signing().keyId, 0]])
    const firstSigned = new Map<string, number>([[keyring.signing().keyId, clock.seconds()]])
    for (let tick = 0; tick < 24 * 5; tick += 1) {
      clock.advance(HOUR)
      if (tick % 7 === 0) keyring = await createKeyring(source, 'EdDSA', { accessMs: 900_000 })
      await keyring.look()
      for (const kid of published(keyring))
        if (kid !== undefined && !firstPublished.has(kid)) firstPublished.set(kid, clock.seconds())
      const { keyId } = keyring.signing()
      if (!firstSigned.has(keyId)) firstSigned.set(keyId, clock.seconds())
      t.ok(published(keyring).length <= 2, 'no more than two at a time')
    }
    t.equal(firstSigned.size, 6, 'one a day')
    const times = [...firstSigned.values()]
    for (const [at, time] of times.slice(1).entries()) t.equal(time - (times[at] ?? 0), 24 * HOUR)
    for (const [kid, signed] of firstSigned) {
      t.ok(signed - (firstPublished.get(kid) ?? 0) >= 2 * HOUR, 'published two hours before')
    }
  }
)

t.test(
  'a key stays until the longest token it was ever allowed to sign is dead, whatever the setting says later',
  async (t) => {
    const clock = freezeClock(t)
    const source = directory(makeKeyFolder(t))
    const long = tokensOf(await createKeyring(source, 'ES256'), 12 * HOUR * 1000)
    const { token, expiresAt } = long.issue(alice, 'session')
    t.equal(expiresAt, clock.seconds() + 12 * HOUR)

    const keyring = await createKeyring(source, 'ES256', { accessMs: 60_000 })
    const old = keyring.signing().keyId
    const short = tokensOf(keyring, 60_000)
    await keyring.rotate(true)
    clock.advance(12 * HOUR - 1)
    await keyring.look()
    t.type(short.verify(token), 'object')
    clock.advance(1 + 60)
    await keyring.look()
    t.equal(stateOf(keyring, old), 'retired')
  }
)

t.test('a key stays for tokens that outlive the setting: those of services, and minted ones', async (t) => {
  const grant = { clientId: 'billing', roles: [], scopes: [], generation: 'g', accessMs: 2 * HOUR * 1000 }
  for (const make of [
    (tokens: ReturnType<typeof tokensOf>) => tokens.issueToClient(grant),
    (tokens: ReturnType<typeof tokensOf>) => tokens.issue(alice, 'session', 2 * HOUR * 1000)
  ]) {
    const clock = freezeClock(t)
    const keyring = await createKeyring(directory(makeKeyFolder(t)), 'ES256', { accessMs: 60_000 })
    const old = keyring.signing().keyId
    const { expiresAt } = make(tokensOf(keyring, 60_000))
    t.equal(expiresAt, clock.seconds() + 2 * HOUR)
    await keyring.rotate(true)
    clock.advance(2 * HOUR)
    await keyring.look()
    t.equal(stateOf(keyring, old), 'retiring')
    clock.advance(60)
    await keyring.look()
    t.equal(stateOf(keyring, old), 'retired')
  }
})

t.test('a token never lives longer than what was written down for its key', async (t) => {
  const path = makeKeyFolder(t)
  const failures: unknown[] = []
  const keyring = await createKeyring(directory(path), 'ES256', {
    accessMs: 60_000,
    onFailure: (error) => failures.push(error)
  })
  rmSync(path, { recursive: true })
  const { expiresAt } = tokensOf(keyring, 900_000).issue(alice, 'session')
  t.ok(expiresAt <= Math.ceil(Date.now() / 1000) + 60)
  t.type(failures[0], KeyRefused)
  await t.rejects(keyring.look(), 'and the keys in memory go on')
  t.ok(keyring.signing())
})

t.test('a file that is put into the folder is published, and signs at the next rotation', async (t) => {
  const path = makeKeyFolder(t)
  const keyring = await createKeyring(directory(path), 'ES256')
  const { signing } = keyring
  const first = signing().keyId
  await keyring.look()
  putKey(path, 'mine.pem', pkcs8(ec().privateKey))
  putKey(path, 'theirs.pem', spki(ec().publicKey), 0o644)
  await keyring.look()
  t.equal(signing().keyId, first)
  const [mine, theirs] = keyring.list().slice(1)
  t.equal(mine?.state, 'next')
  t.equal(theirs?.state, 'retiring', 'a public key only verifies')
  t.equal(theirs?.until, null, 'for as long as nobody says otherwise')
  t.equal(published(keyring).length, 3)
  t.equal((await keyring.rotate(true)).keyId, mine?.keyId)
})

t.test('the algorithm of the settings signs from the start on, and what the other one signed stays good', async (t) => {
  const source = directory(makeKeyFolder(t))
  const before = tokensOf(await createKeyring(source, 'ES256')).issue(alice, 'session').token
  const keyring = await createKeyring(source, 'EdDSA')
  const tokens = tokensOf(keyring)
  t.equal(keyring.signing().algorithm, 'EdDSA')
  t.type(tokens.verify(before), 'object')
  t.same(
    keyring
      .jwks()
      .keys.map(({ alg }) => alg)
      .sort(),
    ['ES256', 'EdDSA']
  )
})

t.test('a folder of older days, without an index, is taken up: the newest key of the algorithm signs', async (t) => {
  const path = makeKeyFolder(t, { 'a.pem': pkcs8(ec().privateKey) })
  await new Promise((resolve) => setTimeout(resolve, 20))
  putKey(path, 'b.pem', pkcs8(ec().privateKey))
  putKey(path, 'c.pem', pkcs8(ec('P-384').privateKey))
  const keyring = await createKeyring(directory(path), 'ES256')
  t.same(
    keyring.list().map(({ state, algorithm }) => `${algorithm} ${state}`),
    ['ES256 retiring', 'ES256 current', 'ES384 retiring']
  )
  t.same(readdirSync(path), ['a.pem', 'b.pem', 'c.pem', 'keyring-000001.json'])
})
