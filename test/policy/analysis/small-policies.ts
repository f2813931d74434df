/** Random small policies, and all requests over a few words: enough of them to tell such policies apart. */
import fc from 'fast-check'
import type { Allow, Authentication, PathTolerance, Rule } from '../../../gateway/domain.js'
import { anonymous, as, makeRules, type RuleParts, strict } from '../make-rules.js'
import { type Chooser, fittingOf, type NaiveRequest } from './naive-policy.js'

const literal = fc.constantFrom('a', 'b', 'ab', 'A', 'aB', '%C3%A9', '@')
const glob = fc.constantFrom('a*', '*b', 'a*b', '*a*', '*B', '*@', '%C3%A9*', '.*', '*.')
const segment = fc.oneof(
  { weight: 5, arbitrary: literal },
  { weight: 2, arbitrary: glob },
  fc.constant('{x}'),
  fc.constant('{y}'),
  fc.constant('**')
)

export const patternText: fc.Arbitrary<string> = fc
  .tuple(fc.array(segment, { maxLength: 2 }), fc.constantFrom('', 'a', 'b', '**', '**', '{z}', '*'))
  .map(([segments, last]): string[] => [...segments, last])
  .filter(
    (segments) =>
      segments.filter((each) => each === '**').length <= 2 &&
      !['{x}', '{y}'].some((name) => segments.indexOf(name) !== segments.lastIndexOf(name))
  )
  .map((segments) => `/${segments.join('/')}`)

const sensitive: PathTolerance = { ...strict, case: 'sensitive' }

export const someMethods = fc.constantFrom<readonly string[] | null>(
  null,
  null,
  null,
  ['GET'],
  ['POST'],
  ['HEAD', 'PUT']
)
export const someHosts = fc.constantFrom<readonly string[] | null>(null, null, null, ['one'], ['one', 'two'])

export const ruleParts = (
  allows: readonly Allow[],
  cases: 'any' | 'insensitive' | 'sensitive'
): fc.Arbitrary<RuleParts> =>
  fc.record({
    path: patternText,
    methods: someMethods,
    hosts: someHosts,
    allow: fc.constantFrom(...allows),
    paths:
      cases === 'any' ? fc.constantFrom(strict, sensitive) : fc.constant(cases === 'insensitive' ? strict : sensitive)
  })

export const someRules = (allows: readonly Allow[], maxLength: number): fc.Arbitrary<Rule[]> =>
  fc
    .constantFrom('any', 'insensitive', 'insensitive', 'sensitive' as const)
    .chain((cases) => fc.array(ruleParts(allows, cases), { minLength: 1, maxLength }))
    .map(makeRules)

/** A policy that has come from another by a few edits; upstreams are edited too. */
export const someEdit = (rules: readonly Rule[], allows: readonly Allow[]): fc.Arbitrary<Rule[]> => {
  const edit = fc.record({
    kind: fc.constantFrom('drop', 'insert', 'allow', 'move', 'upstream'),
    at: fc.nat(rules.length),
    to: fc.nat(rules.length),
    parts: ruleParts(allows, 'any')
  })
  return fc.array(edit, { minLength: 1, maxLength: 2 }).map((edits) => {
    const edited: (Rule | RuleParts)[] = [...rules]
    for (const { kind, at, to, parts } of edits) {
      const old = edited[at]
      if (kind === 'insert' || old === undefined) edited.splice(at, 0, parts)
      else if (kind === 'drop') edited.splice(at, 1)
      else if (kind === 'move') edited.splice(to, 0, ...edited.splice(at, 1))
      else if (kind === 'allow') edited[at] = { ...old, ...(parts.allow && { allow: parts.allow }) }
      else edited[at] = { ...makeRules([old])[0], ...old, upstream: 'other' } as Rule
    }
    return makeRules(edited).map((rule, index) => ({ ...rule, index, line: index + 1 }))
  })
}

const words = ['a', 'b', 'A', 'B', 'ab', 'aB', 'x', '%C3%A9', '%C3%89', '@', '%40', 'xb', 'ax', 'bab']
const paths = [
  ...['', ...words],
  ...words.flatMap((one) => ['', ...words].map((two) => `${one}/${two}`)),
  ...['a', 'b', 'A', 'x'].flatMap((one) =>
    words.flatMap((two) => ['', 'a', 'b', 'B', 'x'].map((three) => `${one}/${two}/${three}`))
  )
].map((path) => `/${path}`)

/** Enough of them to tell the conditions of these tests apart. */
export const people: readonly Authentication[] = [
  anonymous,
  ...['u1', 'a', 'b', 'x'].flatMap((subject) => [[], ['r'], ['s'], ['r', 's']].map((roles) => as({ subject, roles })))
]

const named = (sets: readonly (readonly string[] | null)[], other: string): string[] => [
  ...new Set([...sets.flatMap((set) => set ?? []), other])
]

/**
 * Every request over the words, up to three segments, by each method and host that makes a difference; of paths that
 * the same patterns fit one, unless claims are bound to what is in them.
 */
export const allRequests = (rules: readonly Chooser[]): readonly NaiveRequest[] => {
  const methods = named(
    [...rules.map((rule) => rule.methods), rules.some((rule) => rule.methods?.includes('GET')) ? ['HEAD'] : []],
    'DELETE'
  )
  const isBound = JSON.stringify(rules).includes('"segment"')
  const telling = new Map(paths.map((path) => [isBound ? path : fittingOf(rules, path), path]))
  const hosts = named(
    rules.map((rule) => rule.hosts),
    'three'
  )
  return methods.flatMap((method) =>
    hosts.flatMap((host) => [...telling.values()].map((path) => ({ method, host, path })))
  )
}
