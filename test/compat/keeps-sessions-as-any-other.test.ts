import t from 'tap'
import { freezeClock } from '../helpers/clock.js'
import { bearer } from '../helpers/gateway.js'
import { claimsOf } from './ask.js'
import { clientOf, type Pair, said, startCompat } from './compat-fixture.js'

t.test('a refresh token that does not rotate is good again and again, with the roles of now', async (t) => {
  const { gateway, obtain, refresh, visit } = await startCompat(t)
  const pair = await obtain('grace')
  t.equal(await visit(pair.access, '/admin/x'), 403)
  await gateway.gateway.operatorUsers.setRoles('grace', ['admin'])
  t.equal(await visit(pair.access), 401, 'a token of the old roles is good no more')
  for (const turn of [1, 2, 3]) {
    const { status, body } = await refresh(pair.refresh)
    t.equal(status, 200, `turn ${turn}`)
    t.strictSame(Object.keys(body as object), ['access'])
    t.equal(await visit((body as Pair).access, '/admin/x'), 200)
  }
})

t.test('of a user who is disabled nothing is good any more, and the answer says why', async (t) => {
  for (const rotate of [true, false]) {
    const { gateway, obtain, refresh, visit, post } = await startCompat(t, `rotate: ${rotate}`)
    const pair = await obtain()
    await gateway.gateway.operatorUsers.setDisabled('ada', true)
    t.equal(await visit(pair.access), 401)
    t.equal(said(await refresh(pair.refresh)), '401 No active account found for the given token.')
    t.equal(said(await post('verify/', { token: pair.access })), '401 Token is invalid or expired')
    const again = await post('', { username: 'ada', password: 'correct horse battery' })
    t.equal(said(again), '401 No active account found with the given credentials')
  }
})

t.test('a changed password ends what was handed out before', async (t) => {
  const { gateway, obtain, refresh, visit } = await startCompat(t)
  const pair = await obtain()
  await gateway.gateway.operatorUsers.setPassword('ada', 'another horse battery')
  t.equal(await visit(pair.access), 401)
  t.equal(said(await refresh(pair.refresh)), '401 Token is blacklisted')
})

t.test('the blacklist ends access tokens too, at once and over a restart', async (t) => {
  for (const rotate of [true, false]) {
    const { gateway, obtain, refresh, visit, post } = await startCompat(t, `rotate: ${rotate}`, {
      rest: 'store: sqlite:data.db'
    })
    const pair = await obtain()
    const renewed = (await refresh(pair.refresh)).body as Pair
    const other = await obtain()
    t.equal((await post('blacklist/', { refresh: renewed.refresh ?? pair.refresh })).status, 200)
    for (const access of [pair.access, renewed.access]) t.equal(await visit(access), 401)
    const restarted = clientOf(await gateway.restart())
    for (const access of [pair.access, renewed.access]) t.equal(await restarted.visit(access), 401)
    t.equal(await restarted.visit(other.access), 200, 'another session goes on')
    t.equal(said(await restarted.refresh(pair.refresh)), '401 Token is blacklisted')
  }
})

t.test('an access token does not outlive its session, nor a session its age', async (t) => {
  const { obtain, refresh, visit } = await startCompat(t, 'rotate: true, access: 10m, refresh: 15m, session: 20m')
  const clock = freezeClock(t)
  const begun = clock.seconds()
  let pair = await obtain()
  t.equal(claimsOf(pair.refresh).exp, begun + 900)
  clock.advance(700)
  pair = (await refresh(pair.refresh)).body as Pair
  t.equal(claimsOf(pair.refresh).exp, begun + 1200)
  t.equal(claimsOf(pair.access).exp, begun + 1200)
  clock.advance(499)
  t.equal(await visit(pair.access), 200)
  clock.advance(1)
  t.equal(await visit(pair.access), 401)
  t.equal(said(await refresh(pair.refresh)), '401 Token is invalid or expired')
})

t.test('what has ended stays so for as long as leeway lets a token live, over a restart too', async (t) => {
  const clock = freezeClock(t)
  const settings = 'access: 5m, leeway: 60s, rotate: true'
  const { gateway, obtain, visit, post } = await startCompat(t, settings, { rest: 'store: sqlite:data.db' })
  const [ended, other] = [await obtain(), await obtain()]
  t.equal((await post('blacklist/', { refresh: ended.refresh })).status, 200)
  clock.advance(355)
  t.equal(await visit(other.access), 200, 'by leeway alone')
  t.equal(await visit(ended.access), 401)
  const restarted = clientOf(await gateway.restart())
  t.equal(await restarted.visit(other.access), 200)
  t.equal(await restarted.visit(ended.access), 401)
})

t.test('what a refresh within leeway hands out has not ended yet', async (t) => {
  const clock = freezeClock(t)
  for (const rotate of [true, false]) {
    const settings = `access: 5m, refresh: 10m, rotate: ${rotate}, leeway: 30s`
    const { obtain, refresh, visit } = await startCompat(t, settings)
    const [pair, other] = [await obtain(), await obtain()]
    clock.advance(629)
    const { access } = (await refresh(pair.refresh)).body as Pair
    t.equal(claimsOf(access).exp, clock.seconds() + (rotate ? 300 : 1))
    t.equal(await visit(access), 200)
    clock.advance(1)
    t.equal(said(await refresh(other.refresh)), '401 Token is invalid or expired')
  }
})

t.test('a sliding token that can no longer be exchanged ends with its session, over a restart too', async (t) => {
  const clock = freezeClock(t)
  const { gateway, obtain, visit, post } = await startCompat(
    t,
    'auth_tokens: [sliding], leeway: 5s, sliding: { lifetime: 1h, refresh: 10m }',
    { rest: 'store: sqlite:data.db' }
  )
  const [ended, other] = [await obtain('ada', 'sliding/'), await obtain('ada', 'sliding/')]
  t.equal(claimsOf(ended.token).exp, clock.seconds() + 3600)
  clock.advance(604)
  t.equal((await post('sliding/refresh/', { token: other.token })).status, 200, 'by leeway')
  clock.advance(1)
  t.equal(said(await post('sliding/refresh/', { token: other.token })), "401 Token 'refresh_exp' claim has expired")
  const logout = await fetch(`${gateway.url}/auth/logout`, { method: 'POST', headers: bearer(ended.token) })
  t.equal(logout.status, 204)
  t.equal(await visit(ended.token), 401)
  clock.advance(2999)
  const restarted = clientOf(await gateway.restart())
  t.equal(await restarted.visit(ended.token), 401)
  t.equal(await restarted.visit(other.token), 200, 'another goes on, and within leeway')
  clock.advance(1)
  t.equal(await restarted.visit(other.token), 401)
})

t.test('sessions are listed and ended with all others of the user', async (t) => {
  const { gateway, obtain, refresh, visit } = await startCompat(t)
  const [pair, { access_token }] = [await obtain(), await gateway.login('ada')]
  const listed = await fetch(`${gateway.url}/auth/sessions`, { headers: bearer(access_token) })
  t.equal(((await listed.json()) as { sessions: unknown[] }).sessions.length, 2)
  await fetch(`${gateway.url}/auth/logout-all`, { method: 'POST', headers: bearer(access_token) })
  t.equal(await visit(pair.access), 401)
  t.equal((await refresh(pair.refresh)).status, 401)
})

t.test('a token handed out while tokens rotated is spent by its use, also once they no longer do', async (t) => {
  const { gateway, obtain, refresh, yaml } = await startCompat(t, 'rotate: true', {
    rest: 'tokens: { refresh: { reuse_grace: 0s } }'
  })
  const pair = await obtain()
  gateway.reload(yaml('rotate: false'))
  const renewed = (await refresh(pair.refresh)).body as Pair
  t.type(renewed.refresh, 'string')
  t.equal(said(await refresh(pair.refresh)), '401 Token is blacklisted')
  t.equal((await refresh(renewed.refresh)).status, 401, 'and the session has ended')
})
