import fc from 'fast-check'
import t from 'tap'
import type { PathTolerance } from '../../gateway/domain.js'
import { compilePolicy } from '../../gateway/policy/index.js'
import { untilSeen } from '../helpers/until-seen.js'
import { canonical, findRaw, found, makeRules, type RuleParts, tolerant } from './make-rules.js'
import { fits } from './naive-matcher.js'

const literal = fc.constantFrom('a', 'b', 'ab', 'aab', 'A', 'a.json', '%C3%A9', '%40', 'x%20', 'a9')
const glob = fc.constantFrom('*', 'a*', '*b', 'a*b', '*a*', '*.json', '*9', '*0', '%C3%A9*', '*a*a*', 'a*a', '*%20')
const inner = fc.oneof(literal, literal, glob, fc.constantFrom('{x}', '{y}'), fc.constant('**'))
const patternText = fc
  .tuple(fc.array(inner, { maxLength: 4 }), fc.constantFrom('', 'a', '**', '{z}', '*'))
  .map(([segments, last]): string[] => [...segments, last])
  .filter(
    (segments) =>
      segments.filter((segment) => segment === '**').length <= 2 &&
      !['{x}', '{y}'].some((name) => segments.indexOf(name) !== segments.lastIndexOf(name))
  )
  .map((segments) => `/${segments.join('/')}`)

const withPaths = (paths: PathTolerance): fc.Arbitrary<RuleParts> =>
  fc.record({
    path: patternText,
    methods: fc.constantFrom<readonly string[] | null>(null, null, ['GET'], ['POST', 'PURGE'], ['HEAD']),
    hosts: fc.constantFrom<readonly string[] | null>(null, null, ['one'], ['one', 'two']),
    paths: fc.constant(paths)
  })

const segment = fc.oneof(literal, fc.constantFrom('a', 'b', 'aa', 'ba', 'aba', 'x', '', '.json', '%C3%A9b', 'b%20'))
const pathText = fc.array(segment, { minLength: 1, maxLength: 6 }).map((segments) => `/${segments.join('/')}`)
const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PURGE', 'get')
const host = fc.constantFrom('one', 'two', 'three')
const timeBox = { numRuns: 20_000, interruptAfterTimeLimit: 1800, markInterruptAsFailure: false }

/** Compiled and naive first match; a refused reading is judged elsewhere. */
const agree = (parts: readonly RuleParts[], paths: readonly string[], verb: string, name: string): boolean => {
  const rules = makeRules(parts)
  const policy = compilePolicy({ revision: 'r', rules })
  return paths.every((path) => {
    const expected = rules.find((rule) => fits(rule, verb, name, path))?.index
    const actual = found(findRaw(policy, path, verb, name))
    if (actual === 'bad_path') return true
    return actual === (expected ?? 'no_rule')
  })
}

t.test('the compiled policy finds what a naive first-match interpreter finds', (t) => {
  const rules = fc.array(withPaths({ ...tolerant, case: 'sensitive' }), { minLength: 1, maxLength: 7 })
  let compared = 0
  untilSeen(
    () => compared > 1000,
    () =>
      fc.assert(
        fc.property(
          rules,
          fc.array(pathText, { minLength: 1, maxLength: 8 }),
          method,
          host,
          (parts, paths, verb, name) => {
            compared += paths.length
            return agree(parts, paths, verb, name)
          }
        ),
        timeBox
      )
  )
  t.ok(compared > 1000, `${compared} requests`)
  t.end()
})

t.test('a lower-case path without escapes or oddities is never called ambiguous under lower-case rules', (t) => {
  const plainSegment = fc.constantFrom('a', 'b', 'ab', 'a.json', 'x')
  const plainPath = fc.array(plainSegment, { minLength: 1, maxLength: 5 }).map((segments) => `/${segments.join('/')}`)
  const plainPattern = patternText.filter((text) => !/[A-Z%]/.test(text))
  fc.assert(
    fc.property(fc.array(plainPattern, { minLength: 1, maxLength: 6 }), plainPath, (patterns, path) => {
      const rules = makeRules(patterns.map((pattern) => ({ path: pattern })))
      const expected = rules.find((rule) => fits(rule, 'GET', 'h', path))?.index ?? 'no_rule'
      return found(findRaw(compilePolicy({ revision: 'r', rules }), path)) === expected
    }),
    { ...timeBox, interruptAfterTimeLimit: 1000 }
  )
  t.end()
})

t.test('a path that decodes and folds to itself is never refused for its own rule', (t) => {
  const rules = fc.array(withPaths(tolerant), { minLength: 1, maxLength: 1 })
  fc.assert(
    fc.property(rules, pathText, (parts, path) => {
      const [only] = makeRules(parts)
      if (only === undefined || !fits(only, 'GET', 'one', path)) return true
      return found(findRaw(compilePolicy({ revision: 'r', rules: [only] }), canonical(path), 'GET', 'one')) === 0
    }),
    { ...timeBox, interruptAfterTimeLimit: 1000 }
  )
  t.end()
})
