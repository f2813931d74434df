import t from 'tap'
import {
  ACCESS,
  cookieField,
  cookieLogin,
  cookieSettings,
  cookiesOf,
  OWN_PAGE,
  REFRESH
} from '../helpers/browser-session.js'
import { freezeClock } from '../helpers/clock.js'
import { PASSWORD, post, startGateway, verdictOf } from '../helpers/gateway.js'
import { NOWHERE, site } from '../helpers/site.js'

const TOKEN = /eyJ|prt_|[A-Za-z0-9_-]{32}/

const start = (t: Parameters<typeof startGateway>[0], settings = cookieSettings()) =>
  startGateway(t, site(NOWHERE, settings), [{ username: 'ada', roles: ['user'] }])

/** Calls an endpoint with cookies and nothing else, as a page does. */
const call = (
  url: string,
  method: string,
  cookies: Record<string, string>,
  headers: Record<string, string> = OWN_PAGE
) => fetch(url, { method, headers: { cookie: cookieField(cookies), ...headers } })

t.test('a login that asks for cookies gets two that no script can read, and no token', async (t) => {
  const gateway = await start(t)
  const response = await cookieLogin(gateway, 'ada')
  t.equal(response.status, 200)
  t.equal(response.headers.get('cache-control'), 'no-store')
  t.strictSame(await response.json(), { expires_in: 900, refresh_expires_in: 604_800 })
  const fields = response.headers.getSetCookie()
  t.equal(fields.length, 2)
  t.match(fields[0], /^__Host-portcullis-access=eyJ[\w.-]+; Max-Age=900; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
  t.match(fields[1], /^__Host-portcullis-refresh=[\w.-]+; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
})

t.test('a form may ask for them too; without asking nothing changes', async (t) => {
  const { url } = await start(t, cookieSettings(', same_site: strict'))
  const form = (fields: Record<string, string>) =>
    fetch(`${url}/auth/login`, {
      method: 'POST',
      headers: OWN_PAGE,
      body: new URLSearchParams({ username: 'ada', password: PASSWORD, ...fields })
    })
  const asked = await form({ cookies: 'true' })
  t.match(asked.headers.getSetCookie()[0], /SameSite=Strict$/)
  t.notMatch(await asked.text(), TOKEN)
  for (const fields of [{}, { cookies: 'false' }] as Record<string, string>[]) {
    const plain = await form(fields)
    t.same(plain.headers.getSetCookie(), [])
    t.match(await plain.json(), { token_type: 'Bearer', access_token: String, refresh_token: String })
  }
})

t.test('asking for what is not there, or unclearly, is an error', async (t) => {
  const off = await start(t, '')
  const on = await start(t)
  const ask = async ({ url }: { url: string }, cookies: unknown) => {
    const response = await post(`${url}/auth/login`, { username: 'ada', password: PASSWORD, cookies }, OWN_PAGE)
    return [response.headers.getSetCookie().length, await response.json()] as const
  }
  t.match(await ask(off, true), [
    0,
    { status: 400, code: 'invalid_request', detail: 'This gateway does not keep sessions in cookies.' }
  ])
  for (const unclear of [1, 'yes', null, {}]) {
    t.match(await ask(on, unclear), [0, { status: 400, detail: 'The field "cookies" must be true or false.' }])
  }
  t.match(await ask(off, false), [0, { token_type: 'Bearer' }])
})

t.test('a refresh by cookie answers in cookies, and spends the old one', async (t) => {
  const clock = freezeClock(t)
  const gateway = await start(t)
  const first = cookiesOf(await cookieLogin(gateway, 'ada'))
  const response = await call(`${gateway.url}/auth/refresh`, 'POST', first)
  t.equal(response.status, 200)
  const second = cookiesOf(response)
  t.strictSame(Object.keys(second), [ACCESS, REFRESH])
  t.not(second[REFRESH], first[REFRESH])
  t.strictSame(await response.json(), { expires_in: 900, refresh_expires_in: 604_800 })

  const twin = await call(`${gateway.url}/auth/refresh`, 'POST', first)
  t.equal(cookiesOf(twin)[REFRESH], second[REFRESH], 'a second tab gets the same successor')
  t.equal((await call(`${gateway.url}/auth/refresh`, 'POST', second)).status, 200)

  clock.advance(60)
  const late = await call(`${gateway.url}/auth/refresh`, 'POST', first)
  t.strictSame(cookiesOf(late), { [ACCESS]: '', [REFRESH]: '' }, 'what is of no use any more is cleared')
  t.equal(await verdictOf(late), '401 invalid_refresh_token')
})

t.test('a token in the body is answered in the body, whatever the cookies', async (t) => {
  const gateway = await start(t)
  const cookies = cookiesOf(await cookieLogin(gateway, 'ada'))
  const tokens = await gateway.login('ada')
  const response = await post(
    `${gateway.url}/auth/refresh`,
    { refresh_token: tokens.refresh_token },
    { cookie: cookieField(cookies), ...OWN_PAGE }
  )
  t.same(response.headers.getSetCookie(), [])
  t.match(await response.json(), { access_token: String, refresh_token: String })
  t.equal((await call(`${gateway.url}/auth/refresh`, 'POST', cookies)).status, 200, 'the cookie is unspent')
})

t.test('signing out by cookie ends the session and clears both cookies, in whatever state they are', async (t) => {
  const gateway = await start(t)
  for (const endpoint of ['logout', 'logout-all']) {
    const both = cookiesOf(await cookieLogin(gateway, 'ada'))
    const response = await call(`${gateway.url}/auth/${endpoint}`, 'POST', both)
    t.equal(response.status, 204)
    t.strictSame(cookiesOf(response), { [ACCESS]: '', [REFRESH]: '' })
    for (const field of response.headers.getSetCookie())
      t.match(field, /=; Max-Age=0; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
    t.equal(await verdictOf(await call(`${gateway.url}/auth/userinfo`, 'GET', both)), '401 revoked_token')
    t.equal(await verdictOf(await call(`${gateway.url}/auth/refresh`, 'POST', both)), '401 invalid_refresh_token')
  }
  const { [ACCESS]: access = '' } = cookiesOf(await cookieLogin(gateway, 'ada'))
  t.equal(
    (await call(`${gateway.url}/auth/logout`, 'POST', { [ACCESS]: access })).status,
    204,
    'the access cookie alone'
  )
  for (const value of ['', 'nonsense', `x; ${REFRESH}=y`]) {
    const response = await call(`${gateway.url}/auth/logout`, 'POST', { [REFRESH]: value })
    t.equal(response.status, 401)
    t.strictSame(cookiesOf(response), { [ACCESS]: '', [REFRESH]: '' }, value)
  }
})

t.test('the endpoints about the caller know the caller by cookie', async (t) => {
  const gateway = await start(t)
  const cookies = cookiesOf(await cookieLogin(gateway, 'ada'))
  const mine = await call(`${gateway.url}/auth/userinfo`, 'GET', cookies, {})
  t.match(await mine.json(), { username: 'ada' })
  t.equal(await verdictOf(await call(`${gateway.url}/auth/userinfo`, 'GET', {}, {})), '401 missing_token')
  t.equal(await verdictOf(await call(`${gateway.url}/auth/refresh`, 'POST', {})), '401 missing_token')
})

t.test('sessions are listed and ended, and a password changed, by cookie', async (t) => {
  const gateway = await start(t)
  const other = cookiesOf(await cookieLogin(gateway, 'ada'))
  const cookies = cookiesOf(await cookieLogin(gateway, 'ada'))
  const list = await call(`${gateway.url}/auth/sessions`, 'GET', cookies, {})
  t.equal(list.status, 200)
  const remove = (headers: Record<string, string>) => call(`${gateway.url}/auth/sessions`, 'DELETE', cookies, headers)
  t.equal(await verdictOf(await remove({})), '403 csrf_failed')
  t.equal((await remove(OWN_PAGE)).status, 204)
  t.equal(await verdictOf(await call(`${gateway.url}/auth/userinfo`, 'GET', other)), '401 revoked_token')

  const change = (headers: Record<string, string>) =>
    post(
      `${gateway.url}/auth/password`,
      { current_password: PASSWORD, new_password: 'a quite different one' },
      { cookie: cookieField(cookies), ...headers }
    )
  t.equal(await verdictOf(await change({ 'sec-fetch-site': 'cross-site' })), '403 csrf_failed')
  const changed = await change(OWN_PAGE)
  t.equal(changed.status, 200)
  t.notMatch(await changed.clone().text(), TOKEN)
  const renewed = cookiesOf(changed)
  t.strictSame(Object.keys(renewed), [ACCESS, REFRESH])
  t.equal((await call(`${gateway.url}/auth/userinfo`, 'GET', renewed, {})).status, 200)
})

t.test('a store that does not answer clears nothing', async (t) => {
  let down = false
  const gateway = await startGateway(t, site(NOWHERE, cookieSettings()), [{ username: 'ada' }], {
    wrapStore: (store) => ({
      ...store,
      sessions: {
        ...store.sessions,
        rotate: (rotation) => (down ? Promise.reject(new Error('down')) : store.sessions.rotate(rotation))
      }
    })
  })
  const cookies = cookiesOf(await cookieLogin(gateway, 'ada'))
  down = true
  const response = await call(`${gateway.url}/auth/refresh`, 'POST', cookies)
  t.equal(response.status, 500)
  t.same(response.headers.getSetCookie(), [])
})

t.test('without TLS, if the file insists, the cookies have another name', async (t) => {
  const gateway = await start(
    t,
    `public_url: http://gateway.lan\n${cookieSettings(', insecure_cookies_without_tls: true')}`
  )
  const response = await cookieLogin(gateway, 'ada')
  for (const field of response.headers.getSetCookie())
    t.match(field, /^portcullis-(access|refresh)=[^;]+; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/)
})

t.test('a token that no browser would keep is refused, and not lost in silence', async (t) => {
  const gateway = await start(t)
  const roles = Array.from({ length: 64 }, (_, i) => `${i}`.padEnd(60, 'x'))
  await gateway.addUser({ username: 'eve', roles })
  const response = await cookieLogin(gateway, 'eve')
  t.same(response.headers.getSetCookie(), [])
  t.equal(await verdictOf(response), '431 headers_too_large')
})

t.test('no cookie comes to a log', async (t) => {
  const gateway = await start(t)
  const cookies = cookiesOf(await cookieLogin(gateway, 'ada'))
  await call(`${gateway.url}/auth/refresh`, 'POST', cookies)
  await call(`${gateway.url}/x`, 'GET', cookies)
  const logs = JSON.stringify([gateway.access, gateway.audit])
  for (const value of Object.values(cookies)) t.notOk(logs.includes(value))
})
