import t from 'tap'
import { comparePolicies, findDeadRules, preparePolicy, proveAssertions } from '../../../gateway/policy/index.js'
import { anyone, authenticated, makeRules, type RuleParts } from '../make-rules.js'

const prepare = (parts: readonly RuleParts[]) => preparePolicy({ revision: 'r', rules: makeRules(parts) })
const letters = [...'abcdefghijklmnopqrstuvwxyz0123456789']
const wildcards = (count: number): string => Array.from({ length: count }, (_, at) => `/{x${at}}`).join('')
const last: RuleParts = { path: '/**' }

const policies: Readonly<Record<string, readonly RuleParts[]>> = {
  'twenty wildcards behind a `**`': [
    ...[20, 17, 13].map((count) => ({ path: `/**/a${wildcards(count)}` })),
    { path: '/' },
    last
  ],
  'globs in one place, one for each letter': [
    ...letters.map((letter) => ({ path: `/*${letter}*` })),
    { path: '/{y}' },
    last
  ],
  'globs with every pair of letters': [
    ...letters.slice(0, 8).flatMap((one) => letters.slice(0, 8).map((two) => ({ path: `/*${one}*${two}*` }))),
    { path: '/a*b*c*d' },
    last
  ],
  'two `**` around a word, many times': [...letters.map((letter) => ({ path: `/**/w${letter}/**/z${letter}` })), last],
  'letter case in every place': [
    ...letters.map((letter) => ({ path: `/**/${letter}A${letter}/**/*B*` })),
    { path: '/{y}/**' },
    last
  ]
}

const limits = { states: 20_000, ruleMs: 300, fileMs: 1000 }

for (const [name, parts] of Object.entries(policies)) {
  t.test(`time and memory stay bounded: ${name}`, (t) => {
    const policy = prepare(parts)
    const before = process.memoryUsage().heapUsed
    const begin = performance.now()
    const lives = findDeadRules(policy, limits)
    const comparison = comparePolicies(policy, prepare(parts.toReversed()), { budget: limits })
    const region = { path: '/*a*b*/**', hosts: null, methods: null }
    const proofs = proveAssertions(policy, [{ kind: 'never', ...region, unless: authenticated }], { budget: limits })
    const tookMs = performance.now() - begin
    // Each of the three may use up the budget of the file once; the rest is for slow machines.
    t.ok(tookMs < 3 * limits.fileMs + 2000, `${tookMs} ms`)
    t.ok(process.memoryUsage().heapUsed - before < 300e6)
    t.equal(lives.length, parts.length)
    t.equal(proofs.length, 1)
    t.equal(comparison.exact, comparison.undecided.length === 0)
    t.end()
  })
}

t.test('a limit that is met is named, with the rule, and nothing is said about it', (t) => {
  const parts: readonly RuleParts[] = [{ path: '/a/b/{x}' }, { path: '/**/b/**' }, { path: '/a/b/c' }, last]
  const few = { states: 1 }
  const [, , hidden] = findDeadRules(prepare(parts), few)
  t.match(hidden, { rule: { path: '/a/b/c' }, life: 'undecided', limit: 'states', value: 1 })
  const without = prepare(
    parts.filter(({ path }) => path !== '/**/b/**').map((each) => ({ ...each, allow: authenticated }))
  )
  const { exact, undecided } = comparePolicies(prepare(parts), without, { budget: few })
  t.notOk(exact)
  t.match(undecided.at(-1), { side: 'old', limit: 'states', value: 1 })
  const [proof] = proveAssertions(
    prepare(parts),
    [{ kind: 'always', path: '/a/**', hosts: null, methods: null, allow: anyone }],
    { budget: few }
  )
  t.match(proof, { state: 'undecided', limit: 'states', value: 1 })
  t.end()
})

t.test('the budget of the file ends what the rules have left to spend', (t) => {
  const lives = findDeadRules(prepare(policies['two `**` around a word, many times'] ?? []), { fileMs: -1 })
  for (const each of lives) t.match(each, { life: 'undecided', limit: 'milliseconds of the file', value: -1 })
  t.end()
})
