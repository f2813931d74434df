/** The letters that a set of automata tells apart, one of each kind, with one that none of them mentions. */
import type { Letter, Letters, Reading } from './letters.js'
import type { SegmentAutomaton } from './segment-automaton.js'

export interface Alphabet {
  readonly letters: readonly Letter[]
  /** Which of them begin with a symbol, by index. */
  readonly beginningWith: (symbol: number, reading: Reading) => readonly number[]
}

const readings: readonly Reading[] = ['exact', 'decoded', 'folded']
type Mentioned = Readonly<Record<Reading, ReadonlySet<number>>>

const mentionedBy = (automata: readonly SegmentAutomaton[]): Mentioned => {
  const mentioned = { exact: new Set<number>(), decoded: new Set<number>(), folded: new Set<number>() }
  for (const { letters, reading } of automata)
    for (const { symbols } of letters) for (const symbol of symbols[reading]) mentioned[reading].add(symbol)
  return mentioned
}

/** Letters of one kind take every automaton from every state to the same one. */
const kindOf = ({ symbols }: Letter, mentioned: Mentioned): string =>
  readings
    .map((reading) => symbols[reading].map((symbol) => (mentioned[reading].has(symbol) ? symbol : '-')).join(','))
    .join(' ')
    .replace(/-(,-)+/g, '-')

const unmentioned = '- - -'

const findUnmentioned = (mentioned: Mentioned, spare: Iterable<Letter>): Letter => {
  for (const letter of spare) if (kindOf(letter, mentioned) === unmentioned) return letter
  throw new Error('every character is mentioned')
}

export const alphabetOf = (automata: readonly SegmentAutomaton[], { readAs, spare }: Letters): Alphabet => {
  const mentioned = mentionedBy(automata)
  const kinds = new Map([[unmentioned, findUnmentioned(mentioned, spare())]])
  for (const reading of readings) {
    for (const symbol of mentioned[reading]) {
      for (const letter of readAs(symbol, reading)) {
        const kind = kindOf(letter, mentioned)
        if (!kinds.has(kind)) kinds.set(kind, letter)
      }
    }
  }
  const letters = [...kinds.values()]
  const index = new Map<string, number[]>()
  for (const [at, { symbols }] of letters.entries()) {
    for (const reading of readings) {
      const key = `${reading} ${symbols[reading][0]}`
      index.set(key, [...(index.get(key) ?? []), at])
    }
  }
  return { letters, beginningWith: (symbol, reading) => index.get(`${reading} ${symbol}`) ?? [] }
}
