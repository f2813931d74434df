/** What assertions must say about themselves and the names they use, and the assertions as Settings. */
import type { Assertion } from '../domain.js'
import { readAllow } from './build-allow.js'
import { coherentAllow, conditionsOf, knownClaims } from './coherent-rules.js'
import { createDanglingNames, type GivenNames } from './dangling-names.js'
import { type Finding, mistakeAt, mistakeAtKey, type Path } from './findings.js'
import type { Draft, FileSettings } from './schema.js'
import type { PolicyLanguage, SettledAssertion } from './settings.js'

type DraftAssertion = NonNullable<NonNullable<Draft['assertions']>[number]>
type Kind = Assertion['kind']

/** The key under which each kind says who. */
const whoKeys = { never: 'unless', always: 'allow' } as const

/** What an assertion says, or undefined where that is mistaken. */
function saidBy(assertion: DraftAssertion, kind: Kind) {
  const { never, always } = assertion
  if (kind === 'never') return never && { region: never, who: never.unless }
  return always && { region: always, who: always.allow }
}

const kinds = ['never', 'always'] as const

/** The conditions of all assertions, and where each stands. */
export function assertedConditions(draft: Draft) {
  return (draft.assertions ?? []).flatMap((assertion, index) =>
    kinds.flatMap((kind) =>
      conditionsOf(assertion && saidBy(assertion, kind)?.who, ['assertions', index, kind, whoKeys[kind]])
    )
  )
}

export function coherentAssertions(draft: Draft, language: PolicyLanguage, given: GivenNames): Finding[] {
  const danglingNames = createDanglingNames(given)
  const claims = knownClaims(draft, given)
  return (draft.assertions ?? []).flatMap((assertion, index) => {
    if (assertion === undefined) return []
    const path = ['assertions', index]
    if (!('never' in assertion) && !('always' in assertion)) {
      return [mistakeAt([...path, 'never'], 'is missing', 'an assertion says never or always')]
    }
    if ('never' in assertion && 'always' in assertion) {
      return [mistakeAtKey([...path, 'always'], 'must be an assertion of its own', 'never stands here already')]
    }
    return kinds.flatMap((kind) => {
      const said = saidBy(assertion, kind)
      if (said === undefined) return []
      const { pattern, findings } = readRegion(said.region.path, language, [...path, kind, 'path'])
      const at = [...path, kind, whoKeys[kind]]
      return [...findings, ...idle(kind, said.who, at), ...coherentAllow(said.who, pattern, claims, danglingNames, at)]
    })
  })
}

function readRegion(path: string | undefined, language: PolicyLanguage, at: Path) {
  const read = path === undefined ? null : language.readPattern(path)
  if (read === null || !('fault' in read)) return { pattern: read, findings: [] }
  return { pattern: null, findings: [mistakeAt(at, read.fault)] }
}

/** Never unless anyone, and always for nobody, hold of every file. */
function idle(kind: Kind, who: unknown, at: Path): Finding[] {
  const word = { never: 'anyone', always: 'nobody' }[kind]
  return who === word ? [mistakeAt(at, `asserts nothing: with ${word} it always holds`)] : []
}

/** The assertion of this place in a file without a mistake; `pattern`: its path, canonical. */
export function readAssertion(
  { never, always, name }: FileSettings['assertions'][number],
  index: number,
  line: number,
  canonical: (pattern: string) => string
): SettledAssertion {
  const place = { index, line, name: name ?? null }
  const regionOf = ({ path, host, methods }: NonNullable<typeof never | typeof always>) => {
    return { path: canonical(path), hosts: host ?? null, methods: methods ?? null }
  }
  if (never !== undefined) {
    return { ...place, ...regionOf(never), kind: 'never', unless: readAllow(never.unless ?? 'nobody') }
  }
  if (always !== undefined) return { ...place, ...regionOf(always), kind: 'always', allow: readAllow(always.allow) }
  throw new TypeError(`assertions[${index}] says neither never nor always`)
}
