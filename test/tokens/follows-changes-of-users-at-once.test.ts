import t from 'tap'
import { openToken } from '../helpers/forge.js'
import { bearer, PASSWORD, post, startGateway, type TestGateway, type Tokens, verdictOf } from '../helpers/gateway.js'
import { NOWHERE, site } from '../helpers/site.js'
import { startUpstream } from '../helpers/upstream.js'

const get = async ({ url }: TestGateway, path: string, { access_token }: Tokens) =>
  verdictOf(await fetch(url + path, { headers: bearer(access_token) }))
const refresh = ({ url }: TestGateway, { refresh_token }: Tokens) => post(`${url}/auth/refresh`, { refresh_token })

t.test('changed roles end older access tokens, and the next refresh carries the roles of now', async (t) => {
  const upstream = await startUpstream(t)
  const gateway = await startGateway(t, site(upstream.url), [
    { username: 'alice', roles: ['user'] },
    { username: 'bob' }
  ])
  const [old, bob] = [await gateway.login('alice'), await gateway.login('bob')]
  t.equal(await get(gateway, '/admin/x', old), '403 access_denied')
  await gateway.gateway.operatorUsers.setRoles('alice', ['admin'])
  t.equal(await get(gateway, '/admin/x', old), '401 revoked_token')
  t.equal(await get(gateway, '/page', old), '401 revoked_token')
  t.equal(await get(gateway, '/open/page', old), '200', 'where anyone may go it means anonymous')
  t.equal(upstream.last().headers['x-user-id'], undefined)
  t.equal(await get(gateway, '/page', bob), '200')
  const fresh = (await (await refresh(gateway, old)).json()) as Tokens
  t.same(openToken(fresh.access_token).claims.roles, ['admin'])
  t.equal(await get(gateway, '/admin/x', fresh), '200')
  await gateway.gateway.operatorUsers.setRoles('alice', [])
  t.equal(await get(gateway, '/admin/x', fresh), '401 revoked_token', 'what was taken away is gone at once')
})

t.test('a changed password ends every session and lets the new one in', async (t) => {
  const gateway = await startGateway(t, site(NOWHERE), [{ username: 'alice' }])
  const old = [await gateway.login('alice'), await gateway.login('alice')]
  await gateway.gateway.operatorUsers.setPassword('alice', 'another good password')
  for (const tokens of old) {
    t.equal(await get(gateway, '/auth/userinfo', tokens), '401 revoked_token')
    t.equal(await verdictOf(await refresh(gateway, tokens)), '401 invalid_refresh_token')
  }
  const attempt = (password: string) =>
    post(`${gateway.url}/auth/login`, { username: 'alice', password }).then(verdictOf)
  t.equal(await attempt(PASSWORD), '401 invalid_credentials')
  t.equal(await attempt('another good password'), '200')
})

t.test('a disabled user is out at once, and being enabled again revives nothing', async (t) => {
  const gateway = await startGateway(t, site(NOWHERE), [{ username: 'alice' }])
  const old = await gateway.login('alice')
  await gateway.gateway.operatorUsers.setDisabled('alice', true)
  t.equal(await get(gateway, '/auth/userinfo', old), '401 revoked_token')
  t.equal(await verdictOf(await refresh(gateway, old)), '401 invalid_refresh_token')
  await t.rejects(gateway.login('alice'))
  await gateway.gateway.operatorUsers.setDisabled('alice', false)
  t.equal(await get(gateway, '/auth/userinfo', old), '401 revoked_token')
  t.equal(await verdictOf(await refresh(gateway, old)), '401 invalid_refresh_token')
  t.equal(await get(gateway, '/auth/userinfo', await gateway.login('alice')), '200')
})

t.test('a user disabled while the password was being hashed is not signed in', async (t) => {
  let disable: () => Promise<unknown> = async () => undefined
  const gateway = await startGateway(t, site(NOWHERE), [{ username: 'alice' }], {
    adapt: (resources) => ({
      ...resources,
      users: {
        ...resources.users,
        async authenticate(...credentials) {
          const user = await resources.users.authenticate(...credentials)
          await disable()
          return user
        }
      }
    })
  })
  disable = () => gateway.gateway.operatorUsers.setDisabled('alice', true)
  const response = await post(`${gateway.url}/auth/login`, { username: 'alice', password: PASSWORD })
  t.equal(await verdictOf(response), '401 invalid_credentials')
})
