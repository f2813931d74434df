import t from 'tap'
import { cookieField, cookieLogin, cookieSettings, cookiesOf } from '../helpers/browser-session.js'
import { startGateway } from '../helpers/gateway.js'
import { rawGet, sendRaw } from '../helpers/raw-request.js'
import { site } from '../helpers/site.js'
import { startUpstream } from '../helpers/upstream.js'

t.test('the upstream gets the other cookies as they were', async (t) => {
  const upstream = await startUpstream(t)
  const gateway = await startGateway(t, site(upstream.url, cookieSettings()), [{ username: 'ada' }])
  const ours = cookieField(cookiesOf(await cookieLogin(gateway, 'ada')))
  const fieldsAfter = async (...lines: string[]) => {
    t.equal((await sendRaw(gateway.port, rawGet('/open/x', ...lines))).status, 200)
    const { rawHeaders } = upstream.last()
    return rawHeaders.flatMap((name, i) =>
      i % 2 === 0 && /cookie/i.test(name) ? [`${name}: ${rawHeaders[i + 1]}`] : []
    )
  }
  t.same(await fieldsAfter(`Cookie: ${ours}`), [], 'an empty field goes')
  t.same(await fieldsAfter(`cookie: a=1;  b="2" ; ${ours}; c=\xe9`), ['cookie: a=1;  b="2" ; c=\xe9'])
  t.same(await fieldsAfter(`Cookie: ${ours}`, 'Cookie: z=1'), ['Cookie: z=1'])
  t.same(await fieldsAfter('Cookie: ', 'COOKIE: z=1'), ['Cookie: ', 'COOKIE: z=1'])
})

t.test('also while cookies are off: a browser may still have them', async (t) => {
  const upstream = await startUpstream(t)
  const { url } = await startGateway(t, site(upstream.url))
  await fetch(`${url}/open/x`, { headers: { cookie: '__Host-portcullis-refresh=secret; a=1' } })
  t.equal(upstream.last().headers.cookie, 'a=1')
})

t.test('no upstream sets a cookie of ours', async (t) => {
  const set = [
    'a=1',
    '__Host-portcullis-access=evil; Path=/; Secure',
    '=__Host-portcullis-refresh=evil',
    'b=2; HttpOnly'
  ]
  const upstream = await startUpstream(t, (_, response) => response.setHeader('set-cookie', set).end())
  const { url } = await startGateway(t, site(upstream.url))
  const response = await fetch(`${url}/open/x`)
  t.same(response.headers.getSetCookie(), ['a=1', 'b=2; HttpOnly'])
})

t.test('an answer to somebody known by cookie is private unless it says otherwise', async (t) => {
  const upstream = await startUpstream(t, (request, response) => {
    const said = String(request.headers['x-say'] ?? '')
    const [name = '', value = ''] = said.split(': ')
    if (said !== '') response.setHeader(name, value)
    response.setHeader('vary', 'Accept').end()
  })
  const gateway = await startGateway(t, site(upstream.url, cookieSettings()), [{ username: 'ada' }])
  const cookie = cookieField(cookiesOf(await cookieLogin(gateway, 'ada')))
  const { access_token: token } = await gateway.login('ada')
  const ask = async (headers: Record<string, string>) => {
    const response = await fetch(`${gateway.url}/open/x`, { headers })
    return [response.headers.get('cache-control'), response.headers.get('vary')]
  }
  t.same(await ask({ cookie }), ['private', 'Accept, Cookie'])
  t.same(await ask({ cookie, 'x-say': 'cache-control: max-age=60' }), ['max-age=60', 'Accept, Cookie'])
  t.same(await ask({ cookie, 'x-say': 'expires: 0' }), [null, 'Accept, Cookie'])
  t.same(await ask({}), [null, 'Accept'])
  t.same(await ask({ authorization: `Bearer ${token}`, cookie }), [null, 'Accept'])
})
