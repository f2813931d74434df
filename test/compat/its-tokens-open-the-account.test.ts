import t, { type Test } from 'tap'
import { bearer, PASSWORD, post, verdictOf } from '../helpers/gateway.js'
import { change } from './asking.js'
import { type Pair, SECRET, said, startCompat } from './compat-fixture.js'

const NEW_PASSWORD = 'another horse battery'
const passwords = { current_password: PASSWORD, new_password: NEW_PASSWORD }

interface Listed {
  readonly sessions: readonly { readonly id: string; readonly current: boolean }[]
}

type Compat = Awaited<ReturnType<typeof startCompat>>

const call = ({ gateway }: Compat, method: string, path: string, token: string) =>
  fetch(`${gateway.url}/auth${path}`, { method, headers: bearer(token) })

const list = async (compat: Compat, token: string) =>
  ((await (await call(compat, 'GET', '/sessions', token)).json()) as Listed).sessions

const changePassword = ({ gateway }: Compat, token: string, body: object = passwords) =>
  post(`${gateway.url}/auth/password`, body, bearer(token))

t.test('a client lists its sessions, ends one, and all others', async (t) => {
  const compat = await startCompat(t)
  const { gateway, obtain, refresh, visit } = compat
  const [pair, second, third] = [await obtain(), await obtain(), await gateway.login('ada')]
  const stranger = await obtain('grace')
  const listed = await list(compat, pair.access)
  t.equal(listed.length, 3)
  t.equal(listed.filter(({ current }) => current).length, 1)
  const [own] = await list(compat, stranger.access)
  t.equal((await call(compat, 'DELETE', `/sessions/${own?.id}`, pair.access)).status, 404, 'only one’s own')
  const current = (await list(compat, second.access)).find((session) => session.current)
  t.equal((await call(compat, 'DELETE', `/sessions/${current?.id}`, pair.access)).status, 204)
  t.equal(await visit(second.access), 401)
  t.equal((await call(compat, 'DELETE', '/sessions', pair.access)).status, 204)
  t.equal(await visit(third.access_token), 401)
  t.equal(await visit(pair.access), 200, 'the one that asks goes on')
  t.equal((await refresh(pair.refresh)).status, 200)
  t.equal(await visit(stranger.access), 200)
})

t.test('a client that signs out by any token of its session is out, and nobody else is', async (t) => {
  const compat = await startCompat(t, 'rotate: true')
  const { gateway, obtain, refresh, visit } = compat
  const expired = (token: string) => change({ url: '', secret: SECRET }, token, { exp: 1_600_000_000 })
  const shown: readonly [string, (pair: Pair) => Promise<Response>][] = [
    ['its access token', ({ access }) => call(compat, 'POST', '/logout', access)],
    ['an access token in the body', ({ access }) => post(`${gateway.url}/auth/logout`, { token: access })],
    ['one that has expired', ({ access }) => call(compat, 'POST', '/logout', expired(access))],
    ['its refresh token', (pair) => post(`${gateway.url}/auth/logout`, { refresh_token: pair.refresh })],
    ['one that has expired', (pair) => post(`${gateway.url}/auth/logout`, { refresh_token: expired(pair.refresh) })]
  ]
  const other = await obtain()
  for (const [name, signOut] of shown) {
    const pair = await obtain()
    t.equal((await signOut(pair)).status, 204, name)
    t.equal(await visit(pair.access), 401, name)
    t.equal((await refresh(pair.refresh)).status, 401, name)
  }
  t.equal(await visit(other.access), 200)
  t.equal(gateway.audit.filter(({ event }) => event === 'logout').length, shown.length)
  const spent = await obtain()
  await refresh(spent.refresh)
  t.equal((await post(`${gateway.url}/auth/logout`, { refresh_token: spent.refresh })).status, 204, 'a spent one too')
  t.equal(await visit(spent.access), 401)
})

t.test('a service ends a session by any of its tokens (RFC 7009)', async (t) => {
  const secret = 'billing-secret-0123456789-0123456789'
  const { gateway, obtain, refresh, visit } = await startCompat(t, '', {
    rest: `clients: { billing: { secret: ${secret} } }`
  })
  const asked = { method: 'POST', headers: { authorization: `Basic ${btoa(`billing:${secret}`)}` } }
  const other = await obtain()
  for (const kind of ['access', 'refresh'] as const) {
    const pair = await obtain()
    const body = new URLSearchParams({ token: pair[kind] })
    t.equal((await fetch(`${gateway.url}/auth/revoke`, { ...asked, body })).status, 200)
    t.equal(await visit(pair.access), 401, kind)
    t.equal((await refresh(pair.refresh)).status, 401, kind)
  }
  t.equal(await visit(other.access), 200)
})

t.test('signing out everywhere takes a token that holds', async (t) => {
  const compat = await startCompat(t)
  const { gateway, obtain, visit } = compat
  const logoutAll = (body: object) => post(`${gateway.url}/auth/logout-all`, body)
  for (const kind of ['access', 'refresh'] as const) {
    const [pair, own] = [await obtain(), await gateway.login('ada')]
    t.equal((await logoutAll({ token: pair[kind] })).status, 204, kind)
    for (const token of [pair.access, own.access_token]) t.equal(await visit(token), 401, kind)
    const later = await obtain()
    t.equal((await logoutAll({ token: pair[kind] })).status, 401, `${kind}: once it holds no more`)
    t.equal(await visit(later.access), 200)
  }
})

async function changed(t: Test, compat: Compat, token: string): Promise<Pair> {
  const response = await changePassword(compat, token)
  t.equal(response.status, 200)
  t.equal(response.headers.get('cache-control'), 'no-store')
  return (await response.json()) as Pair
}

t.test('a client changes its password and goes on with tokens of its own kind', async (t) => {
  const compat = await startCompat(t, 'rotate: true')
  const { gateway, obtain, refresh, visit, post: ask } = compat
  const [pair, own] = [await obtain(), await gateway.login('ada')]
  const wrong = await changePassword(compat, pair.access, { ...passwords, current_password: 'wrong' })
  t.equal(await verdictOf(wrong), '401 invalid_credentials')
  const renewed = await changed(t, compat, pair.access)
  t.strictSame(Object.keys(renewed).sort(), ['access', 'refresh'])
  for (const token of [pair.access, own.access_token]) t.equal(await visit(token), 401)
  t.equal((await refresh(pair.refresh)).status, 401)
  t.equal(await visit(renewed.access, '/admin/x'), 200)
  t.equal((await refresh(renewed.refresh)).status, 200)
  t.equal(said(await ask('', { username: 'ada', password: PASSWORD })).slice(0, 3), '401')
  t.equal((await ask('', { username: 'ada', password: NEW_PASSWORD })).status, 200)
  t.equal(await verdictOf(await changePassword(compat, pair.access)), '401 revoked_token')
})

t.test('by a sliding token it is answered a sliding token', async (t) => {
  const compat = await startCompat(t, 'auth_tokens: [sliding]')
  const { token } = await compat.obtain('ada', 'sliding/')
  const renewed = await changed(t, compat, token)
  t.strictSame(Object.keys(renewed), ['token'])
  t.equal(await compat.visit(token), 401)
  t.equal(await compat.visit(renewed.token), 200)
  t.equal((await compat.post('sliding/refresh/', { token: renewed.token })).status, 200)
  const { access } = await compat.obtain('grace')
  t.equal((await call(compat, 'GET', '/sessions', access)).status, 401, 'what shows nobody opens no account')
})

t.test('no token that shows nobody opens an account, nor one of a user who is gone', async (t) => {
  const compat = await startCompat(t)
  const { gateway, obtain } = compat
  const pair = await obtain()
  const side = { url: gateway.url, secret: SECRET }
  const otherKey = { ...side, secret: 'x'.repeat(40) }
  const refused: readonly [string, string, string][] = [
    ['a refresh token', pair.refresh, 'invalid_token'],
    ['expired', change(side, pair.access, { exp: 1_600_000_000 }), 'expired_token'],
    ['another key', change(otherKey, pair.access, {}), 'invalid_token'],
    ['no session', change(side, pair.access, { sid: undefined }), 'invalid_token']
  ]
  for (const [name, token, code] of refused)
    for (const [method, path] of [
      ['GET', '/sessions'],
      ['DELETE', '/sessions'],
      ['POST', '/logout-all']
    ] as const) {
      if (path === '/logout-all' && name === 'a refresh token') continue
      t.equal(await verdictOf(await call(compat, method, path, token)), `401 ${code}`, `${name}: ${method} ${path}`)
    }
  t.equal(await verdictOf(await changePassword(compat, pair.refresh)), '401 invalid_token')
  // Whoever shares the key can name any user, but changes no password without one of their sessions.
  const { id, username } = await gateway.addUser({ username: 'eve' })
  const { access } = await obtain('grace')
  for (const [sub, verdict] of [
    [{ sub: id, user_id: id, username }, '401 revoked_token'],
    [{ sub: id, user_id: id }, '401 invalid_credentials'],
    [{ sub: id, username }, '401 invalid_token'],
    [{ username }, '401 invalid_credentials']
  ] as const)
    t.equal(await verdictOf(await changePassword(compat, change(side, access, sub))), verdict)
  await gateway.gateway.operatorUsers.setDisabled('ada', true)
  t.equal(await verdictOf(await call(compat, 'GET', '/sessions', pair.access)), '401 revoked_token')
})

t.test('the endpoints read tokens where the settings say that they come', async (t) => {
  const compat = await startCompat(t, 'auth_header: X-Access-Token, auth_header_types: [JWT]')
  const { gateway, obtain } = compat
  const { access } = await obtain()
  const show = async (path: string, headers: Record<string, string>) =>
    (await fetch(`${gateway.url}/auth${path}`, { headers })).status
  for (const path of ['/sessions', '/userinfo']) {
    t.equal(await show(path, { 'x-access-token': `JWT ${access}` }), 200, path)
    t.equal(await show(path, { authorization: `JWT ${access}` }), 200, path)
    t.equal(await show(path, bearer(access)), 200, path)
    t.equal(await show(path, { 'x-access-token': 'JWT x', ...bearer(access) }), 401, path)
    t.equal(await show(path, { authorization: `Other ${access}` }), 401, path)
  }
})
