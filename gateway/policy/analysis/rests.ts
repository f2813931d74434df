/** What may follow of a pattern, one object for each rest whatever rules share it: rests are the states of paths. */
import { anyRun, anySegment, anySegments } from '../readings.js'
import { createLetters, type Letters, type Reading } from './letters.js'
import { createSegmentAutomaton, type SegmentAutomaton } from './segment-automaton.js'

/** A segment of a pattern: `any` takes one that is not empty, `deep` any number, `empty` only an empty one at the end. */
type Head = 'any' | 'deep' | 'empty' | SegmentAutomaton

export type Rest =
  | { readonly id: number; readonly head: null }
  | { readonly id: number; readonly head: Head; readonly next: Rest }

/** Shared by all searches of one analysis. */
export interface Rests {
  readonly letters: Letters
  /** The whole template as a rest. */
  readonly of: (template: string, reading: Reading) => Rest
}

export const takesEverything = (rest: Rest): boolean => rest.head === 'deep' && rest.next.head === null

export const mayEnd = (rest: Rest): boolean => rest.head === null || takesEverything(rest)

export const createRests = (): Rests => {
  const end: Rest = { id: 0, head: null }
  const automata = new Map<string, SegmentAutomaton>()
  const rests = new Map<string, Rest>()
  const whole = new Map<string, Rest>()

  const automatonOf = (segment: string, reading: Reading): SegmentAutomaton => {
    const key = `${reading} ${segment}`
    const known = automata.get(key)
    if (known !== undefined) return known
    const automaton = createSegmentAutomaton(automata.size, reading, segment)
    automata.set(key, automaton)
    return automaton
  }

  const headOf = (segment: string, reading: Reading): Head => {
    if (segment === anySegments) return 'deep'
    if (segment === anySegment || segment === anyRun) return 'any'
    return segment === '' ? 'empty' : automatonOf(segment, reading)
  }

  const before = (head: Head, next: Rest): Rest => {
    // Two `**` in a row are one.
    if (head === 'deep' && next.head === 'deep') return next
    const key = `${typeof head === 'string' ? head : head.id} ${next.id}`
    const known = rests.get(key)
    if (known !== undefined) return known
    const rest: Rest = { id: rests.size + 1, head, next }
    rests.set(key, rest)
    return rest
  }

  return {
    letters: createLetters(),
    of(template, reading) {
      const key = `${reading} ${template}`
      const known = whole.get(key)
      if (known !== undefined) return known
      const rest = template
        .slice(1)
        .split('/')
        .reduceRight((next: Rest, segment) => before(headOf(segment, reading), next), end)
      whole.set(key, rest)
      return rest
    }
  }
}
