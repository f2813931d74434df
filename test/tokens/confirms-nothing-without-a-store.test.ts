import t from 'tap'
import { Problem } from '../../gateway/problems.js'
import type { Store } from '../../gateway/store/index.js'
import { bearer, PASSWORD, post, startGateway, verdictOf } from '../helpers/gateway.js'
import { site } from '../helpers/site.js'
import { startUpstream } from '../helpers/upstream.js'

/** A store whose verbs fail while `away` says so; what they would have changed stays as it was. */
function failing(store: Store, away: () => boolean): Store {
  const guard = <Verbs extends object>(verbs: Verbs): Verbs =>
    new Proxy(verbs, {
      get: (target, name, receiver) =>
        away() ? () => Promise.reject(new Problem('store_unavailable')) : Reflect.get(target, name, receiver)
    })
  return {
    ...store,
    users: guard(store.users),
    sessions: guard(store.sessions),
    ping: () => (away() ? Promise.reject(new Problem('store_unavailable')) : store.ping())
  }
}

t.test('without its store the gateway confirms nothing, loses nothing, and lets valid tokens pass', async (t) => {
  const upstream = await startUpstream(t)
  let away = false
  const { url, login, audit, gateway } = await startGateway(t, site(upstream.url), [{ username: 'alice' }], {
    wrapStore: (store) => failing(store, () => away)
  })
  const tokens = await login('alice')
  const { access_token, refresh_token } = tokens
  const shown = async () => verdictOf(await fetch(`${url}/page`, { headers: bearer(access_token) }))
  const events = audit.length
  away = true
  const refused: Record<string, Promise<Response>> = {
    login: post(`${url}/auth/login`, { username: 'alice', password: PASSWORD }),
    refresh: post(`${url}/auth/refresh`, { refresh_token }),
    'logout by refresh token': post(`${url}/auth/logout`, { refresh_token }),
    'logout by access token': post(`${url}/auth/logout`, { access_token }),
    'logout-all by refresh token': post(`${url}/auth/logout-all`, { refresh_token }),
    'logout-all by access token': post(`${url}/auth/logout-all`, { access_token })
  }
  for (const [name, answer] of Object.entries(refused)) {
    const response = await answer
    t.match(response.headers.get('retry-after'), /^[1-9]\d*$/, name)
    t.equal(await verdictOf(response), '503 store_unavailable', name)
  }
  t.equal(await shown(), '200', 'no revocation was confirmed, and none is in force')
  t.equal(upstream.received.length, 1)
  t.equal(await verdictOf(await post(`${url}/auth/verify`, { token: access_token })), '200')
  await t.rejects(gateway.operatorUsers.setDisabled('alice', true))
  t.equal(await shown(), '200')
  t.same(audit.slice(events), [], 'nothing is told that did not happen')
  t.match(await gateway.readReadiness(), { ready: false, details: { store: 'unavailable' } })
  away = false
  t.equal(await verdictOf(await post(`${url}/auth/refresh`, { refresh_token })), '200', 'the token was not spent')
  t.equal(await verdictOf(await post(`${url}/auth/logout`, { access_token })), '204')
  t.equal(await shown(), '401 revoked_token')
})

t.test('a store that went away in the middle of a sign-in counts as no guess', async (t) => {
  let away = false
  const { url } = await startGateway(
    t,
    site('http://127.0.0.1:9', 'users: { login: { per_account_and_network: 1 } }'),
    [{ username: 'alice' }],
    { wrapStore: (store) => failing(store, () => away) }
  )
  const attempt = (password: string) => post(`${url}/auth/login`, { username: 'alice', password }).then(verdictOf)
  away = true
  for (let i = 0; i < 3; i += 1) t.equal(await attempt(PASSWORD), '503 store_unavailable')
  away = false
  t.equal(await attempt(PASSWORD), '200')
})
