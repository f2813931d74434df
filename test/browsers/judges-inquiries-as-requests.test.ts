import t from 'tap'
import { request } from 'undici'
import { cookieField, cookieLogin, cookieSettings, cookiesOf, OWN_PAGE } from '../helpers/browser-session.js'
import { startGateway } from '../helpers/gateway.js'
import { NOWHERE, site } from '../helpers/site.js'

const APP = 'https://app.example.com'
const settings = `public_url: https://api.example.com
forward_auth: { mode: nginx, from: [127.0.0.1] }
cors: { origins: [${APP}], credentials: true }
${cookieSettings(', login_url: /login')}`

t.test('a proxy that asks gets the same verdict on a cookie', async (t) => {
  const gateway = await startGateway(t, site(NOWHERE, settings), [{ username: 'ada' }])
  const cookie = cookieField(cookiesOf(await cookieLogin(gateway, 'ada')))
  const ask = async (method: string, headers: Record<string, string>) => {
    const { statusCode, headers: answer } = await request(`${gateway.url}/auth/check`, {
      headers: { 'x-original-method': method, 'x-original-uri': '/x', 'x-real-ip': '192.0.2.1', ...headers }
    })
    return [statusCode, answer['x-user-name'] ?? null]
  }
  t.same(await ask('GET', { cookie }), [200, 'ada'])
  t.same(await ask('POST', { cookie }), [403, null], 'the method that is asked about counts')
  t.same(await ask('POST', { cookie, ...OWN_PAGE }), [200, 'ada'])
  t.same(await ask('GET', { cookie, 'sec-websocket-version': '13' }), [403, null], 'nginx keeps Upgrade to itself')
  t.same(await ask('GET', { 'sec-fetch-mode': 'navigate' }), [401, null], 'what becomes of a refusal is its to say')
  const preflight = { origin: APP, 'access-control-request-method': 'PUT' }
  t.same(await ask('OPTIONS', preflight), [401, null], 'a preflight is let through by rules alone')
})
