import t from 'tap'
import { freezeClock } from '../helpers/clock.js'
import { openToken, resign } from '../helpers/forge.js'
import { post } from '../helpers/gateway.js'
import { asReports, errorOf, ISSUER, introspected, postForm, startServices, tokenOf } from './services-fixture.js'

const INACTIVE = { active: false }

t.test('an access token of a service tells what it says', async (t) => {
  const services = await startServices(t)
  const { access_token } = await tokenOf(services)
  const { gen: _, ...claims } = openToken(access_token).claims
  t.same(await introspected(services, access_token), { ...claims, active: true, token_type: 'Bearer' })
})

t.test('an access token of a user tells who signed in', async (t) => {
  const more = 'tokens: { issuer: "https://a.example", claims: { active: user.active, token_type: user.token_type } }'
  const services = await startServices(t, { more })
  await services.addUser({ username: 'eve', attributes: { active: false, token_type: 'N_A' } })
  const { access_token } = await services.login('eve')
  const { gen: _, ...claims } = openToken(access_token).claims
  const told = await introspected(services, access_token)
  t.same(told, { ...claims, active: true, token_type: 'Bearer' }, "a user's attributes do not stand in for the answer")
  t.match(told, { client_id: 'portcullis', username: 'eve', iss: 'https://a.example' })
})

t.test('a refresh token is told and not used, and cannot be taken for an access token', async (t) => {
  const clock = freezeClock(t)
  const services = await startServices(t)
  const { refresh_token, access_token } = await services.login('alice')
  const { sub, sid } = openToken(access_token).claims
  const expected = {
    active: true,
    token_type: 'refresh_token',
    client_id: 'portcullis',
    iss: ISSUER,
    aud: ISSUER,
    sub,
    sid,
    username: 'alice',
    roles: ['user'],
    iat: clock.seconds(),
    exp: clock.seconds() + 604_800
  }
  for (const _ of [1, 2]) t.same(await introspected(services, refresh_token), expected)
  const refreshed = await post(`${services.url}/auth/refresh`, { refresh_token })
  t.equal(refreshed.status, 200)
  t.same(await introspected(services, refresh_token), INACTIVE, 'a spent one')
  const { refresh_token: next } = (await refreshed.json()) as { refresh_token: string }
  clock.advance(604_799)
  t.match(await introspected(services, next), { active: true })
  clock.advance(1)
  t.same(await introspected(services, next), INACTIVE)
})

t.test('of anything else nothing is said but that it is not active', async (t) => {
  const clock = freezeClock(t)
  const services = await startServices(t)
  const { keyring } = services.resources
  const { access_token: own } = await tokenOf(services)
  const { access_token, refresh_token } = await services.login('alice')
  const ended = await services.login('alice')
  await post(`${services.url}/auth/logout`, { refresh_token: ended.refresh_token })
  const inactive: Record<string, string> = {
    'no token': 'x',
    'a changed one': `${own.slice(0, -4)}AAAA`,
    'one of another issuer': resign(keyring, own, { claims: { iss: 'https://evil.example' } }),
    'one of another kind': resign(keyring, own, { header: { typ: 'JWT' } }),
    'the access token of an ended session': ended.access_token,
    'its refresh token': ended.refresh_token,
    'a refresh token of nobody': `${refresh_token.slice(0, -4)}AAAA`,
    'white space around it': ` ${own}`,
    '60 kB': 'x'.repeat(60_000)
  }
  for (const [name, token] of Object.entries(inactive)) t.same(await introspected(services, token), INACTIVE, name)
  for (const token of [own, access_token, refresh_token]) t.match(await introspected(services, token), { active: true })
  clock.advance(900)
  for (const token of [own, access_token]) t.same(await introspected(services, token), INACTIVE, 'expired')
})

t.test('a hint is only a hint, and the token must be there once', async (t) => {
  const services = await startServices(t)
  const { access_token } = await tokenOf(services)
  const { refresh_token } = await services.login('alice')
  const ask = (body: Record<string, string> | string) => postForm(`${services.url}/auth/introspect`, body, asReports)
  for (const token of [access_token, refresh_token]) {
    for (const token_type_hint of ['access_token', 'refresh_token', 'id_token', 'x']) {
      t.match(await (await ask({ token, token_type_hint })).json(), { active: true }, token_type_hint)
    }
  }
  const answer = await ask({ token: access_token })
  t.equal(answer.headers.get('cache-control'), 'no-store')
  for (const body of ['', 'token=', 'token=x&token=x', 'access_token=x']) {
    t.equal(await errorOf(await ask(body)), '400 invalid_request', body)
  }
  const inQuery = await postForm(`${services.url}/auth/introspect?token=${access_token}`, '', asReports)
  t.equal(await errorOf(inQuery), '400 invalid_request')
})
