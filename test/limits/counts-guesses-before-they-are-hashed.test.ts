import t from 'tap'
import { freezeClock } from '../helpers/clock.js'
import { PASSWORD, post, startGateway, type TestUser, verdictOf } from '../helpers/gateway.js'
import { NOWHERE, site } from '../helpers/site.js'

const PROXY = 'trusted_proxies: [127.0.0.1]'

/** A gateway behind a trusted proxy, and how many passwords it hashed. */
async function start(t: Parameters<typeof startGateway>[0], login: string, users: readonly TestUser[]) {
  const hashed: unknown[] = []
  const gateway = await startGateway(t, site(NOWHERE, `${PROXY}\nusers: { login: ${login} }`), users, {
    adapt: (resources) => ({
      ...resources,
      users: {
        ...resources.users,
        authenticate(username, password) {
          hashed.push(username)
          return resources.users.authenticate(username, password)
        }
      }
    })
  })
  const attempt = (username: string, password: string, from = '192.0.2.1') =>
    post(`${gateway.url}/auth/login`, { username, password }, { 'x-forwarded-for': from })
  return { ...gateway, hashed, attempt }
}

const ofStatus = (responses: readonly Response[], status: number) =>
  responses.filter((response) => response.status === status).length

t.test('of 50 guesses at once exactly the allowed number is hashed', async (t) => {
  const { attempt, hashed, audit } = await start(t, '{ per_account_and_network: 10, per_network: 100 }', [
    { username: 'alice' }
  ])
  const names = ['alice', 'ALICE', 'Alice', '\uff41lice']
  const responses = await Promise.all(
    Array.from({ length: 50 }, (_, i) => attempt(names[i % names.length] ?? '', `guess ${i}`))
  )
  t.equal(ofStatus(responses, 401), 10)
  t.equal(ofStatus(responses, 429), 40)
  t.equal(hashed.length, 10, 'spellings of a name share the bucket, and a throttled attempt is not hashed')
  const throttled = await attempt('alice', PASSWORD)
  t.equal(throttled.status, 429, 'the right password does not help')
  const retryAfter = Number(throttled.headers.get('retry-after'))
  t.ok(retryAfter > 0 && retryAfter <= 15 * 60, `Retry-After: ${retryAfter}`)
  t.equal(throttled.headers.get('www-authenticate'), null)
  t.equal(await verdictOf(throttled), '429 login_throttled')
  t.equal(audit.filter(({ event }) => event === 'login_throttled').length, 41)
  t.match(audit.at(-1), { fields: { address: '192.0.2.1', username: 'alice', request_id: String } })
})

t.test('the owner comes in from another network, IPv6 networks are /64', async (t) => {
  const { attempt } = await start(t, '{ per_account_and_network: 2, per_network: 100 }', [{ username: 'alice' }])
  for (const from of ['2001:db8::1', '2001:db8::ffff:1']) t.equal((await attempt('alice', 'x', from)).status, 401)
  t.equal((await attempt('alice', PASSWORD, '2001:db8::2:3')).status, 429, 'the same /64')
  t.equal((await attempt('alice', PASSWORD, '2001:db8:0:1::1')).status, 200, 'another /64')
  t.equal((await attempt('alice', PASSWORD, '192.0.2.1')).status, 200)
  t.equal((await attempt('alice', PASSWORD, '203.0.113.9, 192.0.2.1')).status, 200, 'the last address counts')
})

t.test('a success sets the account back, and withdraws one attempt of the network', async (t) => {
  const { attempt } = await start(t, '{ per_account_and_network: 3, per_network: 6 }', [{ username: 'alice' }])
  for (const password of ['x', 'x', PASSWORD, 'x', 'x', 'x']) await attempt('alice', password)
  t.equal((await attempt('alice', PASSWORD)).status, 429, 'three guesses since the success')
  t.equal((await attempt('bob', 'x')).status, 401, 'the sixth attempt of the network that counts')
  t.equal((await attempt('carol', 'x')).status, 429, 'the network is out of attempts, whoever it asks for')
  t.equal((await attempt('carol', 'x', '192.0.2.2')).status, 401, 'its neighbour is not')
})

t.test('a network is counted over all accounts, exactly', async (t) => {
  const { attempt, hashed } = await start(t, '{ per_account_and_network: 10, per_network: 20 }', [])
  const responses = await Promise.all(Array.from({ length: 50 }, (_, i) => attempt(`user${i}`, 'x')))
  t.equal(ofStatus(responses, 401), 20)
  t.equal(hashed.length, 20)
})

t.test('the window ends, and what is counted never outlives it', async (t) => {
  const clock = freezeClock(t)
  const { attempt } = await start(t, '{ per_account_and_network: 1, per_network: 100, window: 1m }', [
    { username: 'alice' }
  ])
  t.equal((await attempt('alice', 'x')).status, 401)
  clock.advance(59)
  const refused = await attempt('alice', PASSWORD)
  t.equal(refused.status, 429)
  t.equal(refused.headers.get('retry-after'), '1')
  clock.advance(1)
  t.equal((await attempt('alice', PASSWORD)).status, 200)
  await attempt('alice', 'x')
  clock.advance(-7200)
  t.equal((await attempt('alice', PASSWORD)).status, 200, 'a clock set back locks nobody out')
})

t.test('an attempt that could not be judged is given back', async (t) => {
  let away = true
  const { url, failures } = await startGateway(
    t,
    site(NOWHERE, 'users: { login: { per_account_and_network: 1 } }'),
    [{ username: 'alice' }],
    {
      adapt: (resources) => ({
        ...resources,
        users: {
          ...resources.users,
          authenticate: (...credentials) =>
            away ? Promise.reject(new Error('a failure')) : resources.users.authenticate(...credentials)
        }
      })
    }
  )
  const attempt = () => post(`${url}/auth/login`, { username: 'alice', password: PASSWORD })
  for (let i = 0; i < 3; i += 1) t.equal(await verdictOf(await attempt()), '500 internal_error')
  t.equal(failures.length, 3, 'each is told to the operator')
  away = false
  t.equal((await attempt()).status, 200)
})
