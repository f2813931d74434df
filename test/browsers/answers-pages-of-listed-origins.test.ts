import t from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { sendRaw } from '../helpers/raw-request.js'
import { site } from '../helpers/site.js'
import { startUpstream } from '../helpers/upstream.js'

const APP = 'https://app.example.com'
const settings = `cors: { origins: [${APP}, "http://localhost:5173"], credentials: true }`
type Headers = Record<string, string>

const corsFields = (response: Response): Headers =>
  Object.fromEntries([...response.headers].filter(([name]) => name.startsWith('access-control-') || name === 'vary'))

const preflight = (url: string, headers: Headers) => fetch(url, { method: 'OPTIONS', headers })

const EXPOSED = 'RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id'
const LISTED = {
  'access-control-allow-origin': APP,
  'access-control-allow-credentials': 'true',
  'access-control-expose-headers': EXPOSED,
  vary: 'Origin'
}

t.test('a preflight of a listed origin is answered before the rules', async (t) => {
  const upstream = await startUpstream(t)
  const { url } = await startGateway(t, site(upstream.url, settings))
  for (const path of ['/admin/x', '/auth/login', '/nowhere']) {
    const response = await preflight(`${url}${path}`, {
      origin: APP,
      'access-control-request-method': 'PUT',
      'access-control-request-headers': 'content-type,x-own'
    })
    t.equal(response.status, 204, path)
    t.strictSame(corsFields(response), {
      'access-control-allow-origin': APP,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'PUT',
      'access-control-allow-headers': 'content-type, x-own',
      'access-control-max-age': '600',
      vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers'
    })
  }
  t.equal(upstream.received.length, 0)
})

t.test('anything else with the method OPTIONS is a request like others', async (t) => {
  const upstream = await startUpstream(t)
  const { url } = await startGateway(t, site(upstream.url, settings))
  for (const headers of [
    { origin: 'https://evil.example', 'access-control-request-method': 'PUT' },
    { origin: 'null', 'access-control-request-method': 'PUT' },
    { origin: `${APP}.evil.example`, 'access-control-request-method': 'PUT' },
    { origin: APP.toUpperCase(), 'access-control-request-method': 'PUT' },
    { origin: `${APP}, ${APP}`, 'access-control-request-method': 'PUT' },
    { origin: APP },
    { 'access-control-request-method': 'PUT' },
    { origin: APP, 'access-control-request-method': 'P T' },
    { origin: APP, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'a b' },
    { origin: APP, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'a,,b' },
    {
      origin: APP,
      'access-control-request-method': 'PUT',
      'access-control-request-headers': Array(100).fill('a').join()
    }
  ] as Headers[]) {
    const response = await preflight(`${url}/x`, headers)
    t.equal(response.status, 401, JSON.stringify(headers))
    t.equal(response.headers.get('access-control-allow-methods'), null)
  }
  t.equal((await preflight(`${url}/open/x`, { origin: 'https://evil.example' })).status, 200)
  t.equal(upstream.received.length, 1)
})

t.test('every answer to a listed origin can be read by it, refusals too', async (t) => {
  const upstream = await startUpstream(t)
  const { url } = await startGateway(t, site(upstream.url, settings))
  const at = async (path: string, origin: string, method = 'GET') => {
    const response = await fetch(`${url}${path}`, { method, headers: { origin } })
    return [response.status, corsFields(response)]
  }
  t.strictSame(await at('/open/x', APP), [200, LISTED])
  t.strictSame(await at('/x', APP), [401, LISTED])
  t.strictSame(await at('/a%2fb', APP), [400, LISTED])
  t.strictSame(await at('/auth/none', APP), [404, LISTED])
  t.strictSame(await at('/auth/login', APP, 'POST'), [400, LISTED])
  t.strictSame(await at('/.well-known/jwks.json', APP), [200, LISTED])
  for (const origin of ['https://evil.example', 'null', `${APP}:443`, `${APP}/`]) {
    t.strictSame(await at('/open/x', origin), [200, { vary: 'Origin' }], origin)
    t.strictSame(await at('/x', origin), [401, { vary: 'Origin' }], origin)
  }
})

t.test('what the upstream says of origins is dropped where the gateway speaks, but for what it exposes', async (t) => {
  const upstream = await startUpstream(t, (_, response) =>
    response
      .setHeader('access-control-allow-origin', '*')
      .setHeader('Access-Control-Allow-Credentials', 'false')
      .setHeader('access-control-allow-methods', 'GET')
      .setHeader('access-control-expose-headers', 'X-Total')
      .setHeader('vary', 'Accept')
      .end()
  )
  const { url } = await startGateway(t, site(upstream.url, settings))
  const listed = await fetch(`${url}/open/x`, { headers: { origin: APP } })
  t.strictSame(corsFields(listed), {
    ...LISTED,
    'access-control-expose-headers': `X-Total, ${EXPOSED}`,
    vary: 'Accept, Origin'
  })
  const other = await fetch(`${url}/open/x`, { headers: { origin: 'https://public.example' } })
  t.equal(other.headers.get('access-control-allow-origin'), '*')
  const plain = await startGateway(t, site(upstream.url))
  const untouched = await fetch(`${plain.url}/open/x`, { headers: { origin: APP } })
  t.equal(untouched.headers.get('access-control-allow-origin'), '*')
  t.equal(untouched.headers.get('vary'), 'Accept')
})

t.test('without credentials none are allowed', async (t) => {
  const { url } = await startUpstream(t)
  const gateway = await startGateway(t, site(url, settings.replace('true', 'false')))
  const response = await fetch(`${gateway.url}/open/x`, { headers: { origin: APP } })
  t.equal(response.headers.get('access-control-allow-origin'), APP)
  t.equal(response.headers.get('access-control-allow-credentials'), null)
})

t.test('preflights count against the limit of the listener, and their refusal can be read', async (t) => {
  const { url } = await startGateway(
    t,
    site('http://127.0.0.1:9', `${settings}\nlistener_limit: { requests: 2, window: 1h }`)
  )
  const ask = () => preflight(`${url}/x`, { origin: APP, 'access-control-request-method': 'PUT' })
  const statuses = [(await ask()).status, (await ask()).status]
  t.same(statuses, [204, 204])
  const limited = await ask()
  t.equal(limited.status, 429)
  t.equal(limited.headers.get('access-control-allow-origin'), APP)
})

t.test('two Origin fields are no origin', async (t) => {
  const { port } = await startGateway(t, site('http://127.0.0.1:9', settings))
  const answer = await sendRaw(
    port,
    `OPTIONS /x HTTP/1.1\r\nHost: a\r\nOrigin: ${APP}\r\nOrigin: https://evil.example\r\nAccess-Control-Request-Method: PUT\r\n\r\n`
  )
  t.equal(answer.status, 401)
  t.notMatch(answer.head, /access-control/i)
})
