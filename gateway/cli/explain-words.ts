/** What an explanation says in words: the same in the text and in `--json`. */
import type { Authentication, Scalar } from '../domain.js'
import type { Explanation } from '../on-paper/index.js'
import {
  type AllowExplanation,
  type EntryExplanation,
  type Mismatch,
  type NearestOther,
  nearestAlternative
} from '../policy/index.js'
import { NOBODY_IN_PARTICULAR } from '../tokens/index.js'
import { printable } from './shown.js'

const SECRET = /secret|passw|pwd|token|api_?key|private|credential|otp|ssn|hash/i
const LONGEST_SHOWN = 80

const cut = (text: string): string =>
  text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN)}... (${text.length} characters)`

/** A value of a claim, or of an entry that asks for it: masked where the name says that it is a secret, cut when long. */
export function shownValue(name: string, value: unknown): unknown {
  if (value === undefined || value === null) return null
  if (SECRET.test(name)) return '(masked)'
  if (typeof value === 'string') return cut(value)
  if (Array.isArray(value)) return value.map((item) => shownValue(name, item))
  if (typeof value !== 'object') return value
  const text = JSON.stringify(value)
  return text.length <= LONGEST_SHOWN ? value : cut(text)
}

const SECRET_IN_LINE = new RegExp(
  `([\\w.-]*(?:${SECRET.source})[\\w.-]*["']?\\s*:\\s*)(\\[[^\\]]*\\]|[^\\s,}][^,}]*)`,
  'gi'
)

/** A line of the file, less what it asks of claims whose names say that they are secrets. */
export const shownLine = (line: string): string =>
  printable(line.replaceAll('\t', '  ').replace(SECRET_IN_LINE, '$1(masked)'))

const quote = (text: string): string => `"${printable(text)}"`

/** Names are plain, text of a claim is quoted, so that `7` is not taken for `"7"`. */
const inWords = (value: unknown): string => printable(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))

const list = (values: readonly string[], word: 'and' | 'or'): string => {
  const last = values.at(-1) ?? ''
  return values.length < 2 ? last : `${values.slice(0, -1).join(', ')} ${word} ${last}`
}

/** Why a rule was passed over. */
export function mismatchInWords(mismatch: Mismatch): string {
  if (mismatch.by !== 'path') return `only for ${mismatch.by === 'host' ? 'host ' : ''}${list(mismatch.expected, 'or')}`
  const { at, expected, seen } = mismatch
  if (expected === null) return `the pattern ends before segment ${at}, ${quote(seen ?? '')}`
  const wanted = /[*{]/.test(expected) ? expected : quote(expected)
  if (seen === null) return `the path ends before ${wanted}`
  return seen === '' ? `segment ${at} is empty, not ${wanted}` : `segment ${at} is ${quote(seen)}, not ${wanted}`
}

const isClaim = ({ entry }: EntryExplanation): boolean => entry.startsWith('claims.')
const nameOf = ({ entry }: EntryExplanation): string => entry.replace(/^claims\./, '')

const expectedValue = (entry: EntryExplanation, value: Scalar | null): string => {
  const shown = shownValue(nameOf(entry), value)
  return isClaim(entry) && typeof shown === 'string' && shown !== '(masked)' ? quote(shown) : inWords(shown)
}

const expectedValues = (entry: EntryExplanation, values = entry.expected): readonly string[] =>
  values.map(({ value, segment }) => {
    const shown = value === null ? 'nothing' : expectedValue(entry, value)
    return segment === null ? shown : `${shown}, the path's {${segment}}`
  })

/** What an entry asks for. */
export function expectationInWords(entry: EntryExplanation): string {
  const values = expectedValues(entry)
  if (values.length < 2) return values.join()
  return entry.entry === 'scopes' || entry.entry === 'all_roles'
    ? `all of ${values.join(', ')}`
    : `any of ${values.join(', ')}`
}

/** What an entry saw. */
export function sightInWords(entry: EntryExplanation, who: Authentication): string {
  if (entry.entry !== 'networks' && who.kind === 'anonymous') return 'nobody is signed in'
  if (entry.entry !== 'networks' && who.kind === 'bad') return 'the credential does not hold'
  const { seen } = entry
  if (seen === undefined) return 'there is no such claim'
  const shown = shownValue(nameOf(entry), seen)
  if (!isClaim(entry)) return [shown].flat().map(inWords).join(', ') || 'none'
  return shown === '(masked)' ? shown : printable(JSON.stringify(shown))
}

const lackingInWords = (entry: EntryExplanation): string => {
  const values = expectedValues(entry, entry.lacking)
  const plural = values.length > 1 ? 's' : ''
  switch (entry.entry) {
    case 'roles':
      return plural === '' ? `role ${values.join()}` : `one of the roles ${list(values, 'or')}`
    case 'all_roles':
      return `role${plural} ${list(values, 'and')}`
    case 'scopes':
      return `scope${plural} ${list(values, 'and')}`
    case 'networks':
      return `an address in ${list(values, 'or')}`
    case 'issuers':
      return `a token of ${list(values, 'or')}`
    default:
      return `claim ${printable(nameOf(entry))} = ${list(values, 'or')}`
  }
}

/** Who would be allowed by the rule that refused, in the way that asks for least; null: not a matter of its conditions. */
export function nearestInWords(allow: AllowExplanation, who: Authentication, place: string): string | null {
  if (allow.because === null) return null
  if (allow.kind === 'nobody') return `${place} allows nobody.`
  const missing = nearestAlternative(allow) ?? []
  const parts = missing.map(lackingInWords)
  const onlyAddress = missing.length > 0 && missing.every(({ entry }) => entry === 'networks')
  if (who.kind === 'bad') {
    const also = parts.length === 0 ? '' : `, if it says ${list(parts, 'and')}`
    return `With a token that holds${also}, ${place} would allow it.`
  }
  if (who.kind === 'principal' || onlyAddress) return `With ${list(parts, 'and')}, ${place} would allow it.`
  return `Signed in${parts.length === 0 ? '' : ` with ${list(parts, 'and')}`}, ${place} would allow it.`
}

/** What else this caller could ask for. */
export function otherInWords(other: NearestOther, placeOf: (line: number) => string): string {
  const rule = `${placeOf(other.rule.line)} ${other.rule.path}`
  switch (other.kind) {
    case 'below':
      return `${rule} would allow it, but stands below: the first rule that fits decides.`
    case 'method':
      return `${other.method} of the same path is allowed, by ${rule}.`
    case 'host':
      return `On host ${other.host} the same is allowed, by ${rule}.`
    case 'path':
      return `The nearest that this caller may reach is ${rule}.`
  }
}

/** Where a path that is refused would also have fallen. */
export function readingInWords({ otherReading }: Explanation, placeOf: (line: number) => string): string | null {
  if (otherReading === null) return null
  const { reading, rule } = otherReading
  const where = rule.line === 0 ? 'where the gateway answers itself' : `under ${placeOf(rule.line)} ${rule.path}`
  return `Read as ${quote(reading)} it would fall ${where}.`
}

const named = (noun: string, names: readonly string[]): string =>
  `${noun}${names.length === 1 ? '' : 's'} ${printable(names.join(', '))}`

/** Who asks. */
export function callerInWords(who: Authentication): string {
  if (who.kind === 'anonymous') return 'nobody signed in'
  if (who.kind === 'bad') return `a credential that does not hold (${who.because})`
  const { username, subject, issuer, roles, scopes } = who.principal
  const known = subject === NOBODY_IN_PARTICULAR ? 'somebody' : printable(subject)
  const name = username === null ? known : `${printable(username)} (${known})`
  const from = issuer === 'self' ? '' : ` by a token of ${issuer}`
  const has = roles.length === 0 ? 'without roles' : `with ${named('role', roles)}`
  return `${name}${from}, ${has}${scopes.length === 0 ? '' : ` and ${named('scope', scopes)}`}`
}
