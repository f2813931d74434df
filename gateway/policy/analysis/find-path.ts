/**
 * Searches the paths that several patterns fit together and that none of another set takes away: a walk over the sets
 * of what may follow, shortest first. Exact; throws LimitMet where the sets are too many.
 */
import type { Meter } from './meter.js'
import {
  automataOf,
  createState,
  createSuccessors,
  endWithEmpty,
  groupOf,
  keyOf,
  methodsAtEnd,
  type State
} from './path-states.js'
import type { Rest, Rests } from './rests.js'
import type { SegmentAutomaton } from './segment-automaton.js'
import { isOfClass, type WordClass, wordClasses } from './word-classes.js'

export interface PathQuestion {
  /** All of them must fit. */
  readonly fits: readonly Rest[]
  /** What takes paths away, each for some methods, as bits. */
  readonly taken: readonly { readonly rest: Rest; readonly methods: number }[]
  readonly methods: number
}

export interface FoundPath {
  /** Its wildcards are filled with distinct words where anything would do. */
  readonly segments: readonly string[]
  /** Never 0: those that nothing takes away from this very path. */
  readonly methods: number
}

interface Step {
  readonly before: Step | null
  readonly word: WordClass | null
  readonly automata: readonly SegmentAutomaton[]
}

const automataKey = (automata: Iterable<SegmentAutomaton>): string => Array.from(automata, ({ id }) => id).join(' ')

const fill = 'abcdefghjkmnpqrstuvwxyz'

/** Distinct words where the class leaves a choice, since the same word at two places hides `{a}` from `{b}`. */
const spellOut = (last: Step, endsEmpty: boolean): string[] => {
  const steps: Step[] = []
  for (let step: Step | null = last; step !== null; step = step.before) steps.unshift(step)
  const segments = steps.flatMap(({ word, automata }, index) => {
    if (word === null) return []
    const fresh = `${fill[(index - 1) % fill.length]}${index}`
    const inside = word.word.includes('%') ? [] : [`${word.word[0]}${fresh}${word.word.slice(1)}`]
    const choices = [fresh, `${fresh}${word.word}`, `${word.word}${fresh}`, ...inside]
    return [choices.find((choice) => isOfClass(choice, word, automata)) ?? word.word]
  })
  return endsEmpty ? [...segments, ''] : segments
}

/** What a generator yields, for any number of readers, and never further than one of them reads. */
const remember = <Item>(source: Iterator<Item>): Iterable<Item> => {
  const items: Item[] = []
  return {
    *[Symbol.iterator]() {
      for (let at = 0; ; at++) {
        if (at === items.length) {
          const next = source.next()
          if (next.done === true) return
          items.push(next.value)
        }
        const item = items[at]
        if (item !== undefined) yield item
      }
    }
  }
}

/** A path in question, among the shortest; null: there is none. */
export const findPath = (question: PathQuestion, { letters }: Rests, meter: Meter): FoundPath | null => {
  const start = createState(
    question.fits.map((rest) => [rest]),
    question.taken.map(({ rest, methods }) => [rest, methods] as const),
    question.methods
  )
  if (start === null) return null
  const classes = new Map<string, Iterable<WordClass>>()
  const classesAt = ({ fits, taken }: State): readonly [readonly SegmentAutomaton[], Iterable<WordClass>] => {
    const groups = fits.map(groupOf).filter((group) => group !== null)
    const automata = automataOf([...fits.flat(), ...taken.keys()])
    const key = `${groups.map(automataKey).join('|')}/${automataKey(automata)}`
    const known = classes.get(key)
    if (known !== undefined) return [automata, known]
    const found = remember(wordClasses(automata, groups, letters, meter))
    classes.set(key, found)
    return [automata, found]
  }

  const visited = new Set([keyOf(start)])
  let level: (readonly [State, Step])[] = [[start, { before: null, word: null, automata: [] }]]
  while (level.length > 0) {
    const deeper: (readonly [State, Step])[] = []
    for (const [state, step] of level) {
      meter.countState()
      const [automata, words] = classesAt(state)
      const successor = createSuccessors(state, meter)
      for (const word of words) {
        const next = successor(word.accepted)
        if (next === null) continue
        const reached = { before: step, word, automata }
        const methods = methodsAtEnd(next)
        if (methods !== 0) return { segments: spellOut(reached, false), methods }
        const key = keyOf(next)
        if (visited.has(key)) continue
        visited.add(key)
        deeper.push([next, reached])
      }
      // An empty segment can only be the last one, so the path must end with it.
      const methods = endWithEmpty(state)
      if (methods !== 0) return { segments: spellOut(step, true), methods }
    }
    level = deeper
  }
  return null
}
