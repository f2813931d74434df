import t from 'tap'
import { Problem } from '../../gateway/problems.js'
import { freezeClock } from '../helpers/clock.js'
import { openToken } from '../helpers/forge.js'
import { bearer, post, startGateway, verdictOf } from '../helpers/gateway.js'
import { NOWHERE } from '../helpers/site.js'
import {
  asBilling,
  asReports,
  errorOf,
  introspected,
  policy,
  postForm,
  type Services,
  startServices,
  tokenOf
} from './services-fixture.js'

const revoke = (
  { url }: Pick<Services, 'url'>,
  token: string,
  headers = asBilling,
  more: Record<string, string> = {}
) => postForm(`${url}/auth/revoke`, { token, ...more }, headers)
const asked = async ({ url }: Pick<Services, 'url'>, token: string) =>
  verdictOf(await fetch(`${url}/any`, { headers: bearer(token) }))

t.test("a service's token ends alone, at once and for good", async (t) => {
  const services = await startServices(t, { more: 'store: sqlite:data/portcullis.db' })
  const first = (await tokenOf(services)).access_token
  const second = (await tokenOf(services)).access_token
  const response = await revoke(services, first)
  t.equal(response.status, 200)
  t.equal(await response.text(), '')
  t.equal(response.headers.get('cache-control'), 'no-store')
  t.match(services.audit.at(-1), { event: 'token_revoked', fields: { client_id: 'billing', subject: 'billing' } })
  t.equal(await asked(services, first), '401 revoked_token')
  t.same(await introspected(services, first), { active: false })
  t.equal(await asked(services, second), '200')
  t.equal((await revoke(services, first)).status, 200, 'twice is no error')
  const later = await services.restart()
  t.equal(await asked(later, first), '401 revoked_token', 'after a restart')
  t.equal(await asked(later, second), '200')
})

t.test('a token of a user ends its session, whichever is shown', async (t) => {
  const services = await startServices(t)
  for (const kind of ['access_token', 'refresh_token'] as const) {
    const ended = await services.login('alice')
    const other = await services.login('alice')
    t.equal((await revoke(services, ended[kind])).status, 200)
    t.match(services.audit.at(-1), {
      event: 'token_revoked',
      fields: { client_id: 'billing', session_id: openToken(ended.access_token).claims.sid }
    })
    t.equal(await asked(services, ended.access_token), '401 revoked_token', kind)
    const refreshed = await post(`${services.url}/auth/refresh`, { refresh_token: ended.refresh_token })
    t.equal(await verdictOf(refreshed), '401 invalid_refresh_token', kind)
    t.equal(await asked(services, other.access_token), '200', 'another session of the user')
  }
})

t.test('what means nothing here is no error, and a hint is only a hint', async (t) => {
  const clock = freezeClock(t)
  const services = await startServices(t)
  const { access_token } = await tokenOf(services)
  const { refresh_token } = await services.login('alice')
  for (const token of [
    'x',
    `${access_token.slice(0, -4)}AAAA`,
    `${refresh_token.slice(0, -4)}AAAA`,
    'x'.repeat(60_000)
  ]) {
    t.equal((await revoke(services, token)).status, 200, token.slice(0, 20))
  }
  t.equal(services.audit.filter(({ event }) => event === 'token_revoked').length, 0)
  t.equal(await asked(services, access_token), '200')
  for (const token_type_hint of ['refresh_token', 'x']) {
    const token = (await tokenOf(services)).access_token
    t.equal((await revoke(services, token, asBilling, { token_type_hint })).status, 200)
    t.equal(await asked(services, token), '401 revoked_token', token_type_hint)
  }
  t.equal((await revoke(services, refresh_token, asBilling, { token_type_hint: 'access_token' })).status, 200)
  t.same(await introspected(services, refresh_token), { active: false })
  clock.advance(900)
  const held = services.resources.revocations.size()
  t.equal((await revoke(services, access_token)).status, 200, 'expired')
  t.equal(services.resources.revocations.size(), held, 'and nothing is kept of it')
})

t.test("another service's token is refused, and lives on", async (t) => {
  const services = await startServices(t)
  const { access_token } = await tokenOf(services)
  t.equal(await errorOf(await revoke(services, access_token, asReports)), '400 unauthorized_client')
  t.equal(await asked(services, access_token), '200')
  for (const body of ['', 'token=', 'token=x&token=x']) {
    t.equal(await errorOf(await postForm(`${services.url}/auth/revoke`, body, asBilling)), '400 invalid_request', body)
  }
})

t.test('no revocation is confirmed that the store does not have', async (t) => {
  const services = await startGateway(t, policy(NOWHERE), [], {
    adapt: (resources) => {
      const revokeToken = async () => {
        throw new Problem('store_unavailable')
      }
      const { store } = resources
      return { ...resources, store: { ...store, sessions: { ...store.sessions, revokeToken } } }
    }
  })
  const { access_token } = await tokenOf(services)
  const response = await revoke(services, access_token)
  t.match(response.headers.get('retry-after'), /^\d+$/)
  t.equal(await errorOf(response), '503 temporarily_unavailable')
  t.match(await introspected(services, access_token), { active: true })
})
