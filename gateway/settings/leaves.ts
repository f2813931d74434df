import { z } from 'zod'
import type { Scalar } from '../domain.js'
import { quote } from './findings.js'
import { suggest } from './suggestions.js'

/** A zod type whose input is whatever the file holds, and whose mistakes are told in the words of this file. */
export type Leaf<T> = z.ZodType<T, unknown>

/** Said instead of a value: null stands for the leaf's own `must be …`. */
export interface Refusal {
  readonly refused: true
  readonly message: string | null
  readonly hint: string | null
}

export function refuse(message: string | null = null, hint: string | null = null): Refusal {
  return { refused: true, message, hint }
}

/** What a leaf's issue carries beside its message. */
export interface LeafParams {
  readonly hint: string | null
  /** The value was a list or a map: in a choice of several forms, another one was meant. */
  readonly otherForm: boolean
}

/** A scalar of the file, read into `T`. `json` is its form before reading, for editors. */
export function leaf<T>(
  expected: string,
  json: Record<string, unknown>,
  read: (value: Scalar) => T | Refusal
): Leaf<T> {
  const answer = (value: unknown): T | Refusal => {
    if (value === undefined) return refuse('is missing')
    if (value === null) return refuse('has no value')
    if (typeof value === 'object') return refuse(null, hintForForm(value))
    return isScalar(value) ? read(value) : refuse()
  }
  return z
    .unknown()
    .transform((value, context): T => {
      const result = answer(value)
      if (!isRefusal(result)) return result
      const params: LeafParams = { hint: result.hint, otherForm: typeof value === 'object' }
      context.addIssue({ code: 'custom', message: result.message ?? `must be ${expected}`, params: { ...params } })
      return z.NEVER
    })
    .meta(json)
}

/** A string, read into `T`. */
export function textLeaf<T>(expected: string, pattern: RegExp | null, read: (text: string) => T | Refusal): Leaf<T> {
  const json = pattern === null ? { type: 'string' } : { type: 'string', pattern: pattern.source }
  return leaf(expected, json, (value) => {
    if (typeof value !== 'string') return refuse(null, 'put it in quotes if it is meant as text')
    const result = read(value)
    if (isRefusal(result) || pattern === null || pattern.test(value)) return result
    return refuse()
  })
}

/** A string of one form, as it is. */
export function text(expected: string, pattern: RegExp): Leaf<string> {
  return textLeaf(expected, pattern, (value) => value)
}

/** One of a few words. Those of `planned` are of a later version, and are told so. */
export function choice<const T extends string>(words: readonly T[], planned: readonly string[] = []): Leaf<T> {
  const expected = listWords(words)
  return leaf(expected, { type: 'string', enum: [...words] }, (value) => {
    const word = words.find((candidate) => candidate === value)
    if (word !== undefined) return word
    if (typeof value !== 'string') return refuse()
    return planned.includes(value)
      ? refuse(`${quote(value)} is not supported by this version`, `use ${expected}`)
      : refuse(null, suggest(value, words))
  })
}

/** `a, b or c`. */
export function listWords(words: readonly string[], last: 'or' | 'and' = 'or'): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`
}

export function flag(): Leaf<boolean> {
  return leaf('true or false', { type: 'boolean' }, (value) => {
    // The environment can only give text.
    if (value === true || value === 'true') return true
    if (value === false || value === 'false') return false
    if (/^(yes|on|y)$/i.test(String(value))) return refuse(null, 'write true')
    return refuse(null, /^(no|off|n)$/i.test(String(value)) ? 'write false' : null)
  })
}

export function count(most: number): Leaf<number> {
  const expected = `a whole number from 1 to ${most}`
  return leaf(expected, { type: 'integer', minimum: 1, maximum: most }, (value) => {
    const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
    if (typeof number !== 'number' || !Number.isInteger(number) || number < 1 || number > most) return refuse()
    return number
  })
}

const units: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000]
])

/** Milliseconds of `250ms`, `10s`, `15m`, `12h`, `7d`; the bounds are written the same way. */
export function duration(bounds: { readonly least?: string; readonly most?: string } = {}): Leaf<number> {
  const least = bounds.least ?? '1ms'
  const most = bounds.most ?? '3650d'
  const pattern = /^\d+(ms|s|m|h|d)$/
  return leaf('a duration such as 15m', { type: 'string', pattern: pattern.source }, (value) => {
    if (typeof value === 'number' || /^\d+$/.test(String(value))) return refuse(null, `write ${value}s or ${value}m`)
    if (typeof value !== 'string' || !pattern.test(value)) return refuse()
    const ms = milliseconds(value)
    if (ms < milliseconds(least)) return refuse(`must be at least ${least}`)
    return ms > milliseconds(most) ? refuse(`must be at most ${most}`) : ms
  })
}

function milliseconds(duration: string): number {
  const [, amount, unit] = /^(\d+)(\w+)$/.exec(duration) ?? []
  return Number(amount) * (units.get(unit ?? '') ?? Number.NaN)
}

/** `{id}` without quotes is a map to YAML, with `id` as a key that has no value. */
function hintForForm(value: object): string | null {
  if (Array.isArray(value)) return value.length === 1 ? 'write it without brackets' : null
  const [entry, ...others] = Object.entries(value)
  return entry !== undefined && others.length === 0 && entry[1] === null ? `put it in quotes: "{${entry[0]}}"` : null
}

function isScalar(value: unknown): value is Scalar {
  return ['string', 'number', 'boolean'].includes(typeof value)
}

function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'refused' in value
}
