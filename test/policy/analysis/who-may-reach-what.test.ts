import fc from 'fast-check'
import t from 'tap'
import type { Allow, Condition } from '../../../gateway/domain.js'
import {
  type Access,
  type Asker,
  accessMatrix,
  decide,
  findDeadRules,
  preparePolicy
} from '../../../gateway/policy/index.js'
import { anonymous, anyone, as, authenticated, canonical, makeRules, nobody, oneOf } from '../make-rules.js'

const askers: readonly Asker[] = [
  { kind: 'anyone' },
  { kind: 'signed_in' },
  { kind: 'role', role: 'a' },
  { kind: 'role', role: 'b' },
  { kind: 'role', role: 'portcullis:c' }
]

const prepared = (...allows: readonly Allow[]) =>
  preparePolicy({ revision: 'r', rules: makeRules(allows.map((allow, at) => ({ path: `/${at}/{id}`, allow }))) })

/** `if ...` in words, else the word alone. */
const shown = (access: Access | undefined) =>
  access?.access === 'conditional' ? `if ${access.having.join('; or ')}` : access?.access

const rowOf = (allow: Allow) =>
  accessMatrix(findDeadRules(prepared(allow)), askers, new Map([['corp', 'prefixed']]))[0]?.cells.map(shown)

t.test('each cell tells what its role gives by itself, and what else is asked', (t) => {
  const sub: Condition = { claims: { sub: [{ segment: 'id' }] } }
  const table: readonly (readonly [allow: Allow, anyone: string, signedIn: string, a: string, b: string, c: string])[] =
    [
      [anyone, 'yes', 'yes', 'yes', 'yes', 'yes'],
      [authenticated, 'no', 'yes', 'yes', 'yes', 'yes'],
      [nobody, 'no', 'no', 'no', 'no', 'no'],
      [oneOf({ roles: ['a'] }), 'no', 'no', 'yes', 'no', 'no'],
      [oneOf({ roles: ['a', 'b'] }), 'no', 'no', 'yes', 'yes', 'no'],
      [oneOf({ allRoles: ['a', 'b'] }), 'no', 'no', 'if role b', 'if role a', 'no'],
      [oneOf({ roles: ['a'], allRoles: ['b'] }), 'no', 'no', 'if role b', 'if role a', 'no'],
      [oneOf({ roles: ['a'], scopes: ['x:y'] }), 'no', 'no', 'if scope x:y', 'no', 'no'],
      [oneOf({ roles: ['a'] }, sub), 'no', 'if sub = {id}', 'yes', 'if sub = {id}', 'if sub = {id}'],
      [
        oneOf({ roles: ['a'], scopes: ['x'] }, sub),
        'no',
        'if sub = {id}',
        'if scope x; or sub = {id}',
        'if sub = {id}',
        'if sub = {id}'
      ],
      [
        oneOf({ networks: ['10.0.0.0/8'] }),
        ...(Array(5).fill('if network 10.0.0.0/8') as [string, string, string, string, string])
      ],
      [oneOf({ networks: ['0.0.0.0/0', '::/0'] }), 'yes', 'yes', 'yes', 'yes', 'yes'],
      [oneOf({ roles: ['a'], networks: ['0.0.0.0/0', '::/0'] }), 'no', 'no', 'yes', 'no', 'no'],
      [oneOf({ issuers: ['self', 'corp'] }), 'no', 'yes', 'yes', 'yes', 'yes'],
      [oneOf({ issuers: ['self'] }), 'no', 'if issuer self', 'if issuer self', 'if issuer self', 'yes'],
      // Roles of this beginning are given by this gateway alone.
      [oneOf({ roles: ['portcullis:c'], issuers: ['corp'] }), 'no', 'no', 'no', 'no', 'no']
    ]
  for (const [allow, ...expected] of table) t.strictSame(rowOf(allow), expected, JSON.stringify(allow))
  t.end()
})

t.test('nobody is said to reach what never matches', (t) => {
  const rules = makeRules([{ path: '/a/**', allow: nobody }, { path: '/a/b' }])
  const rows = accessMatrix(findDeadRules(preparePolicy({ revision: 'r', rules })), askers)
  t.strictSame(rows[1]?.cells.map(shown), ['never', 'never', 'never', 'never', 'never'])
  t.end()
})

const someOf = (...names: readonly string[]) => fc.subarray([...names], { minLength: 1 })
const someCondition: fc.Arbitrary<Condition> = fc
  .record(
    {
      roles: someOf('a', 'b', 'd'),
      allRoles: someOf('a', 'b', 'd'),
      scopes: someOf('x', 'y'),
      claims: fc.constant({ sub: [{ segment: 'id' }] }),
      networks: fc.constantFrom(['192.0.2.0/24'], ['10.0.0.0/8'], ['0.0.0.0/0', '::/0'])
    },
    { requiredKeys: [] }
  )
  .filter((condition) => Object.keys(condition).length > 0)

/** By which somebody is let in whatever else he is. */
const plain = fc.constantFrom<Condition>({ roles: ['a', 'd'] }, { networks: ['0.0.0.0/0', '::/0'] })

t.test('whoever has only what a column says is let in by yes and refused by no', (t) => {
  const seen = { yes: 0, no: 0, conditional: 0 }
  fc.assert(
    fc.property(fc.array(fc.oneof(someCondition, plain), { minLength: 1, maxLength: 3 }), (conditions) => {
      const policy = prepared(oneOf(...conditions))
      const [row] = accessMatrix(findDeadRules(policy), askers)
      const request = { method: 'GET', host: 'one', path: canonical('/0/7') }
      const lets = (asker: Asker, all: boolean, address: string): boolean => {
        const roles = asker.kind === 'role' ? [asker.role] : []
        // Everything beside the roles, or nothing.
        const having = all ? { subject: '7', scopes: ['x', 'y'] } : { subject: '8' }
        const authentication = asker.kind === 'anyone' ? anonymous : as({ roles, ...having })
        const match = policy.find(request)
        return decide({ id: '', revision: 'r', request: { ...request, address }, match, authentication }).allow
      }
      return askers.every((asker, at) => {
        const access = row?.cells[at]?.access
        if (access === 'yes') return ++seen.yes && ['192.0.2.1', '::1'].every((address) => lets(asker, false, address))
        const ever = ['192.0.2.1', '10.0.0.1'].some((address) => lets(asker, true, address))
        if (access === 'no') return ++seen.no && !ever
        // What is asked beside may be a second role.
        return ++seen.conditional && (ever || row?.cells[at] === undefined || /role/.test(String(shown(row.cells[at]))))
      })
    }),
    { numRuns: 200 }
  )
  t.ok(
    Object.values(seen).every((count) => count > 10),
    JSON.stringify(seen)
  )
  t.end()
})
