import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { FetchResult } from '../../gateway/tokens/fetch-json.js'
import { createIssuerKeys, PACE, type Pace } from '../../gateway/tokens/issuer-keys.js'
import { freezeClock } from '../helpers/clock.js'
import { eventually } from '../helpers/eventually.js'
import { createSigningKey, startIssuer, type TestIssuer } from '../helpers/issuer.js'

/** Keys of an issuer with times of milliseconds, and how their fetches ended. */
function openKeys(t: Test, { issuer, jwksUrl }: TestIssuer, pace: Partial<Pace>) {
  const results: FetchResult[] = []
  const keys = createIssuerKeys({
    issuer,
    jwksUrl,
    insecureHttp: true,
    pace: { ...PACE, ...pace },
    onFetch: (result) => results.push(result)
  })
  t.teardown(keys.close)
  return { keys, results }
}

t.test('keys are fetched again and again, and follow the issuer', async (t) => {
  const [one, two] = [await createSigningKey('one'), await createSigningKey('two')]
  const issuer = await startIssuer(t, [one])
  const { keys } = openKeys(t, issuer, { refreshMs: 20, leastRefreshMs: 10 })
  await eventually(() => keys.find('ES256', 'one') !== null, 'the first key')
  const first = keys.find('ES256', 'one')
  issuer.keys = [one.jwk, two.jwk]
  await eventually(() => keys.find('ES256', 'two') !== null, 'the second key')
  t.equal(keys.find('ES256', 'one'), first, 'the same key is the same object')
  issuer.keys = [two.jwk]
  await eventually(() => keys.find('ES256', 'one') === null, 'the first key is gone')
  t.notOk(first === null || keys.holds(first))
  issuer.keys = []
  await eventually(() => keys.find('ES256', 'two') === null, 'an issuer may withdraw all')
  t.ok(keys.available())
})

t.test('`max-age` of the answer counts, within bounds', async (t) => {
  const issuer = await startIssuer(t)
  const asked = async (cacheControl: string, pace: Partial<Pace>, isEnough: (times: number) => boolean) => {
    issuer.answer = (_, response) => response.setHeader('cache-control', cacheControl).end('{"keys":[]}')
    const before = issuer.asked.length
    const { keys, results } = openKeys(t, issuer, pace)
    await eventually(() => results.length > 0 && isEnough(issuer.asked.length - before), cacheControl)
    keys.close()
    return issuer.asked.length - before
  }
  const often = (times: number) => times > 2
  const once = async (cacheControl: string, pace: Partial<Pace>) => {
    const startedMs = performance.now()
    return asked(cacheControl, pace, () => performance.now() - startedMs > 150)
  }
  t.equal(await once('public, max-age=3600', { refreshMs: 10, leastRefreshMs: 10 }), 1)
  await asked('max-age=0', { refreshMs: 60_000, leastRefreshMs: 30 }, often)
  t.equal(await once('max-age=0', { leastRefreshMs: 10_000 }), 1)
  await asked('max-age=999999999', { leastRefreshMs: 10, mostRefreshMs: 30 }, often)
})

t.test('while the issuer is away its keys hold for a time, and no longer', async (t) => {
  const key = await createSigningKey('k')
  const issuer = await startIssuer(t, [key])
  const clock = freezeClock(t)
  const { keys, results } = openKeys(t, issuer, { staleMs: 400, refreshMs: 20, leastRefreshMs: 10, retryMs: 10 })
  await eventually(() => keys.available(), 'the first fetch')
  issuer.away = true
  await eventually(() => results.filter((result) => result === 'unreachable').length > 2, 'failed fetches')
  const held = keys.find('ES256', 'k')
  clock.advance(0.4)
  t.ok(keys.available())
  t.not(held, null)
  clock.advance(0.001)
  t.notOk(keys.available(), 'the end of their time')
  t.equal(keys.find('ES256', 'k'), null)
  t.notOk(held === null || keys.holds(held), 'nor is a token remembered that they vouched for')
  issuer.away = false
  await eventually(() => keys.find('ES256', 'k') !== null, 'the issuer is back')
})

t.test('garbage in between takes no key away', async (t) => {
  const key = await createSigningKey('k')
  const issuer = await startIssuer(t, [key])
  const { keys, results } = openKeys(t, issuer, { refreshMs: 20, leastRefreshMs: 10, retryMs: 10 })
  await eventually(() => keys.available(), 'the first fetch')
  issuer.answer = (_, response) => response.end('oops')
  await eventually(() => results.includes('malformed'), 'a failed fetch')
  t.not(keys.find('ES256', 'k'), null)
})

t.test('a slow issuer is given up, and asked less and less often', async (t) => {
  const issuer = await startIssuer(t)
  issuer.answer = (_, response) => response.write('{')
  const { keys, results } = openKeys(t, issuer, { timeoutMs: 30, retryMs: 40 })
  const startedMs = performance.now()
  await Promise.all([keys.seek(), keys.seek()])
  t.strictSame(results, ['unreachable'])
  await eventually(() => results.length === 4, 'further fetches, given up as well')
  const tookMs = performance.now() - startedMs
  // Each is given up after 30 ms, the pauses are of 40, 80 and 160 ms; each may be a tenth shorter.
  t.ok(tookMs > 0.9 * (4 * 30 + 40 + 80 + 160), `${tookMs} ms`)
})

t.test('tokens with unknown keys cause a fetch once in a while', async (t) => {
  const issuer = await startIssuer(t)
  const clock = freezeClock(t)
  const { keys } = openKeys(t, issuer, { soughtEveryMs: 100 })
  await keys.seek()
  t.equal(issuer.asked.length, 1, 'the one under way is shared')
  for (let n = 0; n < 10; n++) await keys.seek()
  t.equal(issuer.asked.length, 2)
  clock.advance(0.1)
  await Promise.all([keys.seek(), keys.seek(), keys.seek()])
  t.equal(issuer.asked.length, 3)
})

t.test('nothing is fetched once closed', async (t) => {
  const issuer = await startIssuer(t)
  issuer.answer = (_, response) => response.write('{')
  const { keys, results } = openKeys(t, issuer, { refreshMs: 10, leastRefreshMs: 10, retryMs: 10 })
  await eventually(() => issuer.asked.length === 1, 'a fetch under way')
  keys.close()
  await keys.seek()
  await pause(50)
  t.equal(issuer.asked.length, 1)
  t.strictSame(results, [])
})

t.test('a discovery document cannot lead from https to http', async (t) => {
  const issuer = await startIssuer(t, [await createSigningKey('k')])
  const results: FetchResult[] = []
  const where = { issuer: issuer.issuer, jwksUrl: null, insecureHttp: false }
  const keys = createIssuerKeys({ ...where, pace: PACE, onFetch: (result) => results.push(result) })
  t.teardown(keys.close)
  await keys.seek()
  t.strictSame(results, ['malformed'])
  t.strictSame(issuer.asked, ['/.well-known/openid-configuration'])
  t.notOk(keys.available())
})

t.test('keys that cannot be used are passed over', async (t) => {
  const [weak, good] = [await createSigningKey('weak', 'RS256'), await createSigningKey('good', 'RS256')]
  const issuer = await startIssuer(t)
  const fill = Array.from({ length: 97 }, (_, n) => ({ ...good.jwk, kid: `fill-${n}`, use: 'enc' }))
  issuer.keys = [
    { ...weak.jwk, n: Buffer.alloc(128, 0xc1).toString('base64url') },
    { ...good.jwk, kid: 'exponent', e: 'AQ' },
    good.jwk,
    ...fill,
    { ...good.jwk, kid: 'the 101st' }
  ]
  const { keys } = openKeys(t, issuer, {})
  await eventually(() => keys.available(), 'the first fetch')
  t.equal(keys.find('RS256', 'weak'), null, 'an RSA key of 1024 bits')
  t.equal(keys.find('RS256', 'exponent'), null, 'an exponent of 1, with which anybody can sign')
  t.not(keys.find('RS256', 'good'), null)
  t.equal(keys.find('PS256', 'good'), null, 'its `alg` pins it')
  t.equal(keys.find('RS256', 'fill-0'), null, 'for encryption')
  t.equal(keys.find('RS256', 'the 101st'), null)
})
