import t, { type Test } from 'tap'
import { bearer, PASSWORD, post, startGateway, type Tokens, verdictOf } from '../helpers/gateway.js'
import { NOWHERE, site } from '../helpers/site.js'

const settings = (login: string) =>
  site(NOWHERE, `store: "sqlite:store.db"\ntrusted_proxies: [127.0.0.1]\nusers: { login: ${login} }`)

/** A gateway behind a trusted proxy that hands it attempts from anywhere, and how many passwords it hashed. */
async function start(t: Test, login: string) {
  let hashed = 0
  const gateway = await startGateway(t, settings(login), [{ username: 'alice' }], {
    adapt: (resources) => ({
      ...resources,
      users: {
        ...resources.users,
        authenticate: async (username, password, admit) => {
          const user = await resources.users.authenticate(username, password, admit)
          hashed += 1
          return user
        }
      }
    })
  })
  const attemptAt =
    (url: string) =>
    (from: string, password: string, username = 'alice') =>
      post(`${url}/auth/login`, { username, password }, { 'x-forwarded-for': from })
  return { ...gateway, attempt: attemptAt(gateway.url), attemptAt, hashed: () => hashed }
}

const counts = (responses: readonly Response[]) => ({
  401: responses.filter(({ status }) => status === 401).length,
  429: responses.filter(({ status }) => status === 429).length
})

/** Addresses of so many networks, IPv4 and IPv6. */
const networks = (count: number) =>
  Array.from({ length: count }, (_, i) => (i % 2 === 0 ? `203.0.113.${i}` : `2001:db8:0:${i}::1`))

t.test('of guesses at once from many networks exactly the allowed number is hashed', async (t) => {
  const { attempt, hashed, audit } = await start(t, '{ per_account: 20 }')
  const names = ['alice', 'ALICE', '\uff41lice']
  const guesses = (name: (i: number) => string) =>
    Promise.all(networks(60).map((network, i) => attempt(network, `guess ${i}`, name(i))))
  t.same(counts(await guesses((i) => names[i % names.length] ?? '')), { 401: 20, 429: 40 })
  t.equal(hashed(), 20, 'however the name is spelled, and a throttled attempt is not hashed')
  t.equal(audit.filter(({ event }) => event === 'login_throttled').length, 40)
  const refused = await attempt('198.51.100.1', PASSWORD)
  t.ok(Number(refused.headers.get('retry-after')) > 0)
  t.equal(await verdictOf(refused), '429 login_throttled', 'the right password does not help')
})

t.test('a name that nobody has is limited as any other', async (t) => {
  const { attempt, hashed } = await start(t, '{ per_account: 20 }')
  const seen = async (name: string) => {
    const answers = await Promise.all(networks(60).map((network) => attempt(network, 'a guess', name)))
    const bodies = await Promise.all(
      answers.map(async (answer) => {
        const { request_id: _, ...body } = (await answer.json()) as Record<string, unknown>
        return JSON.stringify(body)
      })
    )
    return { ...counts(answers), bodies: new Set(bodies) }
  }
  const known = await seen('alice')
  t.same(known[401], 20)
  t.same(await seen('nobody'), known)
  t.equal(hashed(), 40)
})

t.test(
  'where the owner has signed in before, guesses from elsewhere do not lock out, over a restart too',
  async (t) => {
    const first = await start(t, '{ per_account: 5, per_account_and_network: 3 }')
    t.equal((await first.attempt('192.0.2.1', PASSWORD)).status, 200)
    t.equal((await first.attempt('2001:db8:1::1', PASSWORD)).status, 200)
    const again = await first.restart()
    const attempt = first.attemptAt(again.url)
    await Promise.all(networks(30).map((network) => attempt(network, 'a guess')))
    t.equal(await verdictOf(await attempt('198.51.100.1', PASSWORD)), '429 login_throttled', 'a new network')
    t.equal((await attempt('192.0.2.1', PASSWORD)).status, 200)
    t.equal((await attempt('2001:db8:1::ffff', PASSWORD)).status, 200, 'the same /64')
    t.equal((await attempt('192.0.2.2', PASSWORD)).status, 429, 'an IPv4 neighbour is another network')
    for (const status of [401, 401, 401, 429]) t.equal((await attempt('192.0.2.1', 'a guess')).status, status)
  }
)

t.test('a changed password counts its network as one that was signed in from', async (t) => {
  const { attempt, url } = await start(t, '{ per_account: 5 }')
  const { access_token } = (await (await attempt('192.0.2.1', PASSWORD)).json()) as Tokens
  const next = 'another horse battery'
  const changed = await post(
    `${url}/auth/password`,
    { current_password: PASSWORD, new_password: next },
    { ...bearer(access_token), 'x-forwarded-for': '198.51.100.7' }
  )
  t.equal(changed.status, 200)
  await Promise.all(networks(30).map((network) => attempt(network, 'a guess')))
  t.equal((await attempt('198.51.100.7', next)).status, 200)
})

t.test('guesses at a current password from a new network spend the same budget', async (t) => {
  const { attempt, url } = await start(t, '{ per_account: 5 }')
  const { access_token } = (await (await attempt('192.0.2.1', PASSWORD)).json()) as Tokens
  const guess = (from: string) =>
    post(
      `${url}/auth/password`,
      { current_password: 'a guess', new_password: 'another horse battery' },
      { ...bearer(access_token), 'x-forwarded-for': from }
    )
  t.same(counts(await Promise.all(networks(12).map(guess))), { 401: 5, 429: 7 })
  t.equal((await attempt('198.51.100.1', PASSWORD)).status, 429)
  t.equal((await guess('192.0.2.1')).status, 401)
})

t.test('a sign-in is no guess, and refused attempts are counted nowhere', async (t) => {
  const { attempt } = await start(t, '{ per_account: 2, per_account_and_network: 3, per_network: 4 }')
  for (let i = 0; i < 9; i += 1) t.equal((await attempt(`198.51.100.${i}`, PASSWORD)).status, 200)
  for (const network of ['203.0.113.1', '203.0.113.2']) await attempt(network, 'a guess')
  for (let i = 0; i < 9; i += 1) t.equal((await attempt('203.0.113.3', PASSWORD)).status, 429)
  t.equal((await attempt('203.0.113.3', 'x', 'bob')).status, 401, 'the network has its attempts still')
})

t.test('an operator unlocks an account', async (t) => {
  const { attempt, gateway, audit } = await start(t, '{ per_account: 2, per_account_and_network: 2 }')
  for (const network of networks(3)) await attempt(network, 'a guess')
  for (let i = 0; i < 3; i += 1) await attempt('203.0.113.0', 'x', 'bob')
  t.equal((await attempt('198.51.100.1', PASSWORD)).status, 429)
  await gateway.operatorAccounts.unlock('Alice')
  t.match(audit.at(-1), { event: 'user_unlocked', fields: { username: 'alice' } })
  t.equal((await attempt('198.51.100.1', PASSWORD)).status, 200)
  t.equal((await attempt('203.0.113.0', 'x', 'bob')).status, 429, 'and no other')
  await t.rejects(gateway.operatorAccounts.unlock('nobody'), { name: 'UserMistake', kind: 'no_such_user' })
})

t.test('X-Forwarded-For of a stranger opens no budget', async (t) => {
  const gateway = await startGateway(t, site(NOWHERE, 'users: { login: { per_account_and_network: 5 } }'), [
    { username: 'alice' }
  ])
  const guesses = await Promise.all(
    networks(20).map((network) =>
      post(`${gateway.url}/auth/login`, { username: 'alice', password: 'x' }, { 'x-forwarded-for': network })
    )
  )
  t.same(counts(guesses), { 401: 5, 429: 15 })
})
