import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import type { Keyring } from '../../gateway/tokens/index.js'
import { bearer } from '../helpers/gateway.js'
import { startSigning } from './assertion-fixture.js'

/** A verifier that asks for the keys again only when its copy is too old (RFC 9111 §4.2), unknown key or not. */
function createCachingVerifier(url: string) {
  let keys = new Map<string, KeyObject>()
  let goodUntil = 0
  return async (jws: string): Promise<boolean> => {
    if (Date.now() >= goodUntil) {
      const asked = Date.now()
      const answer = await fetch(`${url}/.well-known/jwks.json`)
      const [, maxAge = '0'] = /max-age=(\d+)/.exec(answer.headers.get('cache-control') ?? '') ?? []
      const set = (await answer.json()) as { keys: { kid: string }[] }
      keys = new Map(set.keys.map((jwk) => [jwk.kid, createPublicKey({ key: jwk, format: 'jwk' })]))
      goodUntil = asked + Number(maxAge) * 1000
    }
    const [head = '', body = '', signature = ''] = jws.split('.')
    const { kid } = JSON.parse(Buffer.from(head, 'base64url').toString()) as { kid: string }
    const key = keys.get(kid)
    const input = Buffer.from(`${head}.${body}`)
    return (
      key !== undefined &&
      verify('sha256', input, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))
    )
  }
}

t.test('a verifier that caches the keys as it is told refuses no request while they rotate', async (t) => {
  const { gateway, token, last } = await startSigning(t, '{ keys: { directory: own, publish_before: 4s } }')
  const keyring = gateway.resources.assertionKeyring as Keyring
  const looking = setInterval(() => void keyring.look(), 100)
  t.teardown(() => clearInterval(looking))
  const isGood = createCachingVerifier(gateway.url)
  const before = keyring.signing().keyId
  const seen = { [before]: 0 }
  await fetch(`${gateway.url}/api/a`, { headers: bearer(token) })
  t.ok(await isGood(last()), 'the keys were fetched just before the next one was published')
  const next = await keyring.rotate(false)
  t.equal(next.state, 'next')
  let refused = 0
  const until = Date.now() + 30_000
  while ((seen[next.keyId] ?? 0) < 50 && Date.now() < until) {
    await fetch(`${gateway.url}/api/a`, { headers: bearer(token) })
    const jws = last()
    const { kid } = JSON.parse(Buffer.from(jws.split('.')[0] ?? '', 'base64url').toString()) as { kid: string }
    seen[kid] = (seen[kid] ?? 0) + 1
    if (!(await isGood(jws))) refused += 1
    await pause(5)
  }
  t.equal(refused, 0)
  t.ok((seen[before] ?? 0) > 0, 'the old key signed while the next was published')
  t.ok((seen[next.keyId] ?? 0) >= 50, 'and then the next')
  t.match(
    keyring.list().find(({ keyId }) => keyId === before),
    { state: 'retiring' }
  )
})
