import fc from 'fast-check'
import t from 'tap'
import type { Allow, Assertion, Authentication, Rule } from '../../../gateway/domain.js'
import { preparePolicy, proveAssertions } from '../../../gateway/policy/index.js'
import { untilSeen } from '../../helpers/until-seen.js'
import { anyone, authenticated, makeRules, nobody, oneOf } from '../make-rules.js'
import { createNaivePolicy, fitsAsRead, fitsAsSpelt, type NaivePolicy, type NaiveRequest } from './naive-policy.js'
import { passesNaively } from './naive-verdict.js'
import { allRequests, patternText, people, someHosts, someMethods, someRules } from './small-policies.js'

const timeBox = { numRuns: 5000, interruptAfterTimeLimit: 3000, markInterruptAsFailure: false }
const allows = [anyone, authenticated, nobody, oneOf({ roles: ['r'] }), oneOf({ claims: { sub: [{ segment: 'x' }] } })]

const someAssertion: fc.Arbitrary<Assertion> = fc
  .tuple(fc.boolean(), patternText, someHosts, someMethods, fc.constantFrom<Allow>(...allows))
  .map(([isNever, path, hosts, methods, allow]) => ({
    path,
    hosts,
    methods,
    ...(isNever ? { kind: 'never', unless: allow } : { kind: 'always', allow })
  }))

const isBrokenBy = (assertion: Assertion, policy: NaivePolicy, request: NaiveRequest, who: Authentication): boolean => {
  const rule = policy.find(request)
  const isMeant =
    assertion.kind === 'never' && typeof rule !== 'string'
      ? fitsAsRead(assertion, request, rule)
      : fitsAsSpelt(assertion, request)
  if (!isMeant) return false
  const passes = typeof rule !== 'string' && passesNaively(rule.allow, rule.path, request.path, who)
  const said = assertion.kind === 'never' ? assertion.unless : assertion.allow
  const isSaid = passesNaively(said, assertion.path, request.path, who)
  return assertion.kind === 'never' ? passes && !isSaid : isSaid && !passes
}

t.test('an assertion that holds is broken by nobody, and one that is broken by its counter-example', (t) => {
  const counts = { holds: 0, broken: 0, undecided: 0 }
  const agrees = (rules: readonly Rule[], assertion: Assertion): boolean => {
    const [proof] = proveAssertions(preparePolicy({ revision: 'r', rules }), [assertion])
    if (proof === undefined || proof.state === 'undecided') return false
    counts[proof.state]++
    const naive = createNaivePolicy(rules)
    if (proof.state === 'broken') return isBrokenBy(assertion, naive, proof.witness, proof.witness.who.authentication)
    const [region] = makeRules([
      { ...assertion, allow: assertion.kind === 'never' ? assertion.unless : assertion.allow }
    ])
    return allRequests(region === undefined ? rules : [...rules, region]).every((request) =>
      people.every((who) => !isBrokenBy(assertion, naive, request, who))
    )
  }
  untilSeen(
    () => counts.holds > 5 && counts.broken > 5,
    () =>
      fc.assert(
        fc.property(someRules(allows, 5), someAssertion, (rules, assertion) => agrees(rules, assertion)),
        timeBox
      )
  )
  t.ok(counts.holds > 5 && counts.broken > 5, JSON.stringify(counts))
  t.end()
})

const inFull: Readonly<
  Record<string, readonly [rules: Parameters<typeof makeRules>[0], assertion: Assertion, expected: string]>
> = {
  'admin rule over all of the region': [
    [
      { path: '/api/admin/**', allow: oneOf({ roles: ['admin'] }) },
      { path: '/api/**', allow: authenticated }
    ],
    { kind: 'never', path: '/api/admin/**', hosts: null, methods: null, unless: oneOf({ roles: ['admin'] }) },
    'holds'
  ],
  'admin rule for some methods only': [
    [
      { path: '/api/admin/**', methods: ['GET', 'POST'], allow: oneOf({ roles: ['admin'] }) },
      { path: '/api/**', allow: authenticated }
    ],
    { kind: 'never', path: '/api/admin/**', hosts: null, methods: null, unless: oneOf({ roles: ['admin'] }) },
    'broken'
  ],
  'trailing slash left open': [
    [
      { path: '/api/admin', allow: nobody },
      { path: '/api/admin/{x}/**', allow: nobody },
      { path: '/api/**', allow: anyone }
    ],
    { kind: 'never', path: '/api/admin/**', hosts: null, methods: null, unless: nobody },
    'broken'
  ],
  'a user below the own id': [
    [{ path: '/users/{user}/**', allow: oneOf({ claims: { sub: [{ segment: 'user' }] } }) }],
    {
      kind: 'never',
      path: '/users/{id}/**',
      hosts: null,
      methods: null,
      unless: oneOf({ claims: { sub: [{ segment: 'id' }] } })
    },
    'holds'
  ],
  'a user of another place in the path': [
    [{ path: '/users/{a}/{b}', allow: oneOf({ claims: { sub: [{ segment: 'b' }] } }) }],
    {
      kind: 'never',
      path: '/users/{id}/**',
      hosts: null,
      methods: null,
      unless: oneOf({ claims: { sub: [{ segment: 'id' }] } })
    },
    'broken'
  ],
  'health for anyone': [
    [
      { path: '/healthz', allow: anyone },
      { path: '/**', allow: authenticated }
    ],
    { kind: 'always', path: '/healthz', hosts: null, methods: null, allow: anyone },
    'holds'
  ],
  'health that no rule covers': [
    [{ path: '/api/**', allow: anyone }],
    { kind: 'always', path: '/healthz', hosts: null, methods: null, allow: anyone },
    'broken'
  ]
}

for (const [name, [parts, assertion, expected]] of Object.entries(inFull)) {
  t.test(`an assertion ${expected}: ${name}`, (t) => {
    const [proof] = proveAssertions(preparePolicy({ revision: 'r', rules: makeRules(parts) }), [assertion])
    t.equal(proof?.state, expected)
    t.end()
  })
}
