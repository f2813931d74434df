import fc from 'fast-check'
import t from 'tap'
import { parseCanonicalPath } from '../../gateway/canonical-path.js'
import type { Rule } from '../../gateway/domain.js'
import { compilePolicy, explainReading, explainRules, type SoughtRequest } from '../../gateway/policy/index.js'
import { untilSeen } from '../helpers/until-seen.js'
import { found, makeRules, type RuleParts, strict, tolerant } from './make-rules.js'

const literal = fc.constantFrom('a', 'b', 'ab', 'A', 'a.json', '%C3%A9', 'x%20', 'a%2Fb', 'b;v')
const glob = fc.constantFrom('*', 'a*', '*b', 'a*b', '*.json', '*a*a*', '*%20')
const inner = fc.oneof(literal, literal, glob, fc.constantFrom('{x}', '{y}'), fc.constant('**'))
const pattern = fc
  .tuple(fc.array(inner, { maxLength: 4 }), fc.constantFrom('', 'a', '**', '{z}', '*'))
  .map(([segments, last]): string[] => [...segments, last])
  .filter(
    (segments) =>
      segments.filter((segment) => segment === '**').length <= 2 &&
      !['{x}', '{y}'].some((name) => segments.indexOf(name) !== segments.lastIndexOf(name))
  )
  .map((segments) => `/${segments.join('/')}`)

const rule: fc.Arbitrary<RuleParts> = fc.record({
  path: pattern,
  methods: fc.constantFrom<readonly string[] | null>(null, null, ['GET'], ['POST', 'PURGE'], ['HEAD']),
  hosts: fc.constantFrom<readonly string[] | null>(null, null, ['one'], ['one', 'two']),
  paths: fc.constantFrom({ ...tolerant, case: 'sensitive' as const }, tolerant, strict)
})
const segment = fc.oneof(literal, fc.constantFrom('a', 'b', 'aa', 'aba', 'x', '', '%2F', 'B', 'a%2fA'))
const path = fc.array(segment, { minLength: 1, maxLength: 6 }).map((segments) => `/${segments.join('/')}`)
const request = fc.record({
  raw: path,
  method: fc.constantFrom('GET', 'HEAD', 'POST', 'get'),
  host: fc.constantFrom('one', 'two', 'three')
})
const closed = [{ path: '/b', hosts: ['two'] }]
const timeBox = { numRuns: 20_000, interruptAfterTimeLimit: 2000, markInterruptAsFailure: false }

/** What `find` answers, put together from the explanations. */
function explained(rules: readonly Rule[], sought: SoughtRequest): number | string {
  const { deciding } = explainRules(rules, sought)
  if (deciding === null) return sought.oddities === 0 ? 'no_rule' : 'bad_path'
  const { encodedSlash, semicolon, emptySegments } = deciding.paths
  const refused = [encodedSlash, semicolon, emptySegments].some(
    (tolerance, bit) => tolerance === 'refuse' && (sought.oddities & (1 << bit)) !== 0
  )
  return refused || explainReading(rules, closed, deciding, sought) !== null ? 'bad_path' : deciding.index
}

t.test('the rule that is named as deciding is the one that the policy finds, and so is every refusal', (t) => {
  const seen = new Map<string, number>()
  const kinds = ['rule', 'no_rule', 'bad_path']
  untilSeen(
    () => kinds.every((kind) => (seen.get(kind) ?? 0) > 300),
    () =>
      fc.assert(
        fc.property(
          fc.array(rule, { minLength: 1, maxLength: 7 }),
          fc.array(request, { minLength: 1, maxLength: 8 }),
          (parts, requests) => {
            const rules = makeRules(parts)
            const policy = compilePolicy({ revision: 'r', rules, closed })
            return requests.every(({ raw, method, host }) => {
              const parsed = parseCanonicalPath(raw)
              if ('fault' in parsed) return true
              // The gateway answers there itself: no such request comes to the rules.
              if (host === 'two' && `${parsed.path}/`.startsWith('/b/')) return true
              const sought = { method, host, ...parsed }
              const answer = found(policy.find(sought))
              const kind = typeof answer === 'number' ? 'rule' : answer
              seen.set(kind, (seen.get(kind) ?? 0) + 1)
              return explained(rules, sought) === answer
            })
          }
        ),
        timeBox
      )
  )
  for (const kind of kinds) t.ok((seen.get(kind) ?? 0) > 300, `${kind}: ${seen.get(kind)}`)
  t.end()
})
