import t from 'tap'
import { bearer, post, startGateway, type TestGateway, verdictOf } from '../helpers/gateway.js'
import { NOWHERE, site } from '../helpers/site.js'

const shown = async ({ url }: TestGateway, token: string) =>
  verdictOf(await fetch(`${url}/auth/userinfo`, { headers: bearer(token) }))

t.test('what was revoked stays revoked, and what was not goes on', async (t) => {
  const yaml = site(NOWHERE, 'store: sqlite:gateway.db\ntokens: { issuer: "https://a.example", keys: keys }')
  const first = await startGateway(
    t,
    yaml,
    ['alice', 'bob', 'carol', 'dave', 'erin'].map((username) => ({ username }))
  )
  const login = first.login
  const [kept, ended] = [await login('alice'), await login('alice')]
  const [bob, carol, dave, erin] = [await login('bob'), await login('carol'), await login('dave'), await login('erin')]
  await post(`${first.url}/auth/logout`, { refresh_token: ended.refresh_token })
  await post(`${first.url}/auth/logout-all`, { refresh_token: bob.refresh_token })
  await first.gateway.operatorUsers.setPassword('carol', 'another good password')
  await first.gateway.operatorUsers.setRoles('dave', ['admin'])
  await first.gateway.operatorUsers.setDisabled('erin', true)

  const second = await first.restart()
  t.equal(await shown(second, kept.access_token), '200')
  for (const { access_token } of [ended, bob, carol, dave, erin]) {
    t.equal(await shown(second, access_token), '401 revoked_token')
  }
  const refresh = async (refresh_token: string) =>
    verdictOf(await post(`${second.url}/auth/refresh`, { refresh_token }))
  for (const { refresh_token } of [ended, bob, carol, erin]) {
    t.equal(await refresh(refresh_token), '401 invalid_refresh_token')
  }
  t.equal(await refresh(kept.refresh_token), '200')
  t.equal(await refresh(dave.refresh_token), '200', 'changed roles leave the session')
})

t.test('a refresh token spent before the restart is spent after it', async (t) => {
  const yaml = site(
    NOWHERE,
    'store: sqlite:gateway.db\ntokens: { issuer: "https://a.example", keys: keys, refresh: { reuse_grace: 0s } }'
  )
  const first = await startGateway(t, yaml, [{ username: 'alice' }])
  const old = await first.login('alice')
  const current = (await (
    await post(`${first.url}/auth/refresh`, { refresh_token: old.refresh_token })
  ).json()) as typeof old
  const second = await first.restart()
  t.equal(await shown(second, current.access_token), '200')
  const reused = await post(`${second.url}/auth/refresh`, { refresh_token: old.refresh_token })
  t.equal(await verdictOf(reused), '401 invalid_refresh_token')
  t.equal(await shown(second, current.access_token), '401 revoked_token')
  const third = await second.restart()
  t.equal(await shown(third, current.access_token), '401 revoked_token')
})
