import t from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { startUpstream } from '../helpers/upstream.js'

t.test('a reload keeps what was counted, unless the limit itself changed', async (t) => {
  const upstream = await startUpstream(t)
  const file = (requests: number, window: string, path: string, name = 'few') => `
limits: { ${name}: { by: ip, requests: ${requests}, window: ${window} }, other: { by: ip, requests: 100, window: 1m } }
default_limits: [${name}]
upstreams: { web: { url: "${upstream.url}" } }
rules: [{ path: "${path}", allow: anyone, to: web }]
`
  const { url, reload } = await startGateway(t, file(2, '1m', '/**'))
  const status = async () => (await fetch(`${url}/x`)).status
  t.equal(await status(), 200)
  t.equal(await status(), 200)
  reload(file(2, '1m', '/{any}/**'))
  t.equal(await status(), 429, 'another rule, the same bucket')
  reload(file(3, '1m', '/**'))
  t.same([await status(), await status(), await status(), await status()], [200, 200, 200, 429], 'another number')
  reload(file(3, '2m', '/**'))
  t.equal(await status(), 200, 'another window')
  reload(file(3, '2m', '/**', 'fewer'))
  t.same([await status(), await status(), await status(), await status()], [200, 200, 200, 429], 'another name')
  reload(file(3, '2m', '/**'))
  t.same([await status(), await status(), await status()], [200, 200, 429], 'a name beside it was not forgotten')
})

t.test('attempts to sign in are counted over reloads too', async (t) => {
  const file = (attempts: number) => `
users: { login: { per_account_and_network: ${attempts} } }
upstreams: { web: { url: "http://127.0.0.1:9" } }
rules: [{ path: /**, allow: authenticated, to: web }]
`
  const { url, reload } = await startGateway(t, file(2))
  const status = async () =>
    (await fetch(`${url}/auth/login`, { method: 'POST', body: new URLSearchParams({ username: 'a', password: 'b' }) }))
      .status
  t.same([await status(), await status(), await status()], [401, 401, 429])
  reload(file(2))
  t.equal(await status(), 429)
  reload(file(3))
  t.same([await status(), await status()], [401, 429], 'a new number holds at once, for what was counted before')
})
