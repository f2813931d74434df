import t from 'tap'
import { FAMILIES } from '../../gateway/attack/index.js'
import { attack, found, startEcho } from './firing.js'
import { startNaiveGateway } from './naive-gateway.js'

/** Where it waits for the rest of a body each attack takes as long as it may: of those families, what it answers at once. */
const ONLY = [
  ...FAMILIES.filter((family) => family !== 'framing' && family !== 'upgrades'),
  ...['framing/te-and-cl', 'framing/cl-and-te', 'framing/te-space-before-colon', 'framing/http-0-9'],
  ...['upgrades/h2c', 'upgrades/made-up']
].join(',')

t.test('every family finds a way past a gateway that was written in an afternoon', async (t) => {
  const upstream = await startEcho(t)
  const url = await startNaiveGateway(t, upstream.url)
  const { status, told, stderr } = await attack(t, [
    url,
    '--path',
    '/api/admin/x',
    '--open',
    '/public/x',
    '--only',
    ONLY
  ])
  t.equal(status, 1, stderr)
  t.equal(told.ok, false)
  const byFamily = new Map(FAMILIES.map((family) => [family, found(told).filter((result) => result.family === family)]))
  for (const [family, results] of byFamily) t.ok(results.length > 0, `${family}: ${results.length}`)
  const ids = new Set(found(told).map(({ id }) => id))
  for (const id of [
    'paths/out-of-the-open-plain',
    'paths/case-upper',
    'paths/target-leading-double-slash',
    'identity/x-user-roles',
    'identity/x-user-id',
    'identity/underscored-x-user-id',
    'rerouting/x-original-url',
    'addresses/x-forwarded-for-1',
    'addresses/host-another-too',
    'framing/te-and-cl',
    'upgrades/h2c',
    'tokens/alg-none',
    'browsers/origin-null',
    'endpoints/prefix-alone',
    'logins/password-not-equal'
  ])
    t.ok(ids.has(id), id)
  for (const { id, sent, faults } of found(told)) {
    t.ok(sent.length > 0 && faults.length > 0, `${id} says what was sent, and what was seen`)
    t.notMatch(sent, /[^\x20-\x7e…]/, `${id} is shown in letters that move nothing`)
  }
})
