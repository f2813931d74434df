import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import * as openid from 'openid-client'
import t, { type Test } from 'tap'
import { bearer } from '../helpers/gateway.js'
import { BILLING, policy, startServices, tokenOf } from './services-fixture.js'

const run = promisify(execFile)

/** Services at a gateway whose issuer is where it listens, so that strangers find it. */
async function startDiscoverable(t: Test) {
  const services = await startServices(t)
  services.reload(policy(services.upstream.url, { more: `tokens: { issuer: "${services.url}", audience: [api] }` }))
  return services
}

/** What a call was refused with; null: it was not. */
const refusalOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => null,
    (error: unknown) => error
  )

for (const [name, method] of Object.entries({
  client_secret_basic: openid.ClientSecretBasic,
  client_secret_post: openid.ClientSecretPost
})) {
  t.test(`openid-client discovers, asks, introspects and revokes by ${name}`, async (t) => {
    const { url } = await startDiscoverable(t)
    const config = await openid.discovery(new URL(url), 'billing', undefined, method(BILLING), {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests]
    })
    const granted = await openid.clientCredentialsGrant(config, { scope: 'orders.read' })
    t.match(granted, { token_type: 'bearer', expires_in: 900, scope: 'orders.read' })
    const headers = bearer(granted.access_token)
    t.equal((await fetch(`${url}/read/a`, { headers })).status, 200)
    t.match(await openid.tokenIntrospection(config, granted.access_token), {
      active: true,
      client_id: 'billing',
      sub: 'billing',
      scope: 'orders.read'
    })
    await openid.tokenRevocation(config, granted.access_token)
    t.equal((await fetch(`${url}/read/a`, { headers })).status, 401)
    t.same(await openid.tokenIntrospection(config, granted.access_token), { active: false })
    t.match(await refusalOf(openid.clientCredentialsGrant(config, { scope: 'admin' })), {
      error: 'invalid_scope',
      status: 400
    })
  })
}

t.test('openid-client understands a refusal, and refreshes for a user', async (t) => {
  const { url, login } = await startDiscoverable(t)
  const options: openid.DiscoveryRequestOptions = { algorithm: 'oauth2', execute: [openid.allowInsecureRequests] }
  const wrong = await openid.discovery(new URL(url), 'billing', undefined, openid.ClientSecretBasic('wrong'), options)
  const challenged = await refusalOf(openid.clientCredentialsGrant(wrong))
  t.ok(challenged instanceof openid.WWWAuthenticateChallengeError)
  t.match(challenged, { status: 401, cause: [{ scheme: 'basic' }] })
  const users = await openid.discovery(new URL(url), 'portcullis', undefined, openid.None(), options)
  const { refresh_token } = await login('alice')
  const refreshed = await openid.refreshTokenGrant(users, refresh_token)
  t.match(refreshed, { token_type: 'bearer', expires_in: 900, refresh_token: /^prt_/ })
  t.match(await refusalOf(openid.refreshTokenGrant(users, 'x')), { error: 'invalid_grant', status: 400 })
})

const PYTHON = `
import json, sys, jwt
url, token = sys.argv[1:]
key = jwt.PyJWKClient(url + '/.well-known/jwks.json').get_signing_key_from_jwt(token)
print(json.dumps(jwt.decode(token, key.key, algorithms=['ES256'], audience='api', issuer=url,
  options={'require': ['exp', 'iat', 'nbf', 'iss', 'sub', 'aud', 'jti', 'client_id']})))
`

t.test('PyJWT verifies a token by the published keys', async (t) => {
  const services = await startDiscoverable(t)
  const { access_token } = await tokenOf(services)
  const { stdout } = await run('/usr/bin/python3', ['-c', PYTHON, services.url, access_token])
  t.match(JSON.parse(stdout), { sub: 'billing', client_id: 'billing', scope: 'orders.read orders.write' })
})

t.test('curl gets a token as docs/services.md shows', async (t) => {
  const { url } = await startServices(t)
  const credentials = ['-u', `billing:${BILLING}`]
  const { stdout } = await run('curl', [
    '-s',
    ...credentials,
    '-d',
    'grant_type=client_credentials',
    `${url}/auth/token`
  ])
  const { access_token } = JSON.parse(stdout) as { access_token: string }
  const answer = await run('curl', ['-s', ...credentials, '-d', `token=${access_token}`, `${url}/auth/introspect`])
  t.match(JSON.parse(answer.stdout), { active: true, sub: 'billing' })
})
