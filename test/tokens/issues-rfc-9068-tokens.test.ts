import { randomBytes } from 'node:crypto'
import { createLocalJWKSet, jwtVerify } from 'jose'
import t from 'tap'
import { freezeClock } from '../helpers/clock.js'
import { openToken } from '../helpers/forge.js'
import { bearer, startGateway } from '../helpers/gateway.js'
import { NOWHERE, site } from '../helpers/site.js'

const ISSUER = 'https://api.example.com'
const alice = {
  username: 'alice',
  roles: ['user', 'a:b/c.d-e'],
  attributes: { full_name: 'Älïce 漢字 😀', age: 41, on: true }
}
const CLAIMS =
  'claims: { full_name: user.full_name, age: user.age, on: user.on, login: user.username, none: user.none }'

t.test('header and claims are those of RFC 9068, and each token has its own id', async (t) => {
  const clock = freezeClock(t)
  const { login, url, resources } = await startGateway(
    t,
    site(NOWHERE, `tokens: { issuer: "${ISSUER}", audience: [api, web], access: 15m, ${CLAIMS} }`),
    [alice]
  )
  const { access_token } = await login('alice')
  const { header, claims } = openToken(access_token)
  t.same(header, { alg: 'ES256', typ: 'at+jwt', kid: resources.keyring.signing().keyId })
  const { jti, sid, sub, gen, ...others } = claims
  t.same(others, {
    iss: ISSUER,
    aud: ['api', 'web'],
    iat: clock.seconds(),
    nbf: clock.seconds(),
    exp: clock.seconds() + 900,
    client_id: 'portcullis',
    username: 'alice',
    roles: alice.roles,
    full_name: alice.attributes.full_name,
    age: 41,
    on: true,
    login: 'alice'
  })
  for (const id of [jti, sid, sub]) t.match(id, /^[\w-]{22,36}$/)
  t.type(gen, 'number')
  const again = openToken((await login('alice')).access_token).claims
  t.equal(again.sub, sub, 'the subject stays')
  t.not(again.jti, jti)
  t.not(again.sid, sid)
  const response = await fetch(`${url}/auth/userinfo`, { headers: bearer(access_token) })
  t.same(await response.json(), {
    sub,
    username: 'alice',
    roles: alice.roles,
    full_name: 'Älïce 漢字 😀',
    age: 41,
    on: true,
    login: 'alice'
  })
})

for (const algorithm of ['ES256', 'EdDSA'] as const) {
  t.test(`any verifier accepts ${algorithm} with the published key`, async (t) => {
    const { login, url } = await startGateway(
      t,
      site(NOWHERE, `tokens: { issuer: "${ISSUER}", audience: api, algorithm: ${algorithm}, ${CLAIMS} }`),
      [alice]
    )
    const { access_token } = await login('alice')
    const jwks = (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as Parameters<typeof createLocalJWKSet>[0]
    const expected = { issuer: ISSUER, audience: 'api', typ: 'at+jwt', algorithms: [algorithm] }
    const { payload } = await jwtVerify(access_token, createLocalJWKSet(jwks), expected)
    t.equal(payload.aud, 'api', 'one audience is a string')
    t.equal(payload.full_name, alice.attributes.full_name)
    t.equal((await fetch(`${url}/auth/userinfo`, { headers: bearer(access_token) })).status, 200)
  })
}

t.test('any verifier accepts HS256 with the secret, which is published nowhere', async (t) => {
  const secret = randomBytes(32).toString('base64')
  const { login, url } = await startGateway(
    t,
    site(NOWHERE, `tokens: { issuer: "${ISSUER}", algorithm: HS256, keys: { secret: "${secret}" } }`),
    [alice]
  )
  const { access_token } = await login('alice')
  const expected = { issuer: ISSUER, audience: ISSUER, typ: 'at+jwt', algorithms: ['HS256'] }
  await t.resolves(jwtVerify(access_token, new TextEncoder().encode(secret), expected))
  t.equal((await fetch(`${url}/auth/userinfo`, { headers: bearer(access_token) })).status, 200)
  t.same(await (await fetch(`${url}/.well-known/jwks.json`)).json(), { keys: [] })
})

t.test('a user with all that a user may have has a token that works', async (t) => {
  const full = {
    username: '漢'.repeat(42),
    roles: Array.from({ length: 64 }, (_, i) => `role-${i}-`.padEnd(64, 'x')),
    attributes: { notes: 'n'.repeat(4_000) }
  }
  const { login, url } = await startGateway(t, site(NOWHERE, 'tokens: { claims: { notes: user.notes } }'), [full])
  const { access_token } = await login(full.username)
  t.ok(access_token.length > 8_192, `${access_token.length} characters`)
  t.equal((await fetch(`${url}/auth/userinfo`, { headers: bearer(access_token) })).status, 200)
})
