import t from 'tap'
import { startGateway, verdictOf } from '../helpers/gateway.js'
import { rawGet, sendRaw } from '../helpers/raw-request.js'
import { NOWHERE, site } from '../helpers/site.js'

const PATH = '/.well-known/oauth-authorization-server'
type Metadata = Readonly<Record<string, unknown>>

t.test('the metadata is that of RFC 8414', async (t) => {
  const { url } = await startGateway(t, site(NOWHERE, 'public_url: https://api.example.com'))
  const response = await fetch(url + PATH)
  t.match(response.headers.get('content-type'), /^application\/json/)
  t.same(await response.json(), {
    issuer: 'https://api.example.com',
    token_endpoint: 'https://api.example.com/auth/token',
    introspection_endpoint: 'https://api.example.com/auth/introspect',
    revocation_endpoint: 'https://api.example.com/auth/revoke',
    jwks_uri: 'https://api.example.com/.well-known/jwks.json',
    response_types_supported: [],
    grant_types_supported: ['client_credentials', 'refresh_token'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
    introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post']
  })
  t.equal(await verdictOf(await fetch(url + PATH, { method: 'POST' })), '405 method_not_allowed')
  t.equal(await verdictOf(await fetch(`${url}${PATH}/x`)), '401 missing_token', 'the rules judge the rest')
})

t.test('addresses are those of the settings, whatever the request says', async (t) => {
  const table: readonly (readonly [settings: string, issuer: string, endpoint: string])[] = [
    ['listen: 127.0.0.1:8123', 'http://127.0.0.1:8123', 'http://127.0.0.1:8123/auth/token'],
    ['tokens: { issuer: "https://id.example/a/" }', 'https://id.example/a/', 'https://id.example/auth/token'],
    [
      'public_url: https://api.example\ntokens: { issuer: "https://id.example" }\nauth: { prefix: /in/here }',
      'https://id.example',
      'https://api.example/in/here/token'
    ]
  ]
  for (const [settings, issuer, endpoint] of table) {
    const { port } = await startGateway(t, site(NOWHERE, `trusted_proxies: [127.0.0.1]\n${settings}`))
    const lines = ['X-Forwarded-Host: evil.example', 'X-Forwarded-Proto: https', 'Forwarded: host=evil.example']
    const { body } = await sendRaw(port, rawGet(PATH, ...lines))
    const metadata = JSON.parse(body) as Metadata
    t.equal(metadata.issuer, issuer)
    t.equal(metadata.token_endpoint, endpoint)
    t.notMatch(body, /evil|gateway\.test/)
  }
})

t.test('an issuer with a path has its metadata behind it too (RFC 8414 §3.1)', async (t) => {
  for (const issuer of ['https://id.example/tenants/a', 'https://id.example/tenants/a/']) {
    const { url } = await startGateway(t, site(NOWHERE, `tokens: { issuer: "${issuer}" }`))
    for (const path of [PATH, `${PATH}/tenants/a`]) {
      t.equal(((await (await fetch(url + path)).json()) as Metadata).issuer, issuer, path)
    }
    t.equal((await fetch(`${url}${PATH}/tenants/b`)).status, 401)
    t.equal((await fetch(`${url}${PATH}/tenants/a/`)).status, 401)
  }
})

t.test('a shared secret has no key set to show, and a reload shows at once', async (t) => {
  const hs256 = 'tokens: { algorithm: HS256, keys: { secret: "0123456789-0123456789-0123456789" } }'
  const { url, reload } = await startGateway(t, site(NOWHERE, hs256))
  t.notOk('jwks_uri' in ((await (await fetch(url + PATH)).json()) as Metadata))
  reload(site(NOWHERE, `${hs256}\npublic_url: https://new.example`))
  t.match(await (await fetch(url + PATH)).json(), { issuer: 'https://new.example' })
})
