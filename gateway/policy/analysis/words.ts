/** How the analysis puts values and lists into sentences. */
import type { Scalar } from '../../domain.js'

/** `a`, `a or b`, `a, b or c`. */
export const listed = (words: readonly string[], last: 'and' | 'or'): string => {
  const unique = [...new Set(words)]
  const end = unique.slice(-2).join(` ${last} `)
  return [...unique.slice(0, -2), end].join(', ')
}

/** `role a`, `roles a and b`. */
export const named = (kind: string, words: readonly string[], last: 'and' | 'or'): string =>
  `${kind}${new Set(words).size === 1 ? '' : 's'} ${listed(words, last)}`

/** Texts that can be no number and no keyword stand without quotes, as in the file. */
const speaksForItself = /^(?!(?:true|false|null)$)[\p{L}_/][\p{L}\p{N}_.:/@-]*$/u

/** A claim's value such that its type can be told: `x`, `"1"`, `1`, `true`. */
export const spellScalar = (value: Scalar): string =>
  typeof value === 'string' && speaksForItself.test(value) ? value : JSON.stringify(value)
