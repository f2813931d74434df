import t from 'tap'
import { freezeClock } from '../helpers/clock.js'
import { openToken } from '../helpers/forge.js'
import { bearer, post, startGateway, type TestGateway, type Tokens, verdictOf } from '../helpers/gateway.js'
import { NOWHERE, site } from '../helpers/site.js'

const shown = async ({ url }: TestGateway, token: string) =>
  verdictOf(await fetch(`${url}/auth/userinfo`, { headers: bearer(token) }))
const refresh = async ({ url }: TestGateway, { refresh_token }: Tokens) =>
  (await (await post(`${url}/auth/refresh`, { refresh_token })).json()) as Tokens

/** Ways to show a token, by name. */
const ways: Record<string, (url: string, tokens: Tokens) => Promise<Response>> = {
  'the refresh token': (url, { refresh_token }) => post(url, { refresh_token }),
  'the refresh token in a form': (url, { refresh_token }) =>
    fetch(url, { method: 'POST', body: new URLSearchParams({ refresh_token }) }),
  'the access token in the body': (url, { access_token }) => post(url, { access_token }),
  'either as `token`': (url, { refresh_token }) => post(url, { token: refresh_token }),
  'the access token as Bearer': (url, { access_token }) =>
    fetch(url, { method: 'POST', headers: bearer(access_token) }),
  'the access token as Bearer, and an empty object': (url, { access_token }) => post(url, {}, bearer(access_token))
}

for (const [name, show] of Object.entries(ways)) {
  t.test(`logout by ${name} ends that session at once`, async (t) => {
    const gateway = await startGateway(t, site(NOWHERE), [{ username: 'alice' }])
    const spent = await gateway.login('alice')
    const [ended, other] = [await refresh(gateway, spent), await gateway.login('alice')]
    const response = await show(`${gateway.url}/auth/logout`, ended)
    t.equal(response.status, 204)
    t.equal(await response.text(), '')
    t.equal(response.headers.get('cache-control'), 'no-store')
    for (const { access_token } of [spent, ended]) t.equal(await shown(gateway, access_token), '401 revoked_token')
    t.equal(await shown(gateway, other.access_token), '200')
    t.equal((await show(`${gateway.url}/auth/logout`, ended)).status, 204, 'again is no error')
    t.equal(
      await verdictOf(await post(`${gateway.url}/auth/refresh`, { refresh_token: ended.refresh_token })),
      '401 invalid_refresh_token'
    )
    const { sub, sid } = openToken(ended.access_token).claims
    t.match(
      gateway.audit.find(({ event }) => event === 'logout'),
      { fields: { subject: sub, session_id: sid } }
    )
    t.notOk(
      gateway.audit.some(({ event }) => event === 'refresh_reuse'),
      'and none of it is an attack'
    )
  })

  t.test(`logout-all by ${name} ends every session of the user`, async (t) => {
    const gateway = await startGateway(t, site(NOWHERE), [{ username: 'alice' }, { username: 'bob' }])
    const mine = [await gateway.login('alice'), await gateway.login('alice')] as const
    const bobs = await gateway.login('bob')
    t.equal((await show(`${gateway.url}/auth/logout-all`, mine[0])).status, 204)
    for (const { access_token, refresh_token } of mine) {
      t.equal(await shown(gateway, access_token), '401 revoked_token')
      t.equal(
        await verdictOf(await post(`${gateway.url}/auth/refresh`, { refresh_token })),
        '401 invalid_refresh_token'
      )
    }
    t.equal(await shown(gateway, bobs.access_token), '200')
    t.equal(await shown(gateway, (await gateway.login('alice')).access_token), '200', 'a new login works at once')
  })
}

t.test('a spent refresh token and an expired access token still end their own session', async (t) => {
  const clock = freezeClock(t)
  const gateway = await startGateway(t, site(NOWHERE), [{ username: 'alice' }])
  const spent = await gateway.login('alice')
  const current = await refresh(gateway, spent)
  clock.advance(60)
  t.equal((await post(`${gateway.url}/auth/logout`, { refresh_token: spent.refresh_token })).status, 204)
  t.equal(await shown(gateway, current.access_token), '401 revoked_token')

  const expired = await gateway.login('alice')
  clock.advance(901)
  const renewed = await refresh(gateway, expired)
  const other = await gateway.login('alice')
  t.equal(
    await verdictOf(await post(`${gateway.url}/auth/logout-all`, {}, bearer(expired.access_token))),
    '401 expired_token',
    'but has no power over the others'
  )
  t.equal(await shown(gateway, renewed.access_token), '200', 'and a refused one ends nothing')
  t.equal((await post(`${gateway.url}/auth/logout`, {}, bearer(expired.access_token))).status, 204)
  t.equal(await shown(gateway, renewed.access_token), '401 revoked_token')
  t.equal(await shown(gateway, other.access_token), '200')
})

t.test('a refresh token of a session that has ended has no power over the others', async (t) => {
  const clock = freezeClock(t)
  const gateway = await startGateway(t, site(NOWHERE), [{ username: 'alice' }])
  const leaked = await gateway.login('alice')
  await refresh(gateway, leaked)
  await post(`${gateway.url}/auth/logout`, { refresh_token: leaked.refresh_token })
  clock.advance(1)
  const other = await gateway.login('alice')
  const everywhere = () => post(`${gateway.url}/auth/logout-all`, { refresh_token: leaked.refresh_token })
  t.equal(await verdictOf(await everywhere()), '401 invalid_refresh_token')
  t.equal(await shown(gateway, other.access_token), '200')
  t.match(await refresh(gateway, other), { token_type: 'Bearer' })
})

t.test('what is no token of ours ends nothing', async (t) => {
  const { url } = await startGateway(t, site(NOWHERE))
  for (const path of ['logout', 'logout-all']) {
    const refused = (body: unknown, headers = {}) => post(`${url}/auth/${path}`, body, headers).then(verdictOf)
    t.equal(await refused({}), '401 missing_token')
    t.equal(await verdictOf(await fetch(`${url}/auth/${path}`, { method: 'POST' })), '401 missing_token')
    t.equal(await refused({ refresh_token: `prt_${'A'.repeat(22)}.${'A'.repeat(43)}` }), '401 invalid_refresh_token')
    t.equal(await refused({ token: 'x.y.z' }), '401 invalid_token')
    t.equal(await refused({}, bearer('x')), '401 invalid_token')
    t.equal(await refused({ token: 1 }), '400 invalid_request')
    t.equal(await refused([]), '400 invalid_request')
  }
})

t.test('nothing of a session lives after a logout that raced refreshes', async (t) => {
  const gateway = await startGateway(t, site(NOWHERE), [{ username: 'alice' }])
  for (let round = 0; round < 15; round += 1) {
    const session = await gateway.login('alice')
    const granted: Tokens[] = [session]
    const race = async (tokens: Tokens, left: number): Promise<void> => {
      const answer = await refresh(gateway, tokens)
      if (answer.access_token === undefined) return
      granted.push(answer)
      if (left > 0) await race(answer, left - 1)
    }
    const racing = [race(session, 4), race(session, 0)]
    await new Promise((resolve) => setTimeout(resolve, round % 5))
    const ways = [{ refresh_token: session.refresh_token }, { access_token: session.access_token }]
    const { status } = await post(`${gateway.url}/auth/logout`, ways[round % 2])
    await Promise.all(racing)
    t.equal(status, 204)
    const alive = await Promise.all(granted.map(({ access_token }) => shown(gateway, access_token)))
    t.same(new Set(alive), new Set(['401 revoked_token']), `${granted.length} pairs`)
    for (const tokens of granted) t.match(await refresh(gateway, tokens), { code: 'invalid_refresh_token' })
  }
})
