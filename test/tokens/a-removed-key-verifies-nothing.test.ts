import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { createKeyring, KeyRefused } from '../../gateway/tokens/index.js'
import { freezeClock } from '../helpers/clock.js'
import { bearer, startGateway } from '../helpers/gateway.js'
import { alice, directory, keyIdOf, makeKeyFolder, putKey, tokensOf } from './some-keys.js'

t.test('whatever is done, a token holds exactly while its key is there and its time is not over', async (t) => {
  const clock = freezeClock(t)
  const action = fc.oneof(
    fc.constant({ verb: 'issue' } as const),
    fc.constant({ verb: 'issue' } as const),
    fc.record({ verb: fc.constant('rotate' as const), now: fc.boolean() }),
    fc.record({ verb: fc.constant('retire' as const), which: fc.nat(5), now: fc.boolean() }),
    fc.record({ verb: fc.constant('remove' as const), which: fc.nat(5) }),
    fc.record({ verb: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 90 }) }),
    fc.constant({ verb: 'restart' } as const)
  )
  const property = fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 25 }), async (actions) => {
    const path = makeKeyFolder(t)
    const source = directory(path, { rotateEveryMs: 120_000, publishBeforeMs: 20_000 })
    let keyring = await createKeyring(source, 'HS256')
    let tokens = tokensOf(keyring, 60_000)
    const issued: { token: string; expiresAt: number }[] = []
    for (const one of actions) {
      const keys = keyring.list().filter(({ state }) => state !== 'retired')
      const chosen = 'which' in one ? keys[one.which % keys.length]?.keyId : undefined
      if (one.verb === 'issue') issued.push(tokens.issue(alice, 'session'))
      if (one.verb === 'rotate') await keyring.rotate(one.now)
      if (one.verb === 'wait') clock.advance(one.seconds)
      if (one.verb === 'retire' && chosen !== undefined) {
        await keyring.retire(chosen, one.now).catch((error) => {
          if (!(error instanceof KeyRefused)) throw error
        })
      }
      if (one.verb === 'remove' && chosen !== undefined) rmSync(join(path, `${chosen}.HS256.secret`), { force: true })
      if (one.verb === 'restart') {
        keyring = await createKeyring(source, 'HS256')
        tokens = tokensOf(keyring, 60_000)
      }
      await keyring.look()
      const gone = new Set(keyring.list().flatMap(({ state, keyId }) => (state === 'retired' ? keyId : [])))
      for (const { token, expiresAt } of issued) {
        const verdict = tokens.verify(token)
        const holds = typeof verdict === 'object'
        const expected = !gone.has(keyIdOf(token)) && expiresAt > clock.seconds()
        if (holds !== expected) throw new Error(`${String(verdict)} where ${expected ? 'good' : 'bad'} was expected`)
        // By itself no key goes before what it signed is dead.
        if (gone.has(keyIdOf(token)) && holds) throw new Error('a removed key verified')
      }
      const current = keyring.list().filter(({ state }) => state === 'current')
      if (current.length !== 1) throw new Error(`${current.length} keys are current`)
    }
  })
  await fc.assert(property, { numRuns: 60, interruptAfterTimeLimit: 2_000, markInterruptAsFailure: false })
})

t.test('left alone, no key goes before the last token it signed is dead', async (t) => {
  const clock = freezeClock(t)
  const source = directory(makeKeyFolder(t), { rotateEveryMs: 120_000, publishBeforeMs: 20_000 })
  const keyring = await createKeyring(source, 'HS256')
  const tokens = tokensOf(keyring, 600_000)
  const issued: { token: string; expiresAt: number }[] = []
  for (let tick = 0; tick < 200; tick += 1) {
    clock.advance(11)
    await keyring.look()
    issued.push(tokens.issue(alice, 'session'))
    const refused = issued.filter(
      ({ token, expiresAt }) => expiresAt > clock.seconds() && typeof tokens.verify(token) === 'string'
    )
    if (refused.length > 0) t.fail('a living token is refused')
  }
  t.ok(keyring.list().filter(({ state }) => state === 'retired').length > 5, 'and they do go')
})

t.test(
  'an emergency ends a key and its tokens at once, remembered ones too, and a copy of its file does not bring it back',
  async (t) => {
    const keys = makeKeyFolder(t)
    const { url, login, resources, audit } = await startGateway(
      t,
      `tokens: { issuer: "https://gateway.test", keys: ${keys} }
upstreams: { web: { url: "http://127.0.0.1:9" } }
rules: [{ path: /**, allow: authenticated, to: web }]`,
      [{ username: 'alice' }]
    )
    const { keyring } = resources
    const { access_token: token, refresh_token: refreshToken } = await login('alice')
    const ask = async (shown: string) => (await fetch(`${url}/auth/userinfo`, { headers: bearer(shown) })).status
    t.equal(await ask(token), 200)
    t.equal(await ask(token), 200, 'remembered by now')
    const bad = keyring.signing().keyId
    const file = readdirSync(keys).find((name) => name.startsWith(bad)) ?? ''
    const copy = readFileSync(join(keys, file))

    await t.rejects(keyring.retire(bad, false), /signs: rotate first/)
    t.equal(await ask(token), 200)
    t.equal((await keyring.retire(bad, true)).state, 'retired')
    t.equal(await ask(token), 401)
    t.equal(keyring.find(bad), null)
    t.notOk(readdirSync(keys).includes(file), 'its file is gone')
    const again = await fetch(`${url}/auth/refresh`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ refresh_token: refreshToken })
    })
    t.equal(again.status, 200, 'the session goes on, under another key')
    const { access_token: renewed } = (await again.json()) as { access_token: string }
    t.equal(await ask(renewed), 200)

    putKey(keys, file, copy)
    await keyring.look()
    t.equal(await ask(token), 401, 'nor when its file is put back')
    t.notOk(readdirSync(keys).includes(file))
    t.equal((await createKeyring(directory(keys), 'ES256')).find(bad), null, 'nor after a restart')
    t.notOk(JSON.stringify(audit).includes('PRIVATE'))
  }
)
