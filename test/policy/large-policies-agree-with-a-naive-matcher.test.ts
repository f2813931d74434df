import fc from 'fast-check'
import t from 'tap'
import { compilePolicy } from '../../gateway/policy/index.js'
import { untilSeen } from '../helpers/until-seen.js'
import { findRaw, found, makeRules, type RuleParts } from './make-rules.js'
import { fits } from './naive-matcher.js'

// Lower case and without escapes: no reading differs, so nothing is refused as ambiguous and every answer is compared.
const word = fc.constantFrom('a', 'b', 'ab', 'c.json')
const wildcard = fc.constantFrom('{}', '*', 'a*', '*b', '*.json')
const symbol = fc.oneof({ weight: 3, arbitrary: word }, { weight: 2, arbitrary: wildcard })
const symbols = (maxLength: number) => fc.array(symbol, { maxLength })

/** The shapes: without `**`, with one at the start, in the middle or at the end, and with two. */
const shape = fc.oneof(
  fc.tuple(symbols(4), symbol).map(([begin, last]) => [...begin, last]),
  fc.tuple(symbols(3), symbols(3)).map(([begin, end]) => [...begin, '**', ...end]),
  fc.tuple(symbols(2), symbols(4), symbols(2)).map(([begin, middle, end]) => [...begin, '**', ...middle, '**', ...end]),
  fc.tuple(symbols(3), fc.constantFrom('', '**')).map(([begin, last]) => ['**', ...begin, last])
)
const pattern = shape.map((segments) => `/${segments.map((s, at) => (s === '{}' ? `{x${at}}` : s)).join('/')}`)

const rule: fc.Arbitrary<RuleParts> = fc.record({
  path: pattern,
  methods: fc.constantFrom<readonly string[] | null>(null, null, ['GET'], ['HEAD'], ['POST', 'BREW'], ['POST', 'GET']),
  hosts: fc.constantFrom<readonly string[] | null>(null, null, ['one'], ['two', 'one'], ['three'])
})

/** Hundreds of rules would leave nothing to the last if any of them took everything. */
const narrowRule = rule.filter(({ path }) => path.split('/').filter((s) => /^[a-z]/.test(s)).length > 2)

const ending = fc.constantFrom('', '', '', '/')
const pathOf = (lengths: fc.ArrayConstraints) =>
  fc
    .tuple(fc.array(fc.oneof(word, fc.constantFrom('a', 'x')), { minLength: 1, ...lengths }), ending)
    .map(([segments, end]) => `/${segments.join('/')}${end}`)
const method = fc.constantFrom('GET', 'HEAD', 'POST', 'BREW', 'UNKNOWN')
const host = fc.constantFrom('one', 'two', 'elsewhere')

const agreement = (rules: fc.Arbitrary<RuleParts[]>, path: fc.Arbitrary<string>, answers: Map<unknown, number>) =>
  fc.property(rules, fc.array(fc.tuple(path, method, host), { minLength: 20, maxLength: 20 }), (parts, requests) => {
    const all = makeRules(parts)
    const policy = compilePolicy({ revision: 'r', rules: all })
    return requests.every(([raw, verb, name]) => {
      const expected = all.find((one) => fits(one, verb, name, raw))
      answers.set(expected?.path, (answers.get(expected?.path) ?? 0) + 1)
      return found(findRaw(policy, raw, verb, name)) === (expected?.index ?? 'no_rule')
    })
  })

const timeBox = { numRuns: 20_000, interruptAfterTimeLimit: 1500, markInterruptAsFailure: false }

const sizes = {
  'a few rules': [fc.array(rule, { minLength: 1, maxLength: 5 }), pathOf({ maxLength: 7 })],
  'hundreds of rules': [fc.array(narrowRule, { minLength: 200, maxLength: 300 }), pathOf({ maxLength: 9 })],
  // Rows of bits have 32 segments a word.
  'paths of many segments': [fc.array(rule, { minLength: 1, maxLength: 8 }), pathOf({ minLength: 28, maxLength: 70 })]
} as const

for (const [name, [rules, path]] of Object.entries(sizes)) {
  t.test(`the compiled policy finds what a naive interpreter finds: ${name}`, (t) => {
    const answers = new Map<unknown, number>()
    untilSeen(
      () => answers.size > 100,
      () => fc.assert(agreement(rules, path, answers), timeBox)
    )
    t.ok(answers.size > 100, `${answers.size} rules were found`)
    t.ok((answers.get(undefined) ?? 0) > 10, 'and at times none')
    t.end()
  })
}

t.test('two thousand rules of an ordinary shape are told apart', (t) => {
  const hosts = ['one', 'two', 'three']
  const rules = makeRules(
    Array.from({ length: 2000 }, (_, index): RuleParts => {
      const area = `/area${index % 40}/thing${index % 400}`
      const shapes = [`${area}/{id}/work`, `${area}/*.json`, `${area}/{id}`, `/**/within${index}/**`, `${area}/**`]
      return {
        path: shapes[Math.floor(index / 400)] ?? area,
        methods: index % 3 === 0 ? ['GET'] : index % 7 === 0 ? ['POST', 'BREW'] : null,
        hosts: index % 5 === 0 ? [hosts[index % 3] ?? 'one'] : null
      }
    })
  )
  const policy = compilePolicy({ revision: 'r', rules })
  for (let at = 0; at < 400; at++) {
    const ends = ['/7/work', '/a.json', '/7', `/x/within${1200 + at}/y`, '/a/b/c', '']
    const path = `/area${at % 40}/thing${at}${ends[at % 6]}`
    const [verb, name] = [['GET', 'HEAD', 'BREW'][at % 3] ?? 'GET', hosts[at % 4] ?? 'four']
    const expected = rules.find((one) => fits(one, verb, name, path))?.index ?? 'no_rule'
    if (found(findRaw(policy, path, verb, name)) !== expected) t.fail(`${verb} ${name} ${path}: not ${expected}`)
  }
  t.end()
})

t.test('a middle as long as a word of bits is found wherever it stands', (t) => {
  const middle = Array.from({ length: 28 }, (_, at) => `s${at}`).join('/')
  const policy = compilePolicy({ revision: 'r', rules: makeRules([{ path: `/{a}/**/${middle}/**/z` }]) })
  for (let before = 0; before < 70; before++) {
    const begin = '/x'.repeat(before)
    const expected = before === 0 ? 'no_rule' : 0
    t.equal(found(findRaw(policy, `${begin}/${middle}/z`)), expected, `${before} before`)
    t.equal(found(findRaw(policy, `${begin}/${middle}`)), 'no_rule', `${before} before, and no end`)
  }
  t.end()
})
