import t from 'tap'
import { freezeClock } from '../helpers/clock.js'
import { openToken, resign } from '../helpers/forge.js'
import { bearer, post, startGateway, verdictOf } from '../helpers/gateway.js'
import { NOWHERE, site } from '../helpers/site.js'

t.test('a token that was verified before expires to the second', async (t) => {
  const clock = freezeClock(t)
  const { url, login } = await startGateway(t, site(NOWHERE, 'tokens: { access: 15m }'), [{ username: 'alice' }])
  const { access_token, expires_in } = await login('alice')
  const shown = async () => verdictOf(await fetch(`${url}/auth/userinfo`, { headers: bearer(access_token) }))
  t.equal(expires_in, 900)
  t.equal(await shown(), '200')
  clock.advance(899)
  t.equal(await shown(), '200')
  clock.advance(1)
  t.equal(await shown(), '401 expired_token')
  const refused = await fetch(`${url}/page`, { headers: bearer(access_token) })
  t.match(refused.headers.get('www-authenticate'), 'error="invalid_token"', 'RFC 6750 has one word for it')
  t.equal(await verdictOf(refused), '401 expired_token')
  t.equal(await verdictOf(await post(`${url}/auth/verify`, { token: access_token })), '401 expired_token')
})

t.test('a token of a clock that is a little ahead holds, of one far ahead not yet', async (t) => {
  const clock = freezeClock(t)
  const { url, login, resources } = await startGateway(t, site(NOWHERE), [{ username: 'alice' }])
  const { access_token } = await login('alice')
  const shown = async (claims: Record<string, unknown>) => {
    const token = resign(resources.keyring, access_token, { claims })
    return verdictOf(await fetch(`${url}/auth/userinfo`, { headers: bearer(token) }))
  }
  const now = clock.seconds()
  for (const name of ['iat', 'nbf']) {
    t.equal(await shown({ [name]: now + 5 }), '200', name)
    t.equal(await shown({ [name]: now + 6 }), '401 invalid_token', name)
  }
  t.equal(await shown({ exp: now }), '401 expired_token', 'an expiry is never stretched')
  t.equal(await shown({ exp: now - 1e12 }), '401 expired_token')
})

t.test('a token becomes valid without having been refused for good', async (t) => {
  const clock = freezeClock(t)
  const { url, login, resources } = await startGateway(t, site(NOWHERE), [{ username: 'alice' }])
  const { access_token } = await login('alice')
  const token = resign(resources.keyring, access_token, { claims: { nbf: clock.seconds() + 60 } })
  const shown = async () => verdictOf(await fetch(`${url}/auth/userinfo`, { headers: bearer(token) }))
  t.equal(await shown(), '401 invalid_token')
  clock.advance(60)
  t.equal(await shown(), '200')
})

t.test('no access token outlives the absolute age of its session', async (t) => {
  const clock = freezeClock(t)
  const settings = 'tokens: { access: 15m, refresh: { idle: 20m, absolute: 20m } }'
  const { url, login } = await startGateway(t, site(NOWHERE, settings), [{ username: 'alice' }])
  const first = await login('alice')
  const { exp } = openToken(first.access_token).claims
  t.equal(exp, clock.seconds() + 900)
  clock.advance(600)
  const second = (await (
    await post(`${url}/auth/refresh`, { refresh_token: first.refresh_token })
  ).json()) as typeof first
  t.equal(second.expires_in, 600, 'what is left of the session')
  t.equal(second.refresh_expires_in, 600)
  clock.advance(600)
  t.equal(
    await verdictOf(await fetch(`${url}/auth/userinfo`, { headers: bearer(second.access_token) })),
    '401 expired_token'
  )
})
