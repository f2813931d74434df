/** A literal or a glob of one segment, in one reading, as a deterministic automaton over symbols. */
import { anyRun } from '../readings.js'
import { type Letter, lettersOf, type Reading } from './letters.js'

export const dead = -1

export interface SegmentAutomaton {
  readonly id: number
  readonly reading: Reading
  /** Its literal letters, from every part of a glob. */
  readonly letters: readonly Letter[]
  /** The one text that it accepts when it is an exact literal, else null. */
  readonly onlyText: string | null
  readonly isLiteral: boolean
  /** It begins in state 0; `dead` has no way out. */
  readonly step: (state: number, letter: Letter) => number
  readonly accepts: (state: number) => boolean
  /** What a literal must read next; undefined at its end. */
  readonly expects: (state: number) => number | undefined
}

/** For each length of a prefix that was read, the longest proper prefix that it also ends with (Knuth, Morris, Pratt). */
const failures = (part: readonly number[]): number[] => {
  const table = [0]
  for (let at = 1, length = 0; at < part.length; at++) {
    while (length > 0 && part[at] !== part[length]) length = table[length - 1] ?? 0
    if (part[at] === part[length]) length++
    table[at] = length
  }
  return table
}

interface Part {
  readonly symbols: readonly number[]
  readonly failures: readonly number[]
  /** The state in which nothing of it has been read; the state after it is the base of the next. */
  readonly base: number
}

const partsOf = (template: string, reading: Reading): readonly Part[] => {
  let base = 0
  return template.split(anyRun).map((text) => {
    const symbols = lettersOf(text).flatMap((letter) => letter.symbols[reading])
    const part = { symbols, failures: failures(symbols), base }
    base += symbols.length
    return part
  })
}

/** A `*` takes as little as it can: greedy is right, since what was found earlier leaves more for what follows. */
export const createSegmentAutomaton = (id: number, reading: Reading, template: string): SegmentAutomaton => {
  const parts = partsOf(template, reading)
  const isLiteral = parts.length === 1
  const symbols = parts.flatMap((part) => part.symbols)
  const end = symbols.length
  const partOf = Array.from({ length: end + 1 }, (_, state) => parts.findLast(({ base }) => base <= state))

  const stepSymbol = (state: number, symbol: number): number => {
    const part = partOf[state]
    if (part === undefined) return dead
    // What stands before the first `*` must be there from the start.
    if (part === parts[0]) return part.symbols[state - part.base] === symbol ? state + 1 : dead
    let matched = state - part.base
    while (matched > 0 && part.symbols[matched] !== symbol) matched = part.failures[matched - 1] ?? 0
    return part.base + matched + (part.symbols[matched] === symbol ? 1 : 0)
  }

  return {
    id,
    reading,
    letters: parts.length === 1 ? lettersOf(template) : template.split(anyRun).flatMap(lettersOf),
    onlyText: isLiteral && reading === 'exact' ? template : null,
    isLiteral,
    step(state, letter) {
      let at = state
      for (const symbol of letter.symbols[reading]) {
        if (at === dead) return dead
        at = stepSymbol(at, symbol)
      }
      return at
    },
    accepts: (state) => state === end,
    expects: (state) => symbols[state]
  }
}
