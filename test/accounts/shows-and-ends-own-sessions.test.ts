import t from 'tap'
import { bearer, post, startGateway, type TestGateway, type Tokens, verdictOf } from '../helpers/gateway.js'
import { NOWHERE, site } from '../helpers/site.js'

interface Listed {
  readonly id: string
  readonly current: boolean
  readonly created_at: number
  readonly last_used_at: number
  readonly expires_at: number
  readonly address: string
  readonly user_agent: string
}

const ask = (gateway: TestGateway, method: string, path: string, token?: string) =>
  fetch(`${gateway.url}/auth${path}`, { method, ...(token === undefined ? {} : { headers: bearer(token) }) })

async function list(gateway: TestGateway, { access_token }: Tokens): Promise<readonly Listed[]> {
  const response = await ask(gateway, 'GET', '/sessions', access_token)
  if (response.status !== 200) throw new Error(await response.text())
  return ((await response.json()) as { sessions: Listed[] }).sessions
}

const refresh = (gateway: TestGateway, { refresh_token }: Tokens) =>
  post(`${gateway.url}/auth/refresh`, { refresh_token })
const holds = async (gateway: TestGateway, { access_token }: Tokens) =>
  (await ask(gateway, 'GET', '/userinfo', access_token)).status === 200

t.test('a caller sees the sessions of one user, newest first, and which one asks', async (t) => {
  const gateway = await startGateway(t, site(NOWHERE, 'trusted_proxies: [127.0.0.1]'), [
    { username: 'alice' },
    { username: 'bob' }
  ])
  const signIn = async (from: string, agent: string): Promise<Tokens> => {
    const headers = { 'x-forwarded-for': from, 'user-agent': agent }
    const response = await post(
      `${gateway.url}/auth/login`,
      { username: 'alice', password: 'correct horse battery' },
      headers
    )
    return (await response.json()) as Tokens
  }
  const before = Math.floor(Date.now() / 1000)
  const phone = await signIn('192.0.2.1', 'phone/1')
  const desk = await signIn('2001:db8::5', `desk ${'x'.repeat(400)}`)
  await gateway.login('bob')
  const response = await ask(gateway, 'GET', '/sessions', phone.access_token)
  t.equal(response.headers.get('cache-control'), 'no-store')
  const [newest, oldest, ...others] = ((await response.json()) as { sessions: Listed[] }).sessions
  t.same(others, [], 'and none of bob')
  t.match(newest, { current: false, address: '2001:db8::5' })
  t.equal(newest?.user_agent.length, 256)
  t.match(oldest, { current: true, address: '192.0.2.1', user_agent: 'phone/1' })
  t.ok((oldest?.created_at ?? 0) >= before && oldest?.last_used_at === oldest?.created_at)
  t.equal(oldest?.expires_at, (oldest?.created_at ?? 0) + 7 * 86_400)
  t.match((await list(gateway, desk))[0], { current: true })
  t.notOk(JSON.stringify(newest).includes('prt_'))
})

t.test('a session ended by its id loses its access tokens at once, over a restart too', async (t) => {
  const gateway = await startGateway(t, site(NOWHERE, 'store: "sqlite:store.db"'), [{ username: 'alice' }])
  const [kept, lost] = [await gateway.login('alice'), await gateway.login('alice')]
  const id = (await list(gateway, lost)).find(({ current }) => current)?.id ?? ''
  const ended = await ask(gateway, 'DELETE', `/sessions/${id}`, kept.access_token)
  t.equal(ended.status, 204)
  t.equal(ended.headers.get('cache-control'), 'no-store')
  t.equal(await verdictOf(await ask(gateway, 'GET', '/sessions', lost.access_token)), '401 revoked_token')
  t.equal(await verdictOf(await refresh(gateway, lost)), '401 invalid_refresh_token')
  t.equal(await verdictOf(await ask(gateway, 'DELETE', `/sessions/${id}`, kept.access_token)), '404 not_found')
  const told = gateway.audit.find(({ event }) => event === 'session_ended')
  t.match(told, { fields: { session_id: id, address: '127.0.0.1' } })
  const again = await gateway.restart()
  t.notOk(await holds(again, lost))
  t.ok(await holds(again, kept))
})

t.test('a session of somebody else cannot be ended, or told from none', async (t) => {
  const gateway = await startGateway(t, site(NOWHERE), [{ username: 'alice' }, { username: 'bob' }])
  const [alice, bob] = [await gateway.login('alice'), await gateway.login('bob')]
  const id = (await list(gateway, bob))[0]?.id ?? ''
  const answers = await Promise.all(
    [id, 'none', '%00', '..%2e', 'x'.repeat(500)].map(async (one) => {
      const response = await ask(gateway, 'DELETE', `/sessions/${encodeURIComponent(one)}`, alice.access_token)
      const { request_id: _, ...body } = (await response.json()) as Record<string, unknown>
      return { status: response.status, body }
    })
  )
  t.match(answers[0], { status: 404, body: { code: 'not_found' } })
  t.same(answers[1], answers[0])
  t.ok(await holds(gateway, bob))
  for (const { status } of answers) t.ok(status === 404 || status === 400)
})

t.test('one\u2019s own session can be ended as any other', async (t) => {
  const gateway = await startGateway(t, site(NOWHERE), [{ username: 'alice' }])
  const tokens = await gateway.login('alice')
  const id = (await list(gateway, tokens))[0]?.id ?? ''
  t.equal((await ask(gateway, 'DELETE', `/sessions/${id}`, tokens.access_token)).status, 204)
  t.notOk(await holds(gateway, tokens))
})

t.test('all others end at once, and the caller stays signed in, over a restart too', async (t) => {
  const gateway = await startGateway(t, site(NOWHERE, 'store: "sqlite:store.db"'), [
    { username: 'alice' },
    { username: 'bob' }
  ])
  const kept = await gateway.login('alice')
  const others = [await gateway.login('alice'), await gateway.login('alice')]
  const bob = await gateway.login('bob')
  t.equal((await ask(gateway, 'DELETE', '/sessions', kept.access_token)).status, 204)
  t.match(gateway.audit.at(-1), { event: 'other_sessions_ended' })
  for (const other of others) {
    t.notOk(await holds(gateway, other))
    t.equal(await verdictOf(await refresh(gateway, other)), '401 invalid_refresh_token')
  }
  for (const one of [kept, bob]) t.ok(await holds(gateway, one))
  t.equal((await list(gateway, kept)).length, 1)
  t.equal((await refresh(gateway, kept)).status, 200)
  const again = await gateway.restart()
  for (const other of others) t.notOk(await holds(again, other))
  for (const one of [kept, bob]) t.ok(await holds(again, one))
})

t.test('a refresh and the end of all others at once leave no other access token alive', async (t) => {
  const gateway = await startGateway(t, site(NOWHERE), [{ username: 'alice' }])
  const kept = await gateway.login('alice')
  for (let round = 0; round < 10; round += 1) {
    const other = await gateway.login('alice')
    const refreshing = () =>
      refresh(gateway, other).then(async (answer) => (answer.ok ? ((await answer.json()) as Tokens) : null))
    const ending = () => ask(gateway, 'DELETE', '/sessions', kept.access_token)
    const both = round % 2 === 0 ? [refreshing(), ending()] : [ending(), refreshing()]
    for (const outcome of await Promise.all(both)) {
      if (outcome === null || outcome instanceof Response) continue
      t.notOk(await holds(gateway, outcome), 'what the refresh handed out is dead')
      t.equal(await verdictOf(await refresh(gateway, outcome)), '401 invalid_refresh_token')
    }
  }
  t.ok(await holds(gateway, kept))
})

t.test('without a token that holds there is nothing to see, and the endpoints have their methods', async (t) => {
  const gateway = await startGateway(t, site(NOWHERE), [{ username: 'alice' }])
  const { access_token, refresh_token } = await gateway.login('alice')
  const table: readonly (readonly [method: string, path: string, token: string | undefined, verdict: string])[] = [
    ['GET', '/sessions', undefined, '401 missing_token'],
    ['GET', '/sessions', 'x', '401 invalid_token'],
    ['GET', '/sessions', refresh_token, '401 invalid_token'],
    ['DELETE', '/sessions', undefined, '401 missing_token'],
    ['DELETE', '/sessions/x', undefined, '401 missing_token'],
    ['POST', '/password', undefined, '401 missing_token'],
    ['POST', '/sessions', access_token, '405 method_not_allowed'],
    ['GET', '/sessions/x', access_token, '405 method_not_allowed'],
    ['PUT', '/password', access_token, '405 method_not_allowed'],
    ['GET', '/sessions/x/y', access_token, '404 not_found'],
    ['DELETE', '/sessions/', access_token, '404 not_found'],
    ['DELETE', '/password/x', access_token, '404 not_found']
  ]
  for (const [method, path, token, verdict] of table) {
    const response = await ask(gateway, method, path, token)
    t.equal(await verdictOf(response), verdict, `${method} ${path}`)
    t.equal(response.headers.get('cache-control'), 'no-store')
    if (response.status === 405) t.ok(response.headers.get('allow'), `${path} says its methods`)
  }
  t.equal((await ask(gateway, 'HEAD', '/sessions', access_token)).status, 200)
  t.equal((await ask(gateway, 'GET', '/sessions/x', access_token)).headers.get('allow'), 'DELETE')
})
