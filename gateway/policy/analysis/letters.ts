/**
 * The letters that segments are spelt with, each seen in three readings: as it is spelt, decoded, and decoded and
 * folded to one letter case. All readings go letter by letter, so a pattern in any of them is a language of letters.
 */
import { parseCanonicalPath } from '../../canonical-path.js'
import { baseWay, read } from '../readings.js'

export type Reading = 'exact' | 'decoded' | 'folded'

export interface Letter {
  /** As a canonical path spells it; an escaped character is one letter, however many bytes it has. */
  readonly text: string
  /** The symbols that it is read as; folding can make several of one. */
  readonly symbols: Readonly<Record<Reading, readonly number[]>>
}

const codePoints = (text: string): number[] =>
  text.length === 1 ? [text.charCodeAt(0)] : Array.from(text, (character) => character.codePointAt(0) ?? 0)

const foldOf = (text: string): number[] => codePoints(read(text, baseWay(true)))

const escaped = (character: string): string =>
  Array.from(Buffer.from(character), (octet) => `%${octet.toString(16).toUpperCase().padStart(2, '0')}`).join('')

const makeLetter = (character: string, isEscaped: boolean): Letter => {
  const text = isEscaped ? escaped(character) : character
  const [code = 0] = codePoints(character)
  return {
    text,
    symbols: { exact: [code * 2 + Number(isEscaped)], decoded: [code], folded: foldOf(text) }
  }
}

/** The letters of a canonical text without wildcards. */
export const lettersOf = (text: string): Letter[] =>
  (text.match(/(?:%..)+|[^%]/g) ?? []).flatMap((part) =>
    part.startsWith('%')
      ? Array.from(decodeURIComponent(part), (character) => makeLetter(character, true))
      : [makeLetter(part, false)]
  )

/** Characters that make a path mean several things at once (see `waysToRead`); they are in no path analysed. */
const manifold = /[;/?#%\\]/

/** Whether a segment of the paths analysed may hold the letter: canonical, and read in one way only. */
const isOrdinary = (letter: Letter): boolean => {
  const parsed = parseCanonicalPath(`/x${letter.text}`)
  return 'path' in parsed && parsed.path === `/x${letter.text}` && !manifold.test(decodeURIComponent(letter.text))
}

const spellings = (character: string): Letter[] =>
  (/[^\0-\x7f]/.test(character) ? [true] : [false, true])
    .map((isEscaped) => makeLetter(character, isEscaped))
    .filter(isOrdinary)

/** The Kelvin sign, the long s and the i without dot: what else folds to one letter of ASCII. */
const beyondAscii: Readonly<Record<string, readonly string[]>> = { k: ['\u212a'], s: ['\u017f'], i: ['\u0131'] }

const readable = 'xyzwvutsrqponmlkjihgfedcba0123456789-_~XYZWVUTSRQPONMLKJIHGFEDCBA'
/** Where characters without letter case begin that no pattern will all mention (CJK unified ideographs). */
const firstIdeograph = 0x4e00

/** Code points that have letter cases lie below this (Unicode, blocks up to Adlam). */
const lastCased = 0x1e943

export interface Letters {
  /** Letters to stand for those that nothing mentions, the most readable first; one of them is always left. */
  readonly spare: () => Iterable<Letter>
  /** The letters that a symbol is read from. */
  readonly readAs: (symbol: number, reading: Reading) => readonly Letter[]
}

export const createLetters = (): Letters => {
  const known = new Map<string, readonly Letter[]>()
  let foldedFrom: Map<number, string[]> | null = null

  /** All characters by what they fold to; made once a pattern leaves ASCII, since nothing shorter is complete. */
  const everyCharacter = (): Map<number, string[]> => {
    const map = new Map<number, string[]>()
    for (let code = 0x80; code <= lastCased; code++) {
      if (code >= 0xd800 && code < 0xe000) continue
      const character = String.fromCodePoint(code)
      const [symbol, ...more] = foldOf(character)
      if (symbol === undefined || more.length > 0 || symbol === code) continue
      map.set(symbol, [...(map.get(symbol) ?? []), character])
    }
    return map
  }

  const variants = (symbol: number): string[] => {
    const character = String.fromCodePoint(symbol)
    if (symbol >= 0x80) {
      foldedFrom ??= everyCharacter()
      return [character, ...(foldedFrom.get(symbol) ?? [])]
    }
    const upper = character.toUpperCase()
    return upper === character ? [character] : [character, upper, ...(beyondAscii[character] ?? [])]
  }

  const spareLetters = lettersOf(readable)

  return {
    *spare() {
      yield* spareLetters
      for (let code = firstIdeograph; ; code++) yield makeLetter(String.fromCodePoint(code), true)
    },
    readAs(symbol, reading) {
      const key = `${reading} ${symbol}`
      const found = known.get(key)
      if (found !== undefined) return found
      const character = String.fromCodePoint(reading === 'exact' ? symbol >> 1 : symbol)
      const letters = (reading === 'folded' ? variants(symbol) : [character])
        .flatMap(spellings)
        .filter(({ symbols }) => symbols[reading].length === 1 && symbols[reading][0] === symbol)
      known.set(key, letters)
      return letters
    }
  }
}
