import t from 'tap'
import { openToken } from '../helpers/forge.js'
import { bearer, post, startGateway, verdictOf } from '../helpers/gateway.js'
import { createSigningKey, now, sign, startIssuer } from '../helpers/issuer.js'
import { NOWHERE, site } from '../helpers/site.js'

const SECRET = 'billing-secret-0123456789-0123456789'

t.test('a good token that is no own user’s opens no account', async (t) => {
  const key = await createSigningKey('es')
  const { issuer, jwksUrl } = await startIssuer(t, [key])
  const gateway = await startGateway(
    t,
    site(
      NOWHERE,
      `tokens: { issuer: "https://a.example", audience: api }
issuers:
  corp: { issuer: "${issuer}", jwks_url: "${jwksUrl}", insecure_http: true, audience: api, subject: raw, username: sub }
clients: { billing: { secret: ${SECRET} } }`
    ),
    [{ username: 'alice' }]
  )
  const { access_token } = await gateway.login('alice')
  const { sub = '', sid = '', username = '' } = openToken(access_token).claims as Record<string, string>

  // The other issuer says all that a token of alice says.
  const claims = { iss: issuer, aud: 'api', sub, sid, username, gen: 1, jti: 'j', iat: now(), exp: now() + 60 }
  const foreign = await sign(key, claims)
  const granted = await post(`${gateway.url}/auth/token`, {
    grant_type: 'client_credentials',
    client_id: 'billing',
    client_secret: SECRET
  })
  const { access_token: service } = (await granted.json()) as { access_token: string }

  const passwords = { current_password: 'correct horse battery', new_password: 'another horse battery' }
  for (const [token, verdict] of [
    [foreign, '401 invalid_token'],
    [service, '403 access_denied']
  ] as const) {
    t.equal((await fetch(`${gateway.url}/auth/userinfo`, { headers: bearer(token) })).status, 200, 'the token is good')
    for (const [method, path] of [
      ['GET', '/sessions'],
      ['DELETE', '/sessions'],
      ['DELETE', `/sessions/${sid}`]
    ] as const) {
      const response = await fetch(`${gateway.url}/auth${path}`, { method, headers: bearer(token) })
      t.equal(await verdictOf(response), verdict, `${method} ${path}`)
    }
    t.equal(await verdictOf(await post(`${gateway.url}/auth/password`, passwords, bearer(token))), verdict)
    t.equal(await verdictOf(await post(`${gateway.url}/auth/logout-all`, {}, bearer(token))), verdict)
  }
  t.equal((await fetch(`${gateway.url}/auth/sessions`, { headers: bearer(access_token) })).status, 200)
})
