import t from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { startProvider, type TestProvider } from '../helpers/provider.js'
import { startUpstream } from '../helpers/upstream.js'
import { askOf } from './gateway-of.js'

async function startGatewayBefore(t: Parameters<typeof startUpstream>[0], { issuer }: TestProvider) {
  const upstream = await startUpstream(t)
  const gateway = await startGateway(
    t,
    `
store: "memory:"
issuers: { idp: { issuer: "${issuer}", audience: [api, service], insecure_http: true } }
upstreams: { app: { url: "${upstream.url}" } }
rules:
  - { path: /orders, allow: { scopes: ["orders:read"], issuers: [idp] }, to: app }
  - { path: /**, allow: authenticated, to: app }
`
  )
  return { ...gateway, upstream, ask: askOf(gateway) }
}

t.test('a provider is found by discovery, and its keys are followed', async (t) => {
  const provider = await startProvider(t, 'one', 'RS256')
  const { ask, upstream } = await startGatewayBefore(t, provider)
  const first = await provider.accessToken()
  t.match(await ask('/orders', first), { status: 200 })
  t.equal(upstream.last().headers['x-user-id'], 'idp:service')
  t.equal(provider.keyRequests(), 1)

  await provider.rotate('two', 'ES256')
  t.match(await ask('/orders', first), { status: 200 }, 'until the rotation is noticed')
  const second = await provider.accessToken()
  const answers = await Promise.all([second, second, second].map((token) => ask('/orders', token)))
  t.ok(answers.every(({ status }) => status === 200))
  t.equal(provider.keyRequests(), 2)
  t.match(await ask('/orders', first), { status: 401, code: 'invalid_token' }, 'the key that was withdrawn')

  await provider.goAway()
  t.match(await ask('/orders', second), { status: 200 })
})

t.test('an ID token of a provider is no access token, even for an audience that is listed', async (t) => {
  const provider = await startProvider(t, 'one', 'RS256')
  const { ask } = await startGatewayBefore(t, provider)
  t.match(await ask('/', await provider.accessToken()), { status: 200 })
  t.match(await ask('/', await provider.idToken()), { status: 401, code: 'invalid_token' })
})

t.test('a provider that is away from the start is no fault of the user', async (t) => {
  const provider = await startProvider(t, 'one', 'RS256')
  const token = await provider.accessToken()
  await provider.goAway()
  const { ask } = await startGatewayBefore(t, provider)
  t.match(await ask('/orders', token), { status: 503, code: 'issuer_unavailable' })
})
