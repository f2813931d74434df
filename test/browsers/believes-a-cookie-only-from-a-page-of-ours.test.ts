import t from 'tap'
import { ACCESS, cookieField, cookieLogin, cookieSettings, cookiesOf, OWN_PAGE } from '../helpers/browser-session.js'
import { bearer, startGateway, verdictOf } from '../helpers/gateway.js'
import { sendRaw } from '../helpers/raw-request.js'
import { site } from '../helpers/site.js'
import { startUpstream } from '../helpers/upstream.js'

const APP = 'https://app.example.com'
const settings = (credentials = true) =>
  `public_url: https://api.example.com\ncors: { origins: [${APP}], credentials: ${credentials} }\n${cookieSettings()}`

type Headers = Record<string, string>

const HANDSHAKE = {
  upgrade: 'websocket',
  connection: 'Upgrade',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ=='
}

/** Sends what fetch would not, and says what became of it as one word. */
async function ask(port: number, method: string, headers: Headers): Promise<string> {
  const lines = Object.entries({ host: 'gateway.test', 'content-length': '0', ...headers })
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  const { status, body } = await sendRaw(port, `${method} /x HTTP/1.1\r\n${head}\r\n`, 30)
  return status < 400 ? String(status) : `${status} ${/"code":"(\w+)"/.exec(body)?.[1]}`
}

/** Method, what the browser says, and what becomes of it under a rule that needs an identity. */
const table: readonly (readonly [method: string, headers: Headers, verdict: string])[] = [
  ['GET', {}, '200'],
  ['GET', { 'sec-fetch-site': 'cross-site' }, '200'],
  ['HEAD', { origin: 'https://evil.example' }, '200'],
  ['OPTIONS', {}, '200'],
  ['POST', {}, '403 csrf_failed'],
  ['POST', OWN_PAGE, '200'],
  ['PUT', OWN_PAGE, '200'],
  ['DELETE', {}, '403 csrf_failed'],
  ['PATCH', { 'sec-fetch-site': 'none' }, '403 csrf_failed'],
  ['PROPFIND', {}, '403 csrf_failed'],
  ['POST', { 'sec-fetch-site': 'same-site' }, '403 csrf_failed'],
  ['POST', { 'sec-fetch-site': 'cross-site' }, '403 csrf_failed'],
  ['POST', { 'sec-fetch-site': 'cross-site', origin: 'https://api.example.com' }, '403 csrf_failed'],
  ['POST', { 'sec-fetch-site': 'same-site', origin: APP }, '200'],
  ['POST', { 'sec-fetch-site': 'cross-site', origin: APP }, '200'],
  ['POST', { 'sec-fetch-site': 'none', origin: APP }, '403 csrf_failed'],
  ['POST', { 'sec-fetch-site': 'SAME-ORIGIN' }, '403 csrf_failed'],
  ['POST', { 'sec-fetch-site': 'same-origin, cross-site' }, '403 csrf_failed'],
  ['POST', { origin: 'https://api.example.com' }, '200'],
  ['POST', { origin: APP }, '200'],
  ['POST', { origin: 'null' }, '403 csrf_failed'],
  ['POST', { origin: '' }, '403 csrf_failed'],
  ['POST', { origin: 'https://api.example.com.evil.example' }, '403 csrf_failed'],
  ['POST', { origin: 'http://api.example.com' }, '403 csrf_failed'],
  ['POST', { origin: 'https://API.example.com' }, '403 csrf_failed'],
  ['POST', { referer: 'https://api.example.com/page' }, '403 csrf_failed'],
  ['GET', { upgrade: 'websocket', connection: 'Upgrade' }, '403 csrf_failed'],
  ['GET', { 'sec-websocket-version': '13' }, '403 csrf_failed'],
  ['GET', { upgrade: 'websocket', connection: 'Upgrade', origin: 'https://evil.example' }, '403 csrf_failed'],
  ['GET', { ...HANDSHAKE, origin: 'https://evil.example' }, '403 csrf_failed'],
  ['GET', { ...HANDSHAKE, origin: APP }, '200'],
  ['GET', { ...HANDSHAKE, origin: 'https://api.example.com' }, '200']
]

t.test('what changes something needs a proof of where it comes from', async (t) => {
  const { url } = await startUpstream(t)
  const gateway = await startGateway(t, site(url, settings()), [{ username: 'ada' }])
  const cookie = cookieField(cookiesOf(await cookieLogin(gateway, 'ada')))
  for (const [method, headers, verdict] of table) {
    t.equal(await ask(gateway.port, method, { cookie, ...headers }), verdict, `${method} ${JSON.stringify(headers)}`)
  }
})

t.test('under `anyone` such a request is anonymous', async (t) => {
  const upstream = await startUpstream(t)
  const gateway = await startGateway(t, site(upstream.url, settings()), [{ username: 'ada' }])
  const cookie = cookieField(cookiesOf(await cookieLogin(gateway, 'ada')))
  const ask = async (headers: Headers) => {
    await fetch(`${gateway.url}/open/x`, { method: 'POST', headers: { cookie, ...headers } })
    return [upstream.last().headers['x-user-name'], gateway.access.at(-1)?.credential]
  }
  t.same(await ask({ 'sec-fetch-site': 'cross-site' }), [undefined, 'csrf_failed'])
  t.same(await ask(OWN_PAGE), ['ada', 'valid'])
})

t.test('a listed origin that may not send credentials proves nothing', async (t) => {
  const { url } = await startUpstream(t)
  const gateway = await startGateway(t, site(url, settings(false)), [{ username: 'ada' }])
  const cookie = cookieField(cookiesOf(await cookieLogin(gateway, 'ada')))
  const response = await fetch(`${gateway.url}/x`, { method: 'POST', headers: { cookie, origin: APP } })
  t.equal(await verdictOf(response), '403 csrf_failed')
})

t.test('without a public URL the request names the origin, and only a trusted proxy its scheme', async (t) => {
  const { url } = await startUpstream(t)
  for (const [proxies, proto, origin, verdict] of [
    ['', 'http', 'http://gateway.test', '200'],
    ['', 'http', 'https://gateway.test', '403 csrf_failed'],
    ['', 'https', 'https://gateway.test', '403 csrf_failed'],
    ['trusted_proxies: [127.0.0.1]', 'https', 'https://gateway.test', '200'],
    ['trusted_proxies: [127.0.0.1]', 'https', 'http://gateway.test', '403 csrf_failed']
  ] as const) {
    const gateway = await startGateway(t, site(url, `${proxies}\n${cookieSettings()}`), [{ username: 'ada' }])
    const cookie = cookieField(cookiesOf(await cookieLogin(gateway, 'ada')))
    const headers = { cookie, origin, 'x-forwarded-proto': proto }
    t.equal(await ask(gateway.port, 'POST', headers), verdict, `${proxies} ${proto} ${origin}`)
  }
})

t.test('signing in, refreshing and signing out by cookie need the same proof', async (t) => {
  const gateway = await startGateway(t, site('http://127.0.0.1:9', settings()), [{ username: 'ada' }])
  for (const headers of [{}, { 'sec-fetch-site': 'cross-site' }, { origin: 'null' }] as Headers[]) {
    const login = await cookieLogin(gateway, 'ada', headers)
    t.same(login.headers.getSetCookie(), [])
    t.equal(await verdictOf(login), '403 csrf_failed', 'nobody is signed in as somebody else')
  }
  t.equal((await cookieLogin(gateway, 'ada', { origin: APP })).status, 200)
  const cookie = cookieField(cookiesOf(await cookieLogin(gateway, 'ada')))
  for (const endpoint of ['refresh', 'logout', 'logout-all']) {
    const body = new URLSearchParams({ x: 'y' })
    const response = await fetch(`${gateway.url}/auth/${endpoint}`, {
      method: 'POST',
      body,
      headers: { cookie, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
    })
    t.same(response.headers.getSetCookie(), [], 'and no other site can sign anybody out')
    t.equal(await verdictOf(response), '403 csrf_failed', endpoint)
  }
})

t.test('an Authorization field wins, and two cookies of one name are none', async (t) => {
  const upstream = await startUpstream(t)
  const gateway = await startGateway(t, site(upstream.url, settings()), [{ username: 'ada' }, { username: 'bob' }])
  const { [ACCESS]: ada = '' } = cookiesOf(await cookieLogin(gateway, 'ada'))
  const { [ACCESS]: bob = '' } = cookiesOf(await cookieLogin(gateway, 'bob'))
  const tokens = await gateway.login('bob')
  const ask = async (headers: Headers) => verdictOf(await fetch(`${gateway.url}/x`, { method: 'POST', headers }))

  t.equal(await ask({ cookie: `${ACCESS}=${ada}`, ...bearer(tokens.access_token) }), '200')
  t.equal(upstream.last().headers['x-user-name'], 'bob')
  t.equal(await ask({ cookie: `${ACCESS}=${ada}`, ...bearer('nonsense'), ...OWN_PAGE }), '401 invalid_token')
  t.equal(await ask({ cookie: `${ACCESS}=${ada}`, authorization: 'Basic YTpi', ...OWN_PAGE }), '401 missing_token')
  for (const cookie of [`${ACCESS}=${ada}; ${ACCESS}=${bob}`, `${ACCESS}=${ada}; a=b;${ACCESS}=`]) {
    t.equal(await ask({ cookie, ...OWN_PAGE }), '401 invalid_token')
  }
  t.equal(await ask({ cookie: `${ACCESS}=nonsense`, ...OWN_PAGE }), '401 invalid_token')
  t.equal(await ask({ cookie: `portcullis-access=${ada}`, ...OWN_PAGE }), '401 missing_token', 'another name')
})

t.test('with cookies off a cookie says nothing', async (t) => {
  const { url } = await startUpstream(t)
  const gateway = await startGateway(t, site(url), [{ username: 'ada' }])
  const { access_token: token } = await gateway.login('ada')
  const response = await fetch(`${gateway.url}/x`, { headers: { cookie: `${ACCESS}=${token}` } })
  t.equal(await verdictOf(response), '401 missing_token')
})

t.test('what another site has sent is audited, at our own endpoints too', async (t) => {
  const { url } = await startUpstream(t)
  const gateway = await startGateway(t, site(url, settings()), [{ username: 'ada' }])
  const cookie = cookieField(cookiesOf(await cookieLogin(gateway, 'ada')))
  for (const path of ['/x', '/auth/logout', '/auth/refresh', '/auth/sessions']) {
    const method = path === '/auth/sessions' ? 'DELETE' : 'POST'
    await fetch(`${gateway.url}${path}`, { method, headers: { cookie, 'sec-fetch-site': 'cross-site' } })
    const refused = { code: 'csrf_failed', subject: null, method, path, address: '127.0.0.1', host: '127.0.0.1' }
    t.match(gateway.audit.at(-1), { event: 'refused', fields: refused }, path)
  }
  await fetch(`${gateway.url}/auth/nothing`)
  t.equal(gateway.audit.filter(({ event }) => event === 'refused').length, 4, 'no other refusal of theirs')
})
