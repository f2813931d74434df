import fc from 'fast-check'
import t from 'tap'
import type { Allow, Authentication, Condition } from '../../gateway/domain.js'
import { explainAllow, nearestAlternative } from '../../gateway/policy/index.js'
import type { ProblemCode } from '../../gateway/problems.js'
import { untilSeen } from '../helpers/until-seen.js'
import { judgeOne } from './judge-one.js'
import { anonymous, anyone, as, authenticated, nobody, oneOf } from './make-rules.js'

const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 })
const expectation = fc.constantFrom({ equals: 'x' }, { equals: 7 }, { equals: true }, { segment: 'id' })
const condition = fc
  .record(
    {
      roles: names,
      allRoles: names,
      scopes: names,
      networks: fc.uniqueArray(fc.constantFrom('192.0.2.0/24', '10.0.0.0/8', '::/0'), { minLength: 1 }),
      issuers: fc.uniqueArray(fc.constantFrom('self', 'corp'), { minLength: 1 }),
      claims: fc.dictionary(fc.constantFrom('sub', 'team', 'level'), fc.array(expectation, { minLength: 1 }), {
        minKeys: 1
      })
    },
    { requiredKeys: [] }
  )
  .filter((entries) => Object.keys(entries).length > 0) as fc.Arbitrary<Condition>
const allow: fc.Arbitrary<Allow> = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(anyone, authenticated, nobody) },
  { weight: 8, arbitrary: fc.array(condition, { minLength: 1, maxLength: 3 }).map((of) => oneOf(...of)) }
)
const who: fc.Arbitrary<Authentication> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(anonymous) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom<ProblemCode>('expired_token', 'revoked_token')
      .map((because) => ({ kind: 'bad' as const, because }))
  },
  {
    weight: 5,
    arbitrary: fc
      .record({
        subject: fc.constantFrom('7', 'x', 'corp:7'),
        issuer: fc.constantFrom('self', 'corp'),
        roles: fc.uniqueArray(fc.constantFrom('a', 'b', 'c')),
        scopes: fc.uniqueArray(fc.constantFrom('a', 'b', 'c')),
        claims: fc.dictionary(
          fc.constantFrom('team', 'level'),
          fc.constantFrom<unknown>('x', 7, '7', true, ['x'], null)
        )
      })
      .map((parts) => as(parts))
  }
)
const address = fc.constantFrom('192.0.2.1', '10.1.2.3', '2001:db8::1')

t.test('what the entries add up to is what is decided', (t) => {
  const seen = new Map<string, number>()
  const verdicts = ['allowed', 'access_denied', 'missing_token', 'insufficient_scope', 'expired_token']
  untilSeen(
    () => verdicts.every((because) => (seen.get(because) ?? 0) > 100),
    () =>
      fc.assert(
        fc.property(allow, who, address, fc.constantFrom('7', 'x'), (allow, authentication, address, id) => {
          const decision = judgeOne({ pattern: '/{id}', raw: `/${id}`, allow, address, authentication })
          const explained = explainAllow(allow, authentication, decision.parameters, address)
          const because = decision.because ?? 'allowed'
          seen.set(because, (seen.get(because) ?? 0) + 1)
          if (explained.because !== decision.because) return false
          // What holds in full lacks nothing, and what is refused for its entries lacks some in every alternative.
          const missing = nearestAlternative(explained)
          return decision.because !== 'access_denied' || missing === null || missing.length > 0
        }),
        { numRuns: 20_000, interruptAfterTimeLimit: 2000, markInterruptAsFailure: false }
      )
  )
  for (const because of verdicts) t.ok((seen.get(because) ?? 0) > 100, `${because}: ${seen.get(because)}`)
  t.end()
})

t.test('a caller who is given what the nearest alternative lacks is let in', (t) => {
  let given = 0
  const asked = fc
    .record({ roles: names, allRoles: names, scopes: names }, { requiredKeys: [] })
    .filter((entries) => Object.keys(entries).length > 0) as fc.Arbitrary<Condition>
  const held = fc.uniqueArray(fc.constantFrom('a', 'b', 'c'))
  untilSeen(
    () => given > 100,
    () =>
      fc.assert(
        fc.property(fc.array(asked, { minLength: 1, maxLength: 3 }), held, held, (of, roles, scopes) => {
          const authentication = as({ roles, scopes })
          const explained = explainAllow(oneOf(...of), authentication, {}, '192.0.2.1')
          if (explained.because === null) return true
          given++
          const missing = nearestAlternative(explained) ?? []
          const values = (...entries: readonly string[]) =>
            missing.flatMap(({ entry, lacking }) =>
              entries.includes(entry) ? lacking.map(({ value }) => String(value)) : []
            )
          const better = as({
            roles: [...roles, ...values('all_roles'), ...values('roles').slice(0, 1)],
            scopes: [...scopes, ...values('scopes')]
          })
          return judgeOne({ allow: oneOf(...of), authentication: better }).allow
        }),
        { numRuns: 5000, interruptAfterTimeLimit: 1000, markInterruptAsFailure: false }
      )
  )
  t.ok(given > 100, `${given} were refused at first`)
  t.end()
})
