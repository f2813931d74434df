/**
 * What to put into the segments that claims are bound to, so that a pair of rules is compared in full on few paths.
 *
 * It is enough to try words that nobody names, each in one place only. For let somebody pass `holds` and not `fails` on
 * any path whatever. Of each claim `holds` has one expectation met: a constant, or a segment. Put an unnamed word into
 * each bound segment, unlike all others, and let the claims that met a segment follow it. `holds` still holds. What was
 * false in `fails` stays false: a constant that the claim differs from is no unnamed word; a segment that the claim
 * differs from is another place, and so another word. Equality of segments never helps, as no condition asks for two
 * values of one claim. Only `sub` has a form, that of its issuer, so that one bound to a segment needs a word of the form
 * of each issuer that may be asked for.
 *
 * Two words a name, because one name can stand at one place in the pattern of `holds` and at another in that of
 * `fails`. Where a place takes none of the words, by a literal or a glob, it takes words of its own that are neither
 * named nor in another place; the constants are given for where even these run out, and all that is left must be tried.
 */
import type { Allow, ClaimExpectation, Condition } from '../../domain.js'
import { type Issuers, issuersToTry, spellSubject } from './identities.js'

interface Bound {
  readonly placeholder: string
  readonly claim: string
  readonly condition: Condition
}

const conditionsOf = (allow: Allow): readonly Condition[] => (allow.kind === 'any' ? allow.of : [])

const claimsOf = ({ claims = {} }: Condition): [claim: string, expected: readonly ClaimExpectation[]][] =>
  Object.entries(claims)

const boundIn = (conditions: readonly Condition[]): Bound[] =>
  conditions.flatMap((condition) =>
    claimsOf(condition).flatMap(([claim, expected]) =>
      expected.flatMap((one) => ('segment' in one ? [{ placeholder: one.segment, claim, condition }] : []))
    )
  )

/** Values as a segment would spell them; others are equal to no segment. */
const asSegment = (expected: ClaimExpectation): string[] => {
  if (!('equals' in expected)) return []
  const { equals } = expected
  return (typeof equals === 'string' && equals !== '') || Number.isSafeInteger(equals) ? [String(equals)] : []
}

const constantsOf = (conditions: readonly Condition[], claims: ReadonlySet<string>): string[] =>
  conditions.flatMap((condition) =>
    claimsOf(condition).flatMap(([claim, expected]) => (claims.has(claim) ? expected.flatMap(asSegment) : []))
  )

/** Issuers whose form of `sub` may be asked for in a segment of this name. */
const issuersBound = (bound: readonly Bound[], others: readonly Condition[], issuers: Issuers): string[] => [
  ...new Set(
    bound.flatMap(({ claim, condition }) => (claim === 'sub' ? issuersToTry(condition, others, issuers) : ['self']))
  )
]

/**
 * For each name that a claim is bound to, what its segment may be, the likeliest to show somebody first: words that
 * nobody names, then the constants of the same claims. `findWho` on paths with these is complete for the two conditions.
 */
export const boundValues = (
  holds: Allow,
  fails: Allow,
  issuers: Issuers = null
): ReadonlyMap<string, readonly string[]> => {
  const [ofHolds, ofFails] = [conditionsOf(holds), conditionsOf(fails)]
  const conditions = [...ofHolds, ...ofFails]
  const bound = boundIn(conditions)
  const taken = new Set(constantsOf(conditions, new Set(conditions.flatMap(({ claims = {} }) => Object.keys(claims)))))
  let number = 41
  const unnamed = (spellings: readonly ((word: string) => string)[]): string[] => {
    do number++
    while (spellings.some((spell) => taken.has(spell(String(number)))))
    return spellings.map((spell) => spell(String(number)))
  }
  const values = new Map<string, readonly string[]>()
  for (const placeholder of new Set(bound.map((one) => one.placeholder))) {
    const here = bound.filter((one) => one.placeholder === placeholder)
    const asked = here.filter(({ condition }) => ofHolds.includes(condition))
    const spellings = issuersBound(asked, ofFails, issuers).map(
      (issuer) => (word: string) => spellSubject(issuer, word, issuers)
    )
    const words = spellings.length === 0 ? [(word: string) => word] : spellings
    const claims = new Set(here.map(({ claim }) => claim))
    values.set(placeholder, [...new Set([...unnamed(words), ...unnamed(words), ...constantsOf(conditions, claims)])])
  }
  return values
}
