import t from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { createSigningKey, now, sign, startIssuer } from '../helpers/issuer.js'
import { NOWHERE } from '../helpers/site.js'
import { basic, errorOf, introspected, postForm } from '../services/services-fixture.js'

const SECRET = 'reports-secret-0123456789-0123456789'
const asReports = basic('reports', SECRET)

t.test('a service is told of a token of another issuer what upstreams are told', async (t) => {
  const key = await createSigningKey('k')
  const issuer = await startIssuer(t, [key])
  const gateway = await startGateway(
    t,
    `
clients: { reports: { secret: "${SECRET}" } }
issuers:
  corp:
    issuer: "${issuer.issuer}"
    jwks_url: "${issuer.jwksUrl}"
    insecure_http: true
    audience: [api]
    username: preferred_username
    roles: { from: groups, map: { ops: admin } }
upstreams: { web: { url: "${NOWHERE}" } }
rules: [{ path: /**, allow: authenticated, to: web }]
`
  )
  const ask = (token: string) => introspected(gateway, token, asReports)
  const claims = {
    iss: issuer.issuer,
    aud: 'api',
    sub: 'u',
    exp: now() + 300,
    iat: now(),
    gen: 7,
    groups: ['ops', 'x']
  }
  const token = await sign(key, { ...claims, active: false, token_type: 'N_A', preferred_username: 'alice' })
  const told = { ...claims, sub: 'corp:u', roles: ['admin'], username: 'alice', preferred_username: 'alice' }
  t.same(await ask(token), { ...told, active: true, token_type: 'Bearer' })

  const verified = await fetch(`${gateway.url}/auth/verify`, { method: 'POST', body: new URLSearchParams({ token }) })
  t.same(await verified.json(), { ...told, active: true, token_type: 'N_A' }, 'as anybody who shows it is')

  const refused = {
    'that has expired': await sign(key, { ...claims, exp: now() - 60 }),
    'for somebody else': await sign(key, { ...claims, aud: 'other' }),
    'of an issuer that nobody knows': await sign(key, { ...claims, iss: 'https://stranger.example' }),
    'with a key that nobody knows': await sign({ ...key, kid: 'other' }, claims),
    'that was changed': `${token.slice(0, -10)}AAAAAAAAAA`
  }
  for (const [name, bad] of Object.entries(refused)) t.same(await ask(bad), { active: false }, name)
})

t.test('while its issuer cannot be asked, nothing is said of a token', async (t) => {
  const key = await createSigningKey('k')
  const issuer = await startIssuer(t, [key])
  issuer.away = true
  const { url } = await startGateway(
    t,
    `
clients: { reports: { secret: "${SECRET}" } }
issuers: { corp: { issuer: "${issuer.issuer}", jwks_url: "${issuer.jwksUrl}", insecure_http: true, audience: [api] } }
upstreams: { web: { url: "${NOWHERE}" } }
rules: [{ path: /**, allow: authenticated, to: web }]
`
  )
  const token = await sign(key, { iss: issuer.issuer, aud: 'api', sub: 'u', exp: now() + 300 })
  const answer = await postForm(`${url}/auth/introspect`, { token }, asReports)
  t.match(answer.headers.get('retry-after'), /^[1-9]/)
  t.equal(await errorOf(answer), '503 temporarily_unavailable')
})
