/**
 * The words that one segment can be, told apart by which of a set of automata accept them. Searched by the states of
 * all automata together and never by listing words: a cut-off would lose what is far, as `*.json` without `a*.json`.
 */
import { type Alphabet, alphabetOf } from './alphabet.js'
import { type Letter, type Letters, lettersOf } from './letters.js'
import type { Meter } from './meter.js'
import { createSegmentAutomaton, dead, type SegmentAutomaton } from './segment-automaton.js'

export interface WordClass {
  /** One word of the class, non-empty, as a canonical path spells it. */
  readonly word: string
  /** The automata that accept it, in the order given. */
  readonly accepted: readonly SegmentAutomaton[]
}

/** Any one of a group must accept. */
export type Group = ReadonlySet<SegmentAutomaton>

/** No path has a segment that is a dot or two. */
const dotSegments = [1, 2].map((dots) => createSegmentAutomaton(-dots, 'exact', '.'.repeat(dots)))

const acceptsWord = (automaton: SegmentAutomaton, letters: readonly Letter[]): boolean => {
  let state = 0
  for (const letter of letters) {
    state = automaton.step(state, letter)
    if (state === dead) return false
  }
  return automaton.accepts(state)
}

interface Reached {
  readonly word: string
  /** Pairs of an automaton's index and its state; the dead are left out. */
  readonly alive: readonly number[]
}

/** Where each letter leads to, by index of the letter. */
const stepAll = ({ alive }: Reached, automata: readonly SegmentAutomaton[], alphabet: Alphabet): number[][] => {
  const { letters, beginningWith } = alphabet
  const next = letters.map((): number[] => [])
  const advance = (automaton: SegmentAutomaton, index: number, state: number, at: number): void => {
    const letter = letters[at]
    const to = letter === undefined ? dead : automaton.step(state, letter)
    if (to !== dead) next[at]?.push(index, to)
  }
  for (let pair = 0; pair < alive.length; pair += 2) {
    const [index = 0, state = 0] = [alive[pair], alive[pair + 1]]
    const automaton = automata[index]
    if (automaton === undefined) continue
    if (automaton.isLiteral) {
      const expected = automaton.expects(state)
      if (expected === undefined) continue
      for (const at of beginningWith(expected, automaton.reading)) advance(automaton, index, state, at)
    } else for (let at = 0; at < letters.length; at++) advance(automaton, index, state, at)
  }
  return next
}

const acceptedAt = (alive: readonly number[], automata: readonly SegmentAutomaton[]): SegmentAutomaton[] => {
  const accepted: SegmentAutomaton[] = []
  for (let pair = 0; pair < alive.length; pair += 2) {
    const automaton = automata[alive[pair] ?? 0]
    if (automaton?.accepts(alive[pair + 1] ?? 0) === true) accepted.push(automaton)
  }
  return accepted
}

/** A literal in exact spelling is one word: nothing else has to be searched. */
const wordsOf = (groups: readonly Group[]): readonly string[] | null => {
  for (const group of groups) {
    const texts = Array.from(group, ({ onlyText }) => onlyText)
    if (texts.every((text) => text !== null)) return texts
  }
  return null
}

const classesOfWords = (
  words: readonly string[],
  automata: readonly SegmentAutomaton[],
  groups: readonly Group[],
  meter: Meter
): WordClass[] =>
  words.flatMap((word) => {
    meter.countSteps(automata.length)
    const letters = lettersOf(word)
    const accepted = automata.filter((automaton) => acceptsWord(automaton, letters))
    return groups.every((group) => accepted.some((automaton) => group.has(automaton))) ? [{ word, accepted }] : []
  })

/** Whether these automata, and no others of `automata`, accept the word. */
export const isOfClass = (word: string, { accepted }: WordClass, automata: readonly SegmentAutomaton[]): boolean => {
  const letters = lettersOf(word)
  return automata.every((automaton) => acceptsWord(automaton, letters) === accepted.includes(automaton))
}

/** Words reached letter by letter, those with the fewest letters first, one for each set of states. */
function* wordsReached(
  automata: readonly SegmentAutomaton[],
  alphabet: Alphabet,
  canStillMatch: (alive: readonly number[]) => boolean,
  meter: Meter
): Generator<Reached> {
  const visited = new Set<string>()
  let level: Reached[] = [{ word: '', alive: automata.flatMap((_, index) => [index, 0]) }]
  while (level.length > 0) {
    const longer: Reached[] = []
    for (const reached of level) {
      meter.countState()
      for (const [index, alive] of stepAll(reached, automata, alphabet).entries()) {
        meter.countSteps(1 + alive.length)
        const key = alive.join(' ')
        if (visited.has(key)) continue
        visited.add(key)
        if (!canStillMatch(alive)) continue
        const next = { word: reached.word + (alphabet.letters[index]?.text ?? ''), alive }
        yield next
        longer.push(next)
      }
    }
    level = longer
  }
}

/**
 * One class for each set of automata that some word is accepted by, among words that every group accepts; found one by
 * one, since there can be very many and the first may do.
 */
export function* wordClasses(
  automata: readonly SegmentAutomaton[],
  groups: readonly Group[],
  letters: Letters,
  meter: Meter
): Generator<WordClass> {
  const words = wordsOf(groups)
  if (words !== null) {
    yield* classesOfWords(words, automata, groups, meter)
    return
  }
  meter.countSteps(automata.length * 10)
  const all = [...automata, ...dotSegments]
  const isIn = (group: Group, index: number): boolean => {
    const automaton = all[index]
    return automaton !== undefined && group.has(automaton)
  }
  const canStillMatch = (alive: readonly number[]): boolean =>
    groups.every((group) => alive.some((index, at) => at % 2 === 0 && isIn(group, index)))
  const known = new Set<string>()
  for (const { word, alive } of wordsReached(all, alphabetOf(automata, letters), canStillMatch, meter)) {
    const accepted = acceptedAt(alive, all)
    if (dotSegments.some((dots) => accepted.includes(dots))) continue
    if (!groups.every((group) => accepted.some((automaton) => group.has(automaton)))) continue
    const key = accepted.map(({ id }) => id).join(' ')
    if (known.has(key)) continue
    known.add(key)
    yield { word, accepted }
  }
}
