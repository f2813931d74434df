import t from 'tap'
import { openToken, resign } from '../helpers/forge.js'
import { bearer, verdictOf } from '../helpers/gateway.js'
import {
  asBilling,
  BILLING,
  basic,
  DEFINITIONS,
  policy,
  type Services,
  startServices,
  tokenOf
} from './services-fixture.js'

const NEW = 'new-secret-0123456789-0123456789-0'
const asked = async ({ url }: Services, token: string) =>
  verdictOf(await fetch(`${url}/any`, { headers: bearer(token) }))

t.test('a change of what the client may do ends its tokens at once, and a change back revives them', async (t) => {
  const services = await startServices(t)
  const define = (billing: string | null) =>
    services.reload(
      policy(services.upstream.url, {
        clients: billing === null ? { reports: DEFINITIONS.reports } : { ...DEFINITIONS, billing }
      })
    )
  const { access_token } = await tokenOf(services)
  const definition = DEFINITIONS.billing
  const endings: Readonly<Record<string, string | null>> = {
    removed: null,
    'another role': definition.replace('[service]', '[service, more]'),
    'no role': definition.replace('roles: [service], ', ''),
    'a scope less': definition.replace(', orders.write', ''),
    networks: definition.replace('}', ', networks: [127.0.0.1] }'),
    'another secret': definition.replace(BILLING, NEW)
  }
  for (const [name, changed] of Object.entries(endings)) {
    define(changed)
    t.equal(await asked(services, access_token), '401 revoked_token', name)
    define(definition)
    t.equal(await asked(services, access_token), '200', name)
  }
  for (const same of [
    definition.replace('orders.read, orders.write', 'orders.write, orders.read'),
    definition.replace('}', ', access: 1h }'),
    definition.replace(`secret: '${BILLING}'`, `secrets: [${NEW}, '${BILLING}']`)
  ]) {
    define(same)
    t.equal(await asked(services, access_token), '200', same)
  }
})

t.test('a removed secret ends what it was used for, and nothing else', async (t) => {
  const both = { billing: `{ secrets: ['${BILLING}', ${NEW}] }` }
  const services = await startServices(t, { clients: both })
  const byOld = (await tokenOf(services, asBilling)).access_token
  const byNew = (await tokenOf(services, basic('billing', NEW))).access_token
  t.same([await asked(services, byOld), await asked(services, byNew)], ['200', '200'])
  services.reload(policy(services.upstream.url, { clients: { billing: `{ secret: ${NEW} }` } }))
  t.same([await asked(services, byOld), await asked(services, byNew)], ['401 revoked_token', '200'])
})

t.test('tokens outlive a restart with the same settings', async (t) => {
  const services = await startServices(t)
  const { access_token } = await tokenOf(services)
  const later = { ...services, ...(await services.restart()) }
  t.equal(await asked(later, access_token), '200')
})

t.test('neither kind of token can be made into the other, not even under our signature', async (t) => {
  const services = await startServices(t)
  const { keyring } = services.resources
  const own = (await tokenOf(services)).access_token
  const users = (await services.login('alice')).access_token
  const { gen, sub } = openToken(own).claims
  const table: Readonly<Record<string, readonly [token: string, claims: Record<string, unknown>, verdict: string]>> = {
    'a user without a session': [users, { sid: undefined }, '401 invalid_token'],
    'a user without a session, as its own client': [
      users,
      { sid: undefined, client_id: openToken(users).claims.sub },
      '401 invalid_token'
    ],
    'a user with the generation of a client': [users, { sid: undefined, gen }, '401 invalid_token'],
    'a user as a client': [users, { sid: undefined, gen, client_id: sub }, '401 invalid_token'],
    'a client that nobody knows': [own, { sub: 'nobody', client_id: 'nobody' }, '401 revoked_token'],
    'another client': [own, { sub: 'reports', client_id: 'reports' }, '401 revoked_token'],
    'a client with the subject of another': [own, { sub: 'reports' }, '401 invalid_token'],
    'a client with a session': [own, { sid: 'x' }, '401 invalid_token'],
    'a client with a session that is null': [own, { sid: null }, '401 invalid_token'],
    'a client with a number': [own, { gen: 1 }, '401 invalid_token'],
    'a client without a generation': [own, { gen: undefined }, '401 invalid_token'],
    'a client with another generation': [own, { gen: 'AAAAAAAAAAAAAAAA' }, '401 revoked_token']
  }
  for (const [name, [token, claims, verdict]] of Object.entries(table)) {
    t.equal(await asked(services, resign(keyring, token, { claims })), verdict, name)
  }
})

t.test('a short secret cannot be tried on a token', async (t) => {
  const generations = await Promise.all(
    ['hunter1', 'hunter2'].map(async (secret) => {
      const billing = `{ secret: ${secret}, insecure_short_secret: true, roles: [service] }`
      const services = await startServices(t, { clients: { billing } })
      const { access_token } = await tokenOf(services, basic('billing', secret))
      t.equal(await asked(services, access_token), '200')
      return openToken(access_token).claims.gen
    })
  )
  t.equal(generations[0], generations[1], 'its generation says nothing of it')
})
