/** Issuers and subjects, which go together: who can be whose. */
import type { Condition } from '../../domain.js'

export interface Identity {
  /** `self`, or the name of a foreign issuer. */
  readonly issuer: string
  readonly subject: string
}

/**
 * Foreign issuers by name, and what their subjects look like: `<name>:<sub>`, or with `raw` any text at all. null: not
 * known, so any name may be one, prefixed.
 */
export type Issuers = ReadonlyMap<string, 'prefixed' | 'raw'> | null

const self = 'self'
/** As settings spell names of issuers: without a colon, so that a subject has at most one issuer in front. */
const issuerName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/

const isKnown = (issuers: Issuers, name: string): boolean =>
  issuers === null ? issuerName.test(name) : issuers.has(name)

/** A number, appended to the word, that makes it unlike any that is taken. */
const firstFree = (isTaken: (candidate: string) => boolean, word: string): string => {
  for (let number = 1; ; number++) if (!isTaken(`${word}-${number}`)) return `${word}-${number}`
}

/** Whose tokens a request may come with where a condition names these issuers, or none. */
export const issuersToTry = (condition: Condition, others: readonly Condition[], issuers: Issuers): string[] => {
  const named = condition.issuers
  if (named !== undefined) {
    return [...new Set(named)].filter((name) => name === self || isKnown(issuers, name))
  }
  if (issuers !== null) return [self, ...issuers.keys()]
  // One that no condition names stands for all foreign ones that some name: it fails at least as many of their entries.
  const taken = new Set(others.flatMap((other) => other.issuers ?? []))
  return [self, taken.has('another') ? firstFree((name) => taken.has(name), 'another') : 'another']
}

export const spellSubject = (issuer: string, word: string, issuers: Issuers): string =>
  issuer === self || issuers?.get(issuer) === 'raw' ? word : `${issuer}:${word}`

/** Our own subjects are ids of users and of services, which have no colon. */
const issuersOf = (subject: string, issuers: Issuers): string[] => {
  const raw = [...(issuers ?? [])].flatMap(([name, form]) => (form === 'raw' ? [name] : []))
  const colon = subject.indexOf(':')
  if (colon === -1) return [self, ...raw]
  const prefix = subject.slice(0, colon)
  const isPrefixed = prefix !== self && isKnown(issuers, prefix) && colon < subject.length - 1
  return isPrefixed ? [prefix, ...raw] : raw
}

/** Those with one of these subjects, whose issuers the condition admits. */
export const identitiesNamed = (
  condition: Condition,
  subjects: readonly string[],
  issuers: Issuers
): readonly Identity[] =>
  subjects
    .filter((subject) => subject !== '')
    .flatMap((subject) => issuersOf(subject, issuers).map((issuer) => ({ issuer, subject })))
    .filter(({ issuer }) => condition.issuers?.includes(issuer) ?? true)

/** One of each issuer whose subject nobody names; `taken` are the subjects that somebody does. */
export const identitiesUnnamed = (
  condition: Condition,
  others: readonly Condition[],
  taken: ReadonlySet<string>,
  issuers: Issuers
): readonly Identity[] =>
  issuersToTry(condition, others, issuers).map((issuer) => {
    const spell = (word: string): string => spellSubject(issuer, word, issuers)
    return { issuer, subject: spell(firstFree((word) => taken.has(spell(word)), 'user')) }
  })

/** Roles that only users of this gateway's own store have. */
export const isReserved = (role: string): boolean => role.startsWith('portcullis:')

export const isOwn = ({ issuer }: Identity): boolean => issuer === self
