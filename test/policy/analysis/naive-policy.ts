/**
 * First match, written apart from the product: letter by letter and segment by segment, by recursion. It knows of a path
 * what it is as it is spelt, and what it is decoded and, where case is ignored, in one letter case.
 */
import type { Rule } from '../../../gateway/domain.js'

export interface NaiveRequest {
  readonly method: string
  readonly host: string
  readonly path: string
}

type Spelling = (segment: string) => string[]

const asSpelt: Spelling = (segment) => segment.match(/(?:%[0-9A-F]{2})|[^%]/g) ?? []
const decoded: Spelling = (segment) => [...decodeURIComponent(segment)]
const folded: Spelling = (segment) =>
  decoded(segment).flatMap((letter) => [...letter.toLowerCase().toUpperCase().toLowerCase().replace('ς', 'σ')])

/** A `*` of the pattern, told from a letter. */
const wild = Symbol('*')

const lettersOfPattern = (segment: string, spelling: Spelling): (string | symbol)[] =>
  segment.split('*').flatMap((part, at) => (at === 0 ? spelling(part) : [wild, ...spelling(part)]))

const fitsLetters = (pattern: readonly (string | symbol)[], letters: readonly string[]): boolean => {
  const [head, ...rest] = pattern
  if (head === undefined) return letters.length === 0
  if (head === wild) return fitsLetters(rest, letters) || (letters.length > 0 && fitsLetters(pattern, letters.slice(1)))
  return letters[0] === head && fitsLetters(rest, letters.slice(1))
}

const fitsSegments = (pattern: readonly string[], segments: readonly string[], spelling: Spelling): boolean => {
  const [head, ...rest] = pattern
  if (head === undefined) return segments.length === 0
  if (head === '**') {
    return (
      fitsSegments(rest, segments, spelling) ||
      (segments.length > 0 && fitsSegments(pattern, segments.slice(1), spelling))
    )
  }
  const [segment, ...others] = segments
  if (segment === undefined || !fitsSegments(rest, others, spelling)) return false
  if (head.startsWith('{')) return segment !== ''
  if (head.includes('*') && segment === '') return false
  return fitsLetters(lettersOfPattern(head, spelling), spelling(segment))
}

const partsOf = (path: string): string[] => path.slice(1).split('/')

export type Chooser = Pick<Rule, 'path' | 'hosts' | 'methods'>

const fitsRequest = ({ hosts, methods }: Chooser, { host, method }: NaiveRequest): boolean =>
  (hosts === null || hosts.includes(host)) &&
  (methods === null || methods.includes(method) || (method === 'HEAD' && methods.includes('GET')))

/** Which patterns fit the path in which spelling: paths that agree in it are judged alike, but for claims. */
export const fittingOf = (rules: readonly Chooser[], path: string): string =>
  rules
    .flatMap((rule) =>
      [asSpelt, decoded, folded].map((each) => Number(fitsSegments(partsOf(rule.path), partsOf(path), each)))
    )
    .join('')

/** In one letter case, which is the widest reading. */
export const fitsRead = (rule: Chooser, path: string): boolean =>
  fitsSegments(partsOf(rule.path), partsOf(path), folded)

export const fitsAsSpelt = (rule: Chooser, request: NaiveRequest): boolean =>
  fitsRequest(rule, request) && fitsSegments(partsOf(rule.path), partsOf(request.path), asSpelt)

/** In the spelling that the upstream of the rule may take the path in. */
export const fitsAsRead = (chooser: Chooser, request: NaiveRequest, { paths }: Rule): boolean =>
  fitsRequest(chooser, request) &&
  fitsSegments(partsOf(chooser.path), partsOf(request.path), paths.case === 'insensitive' ? folded : decoded)

export type NaiveAnswer = Rule | 'no_rule' | 'bad_path'

export interface NaivePolicy {
  readonly rules: readonly Rule[]
  /** The rule that decides, or why none does. */
  readonly find: (request: NaiveRequest) => NaiveAnswer
}

/** `closed`: what stands before all rules and refuses. */
export const createNaivePolicy = (rules: readonly Rule[], closed: readonly Chooser[] = []): NaivePolicy => {
  const known = new Map<Spelling, Map<string, boolean>>([asSpelt, decoded, folded].map((each) => [each, new Map()]))
  const fits = (rule: Chooser, request: NaiveRequest, spelling: Spelling): boolean => {
    if (!fitsRequest(rule, request)) return false
    const key = `${rule.path} ${request.path}`
    const before = known.get(spelling)?.get(key)
    if (before !== undefined) return before
    const answer = fitsSegments(partsOf(rule.path), partsOf(request.path), spelling)
    known.get(spelling)?.set(key, answer)
    return answer
  }
  return {
    rules,
    find(request) {
      if (closed.some((each) => fits(each, request, asSpelt))) return 'no_rule'
      const chosen = rules.find((rule) => fits(rule, request, asSpelt))
      if (chosen === undefined) return 'no_rule'
      const spelling = chosen.paths.case === 'insensitive' ? folded : decoded
      const earlier = [...closed, ...rules.slice(0, rules.indexOf(chosen))]
      return earlier.some((rule) => fits(rule, request, spelling)) ? 'bad_path' : chosen
    }
  }
}
