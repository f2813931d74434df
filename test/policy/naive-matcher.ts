/** What patterns mean, as plainly as it can be said: it shares nothing with the compiled matcher. */
import type { Rule } from '../../gateway/domain.js'

/** An escape is one letter. */
const lettersOf = (segment: string): string[] => segment.match(/%..|./g) ?? []

const fitsLetters = (glob: readonly string[], letters: readonly string[]): boolean => {
  const [head, ...rest] = glob
  if (head === undefined) return letters.length === 0
  if (head !== '*') return letters[0] === head && fitsLetters(rest, letters.slice(1))
  return fitsLetters(rest, letters) || (letters.length > 0 && fitsLetters(glob, letters.slice(1)))
}

const fitsSegment = (head: string, segment: string): boolean => {
  if (head.startsWith('{')) return segment !== ''
  if (head.includes('*')) return segment !== '' && fitsLetters(lettersOf(head), lettersOf(segment))
  return segment === head
}

const fitsSegments = (pattern: readonly string[], segments: readonly string[]): boolean => {
  const [head, ...rest] = pattern
  if (head === undefined) return segments.length === 0
  if (head === '**')
    return fitsSegments(rest, segments) || (segments.length > 0 && fitsSegments(pattern, segments.slice(1)))
  const [segment, ...others] = segments
  return segment !== undefined && fitsSegment(head, segment) && fitsSegments(rest, others)
}

/** Whether a rule fits a request, by the meaning of patterns and nothing else. */
export const fits = (rule: Rule, method: string, host: string, path: string): boolean =>
  (rule.hosts === null || rule.hosts.includes(host)) &&
  (rule.methods === null || rule.methods.includes(method) || (method === 'HEAD' && rule.methods.includes('GET'))) &&
  fitsSegments(rule.path.slice(1).split('/'), path.slice(1).split('/'))
