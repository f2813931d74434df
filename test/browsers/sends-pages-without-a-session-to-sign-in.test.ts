import t from 'tap'
import { request } from 'undici'
import { cookieSettings } from '../helpers/browser-session.js'
import { startGateway } from '../helpers/gateway.js'
import { NOWHERE, site } from '../helpers/site.js'

const settings = cookieSettings(', login_url: /login')
const PAGE = { 'sec-fetch-mode': 'navigate' }
const CHROME = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8'

interface Asked {
  readonly method?: 'POST'
  readonly headers: Record<string, string>
}

type Row = readonly [name: string, path: string, init: Asked, location: string | null]

const table: readonly Row[] = [
  ['a navigation', '/reports?a=1&b=%20', { headers: PAGE }, '/login?return_to=%2Freports%3Fa%3D1%26b%3D%2520'],
  ['an old browser', '/reports', { headers: { accept: CHROME } }, '/login?return_to=%2Freports'],
  ['a page of XHTML', '/x', { headers: { accept: 'application/xhtml+xml' } }, '/login?return_to=%2Fx'],
  ['a script', '/x', { headers: { accept: CHROME, 'sec-fetch-mode': 'cors' } }, null],
  ['an image', '/x', { headers: { accept: CHROME, 'sec-fetch-dest': 'image' } }, null],
  ['curl', '/x', { headers: { accept: '*/*' } }, null],
  ['data rather than a page', '/x', { headers: { accept: 'text/html;q=0.5, application/json' } }, null],
  ['no preference', '/x', { headers: { accept: '' } }, null],
  ['a POST', '/x', { method: 'POST', headers: PAGE }, null],
  ['a client with a token', '/x', { headers: { ...PAGE, authorization: 'Bearer x' } }, null],
  ['the login page itself', '/login?a', { headers: PAGE }, null],
  ['an endpoint of the gateway', '/auth/userinfo', { headers: PAGE }, null],
  ['a way back that is too long', `/x?${'a'.repeat(3000)}`, { headers: PAGE }, '/login'],
  // A login page that follows `//evil.example` would leave the site.
  ['a path that reads as a host', '//evil.example/', { headers: PAGE }, '/login']
]

t.test('a page goes to the login page, anything else is refused', async (t) => {
  const yaml = site(NOWHERE, settings).replace('url: "http', 'paths: { empty_segments: allow }, url: "http')
  const gateway = await startGateway(t, yaml)
  for (const [name, path, init, location] of table) {
    const { statusCode, headers, body } = await request(`${gateway.url}${path}`, init)
    t.equal(statusCode, location === null ? 401 : 303, name)
    t.equal(headers.location ?? null, location, name)
    t.equal(headers['cache-control'], 'no-store', name)
    const text = await body.text()
    if (location === null) t.match(JSON.parse(text), { status: 401 }, name)
    else t.equal(text, '', name)
  }
  const line = gateway.access[0]
  t.match(line, { status: 303, verdict: 'deny', code: 'missing_token' }, 'the log says what was decided')
})

t.test('a cookie that does not hold is no session', async (t) => {
  const { url } = await startGateway(t, site(NOWHERE, settings))
  const headers = { ...PAGE, cookie: '__Host-portcullis-access=nonsense' }
  const response = await request(`${url}/x`, { headers })
  t.equal(response.headers.location, '/login?return_to=%2Fx')
})

t.test('the login page may be elsewhere, and have a query', async (t) => {
  const { url } = await startGateway(t, site(NOWHERE, cookieSettings(', login_url: "https://id.example.com/in?app=1"')))
  const response = await request(`${url}/x`, { headers: PAGE })
  t.equal(response.headers.location, 'https://id.example.com/in?app=1&return_to=%2Fx')
})

t.test('without cookies or without a login page there is only the refusal', async (t) => {
  for (const none of [cookieSettings(), 'tokens: { cookies: { login_url: /login } }']) {
    const { url } = await startGateway(t, site(NOWHERE, none))
    t.equal((await request(`${url}/x`, { headers: PAGE })).statusCode, 401, none)
  }
})
