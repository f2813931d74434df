import type { LineCounter } from 'yaml'
import type { Span } from './findings.js'
import type { Place, ShownLine } from './mistakes.js'

export interface Excerpts {
  readonly placeOf: (span: Span) => Place
  /** The line of a place, and so many around it. */
  readonly around: (place: Place, lines: number) => readonly ShownLine[]
}

const longestLine = 120
/** How much of a long line is shown before the place. */
const before = 40

/** Cuts the text of the file into what may be shown of it. `secrets`: what may not, in order and apart; asked for when needed. */
export function createExcerpts(source: string, lines: LineCounter, secrets: () => readonly Span[]): Excerpts {
  let hidden: readonly Span[] | null = null

  function placeOf([start, end]: Span): Place {
    const from = lines.linePos(start)
    // A block ends where the next line begins; what is meant ends with its last character.
    let last = Math.max(start, end)
    while (last > start && /\s/.test(source[last - 1] ?? '')) last--
    const to = lines.linePos(last)
    return {
      line: Math.max(1, from.line),
      column: Math.max(1, from.col),
      endLine: Math.max(1, to.line),
      endColumn: Math.max(1, to.col)
    }
  }

  function show(number: number, skipped: number): ShownLine | null {
    const lineStart = lines.lineStarts[number - 1]
    if (lineStart === undefined || lineStart > source.length) return null
    const next = lines.lineStarts[number]
    const lineEnd = next === undefined ? source.length : next - 1
    const start = Math.min(lineStart + skipped, lineEnd)
    const reach = Math.min(start + longestLine, lineEnd)
    // Reading may have stopped before it counted the lines that follow.
    const newline = source.slice(start, reach).indexOf('\n')
    const end = newline === -1 ? reach : start + newline
    hidden ??= secrets()
    return { number, text: printable(mask(source, start, end, hidden)), skipped }
  }

  return {
    placeOf,
    around({ line, column }, more) {
      const skipped = column > longestLine ? column - 1 - before : 0
      const neighbours = skipped > 0 ? 0 : more
      const shown: ShownLine[] = []
      for (let number = line - neighbours; number <= line + neighbours; number++) {
        const one = show(number, number === line ? skipped : 0)
        if (one !== null && (number === line || one.text.trim() !== '')) shown.push(one)
      }
      return shown
    }
  }
}

function mask(source: string, start: number, end: number, hidden: readonly Span[]): string {
  let text = ''
  let at = start
  for (let index = firstEndingAfter(hidden, start); at < end; index++) {
    const [from, to] = hidden[index] ?? [end, end]
    if (from >= end) break
    const [maskStart, maskEnd] = [Math.max(at, from), Math.min(end, to)]
    if (maskEnd <= maskStart) continue
    text += source.slice(at, maskStart) + '*'.repeat(maskEnd - maskStart)
    at = maskEnd
  }
  return text + source.slice(at, end)
}

function firstEndingAfter(spans: readonly Span[], offset: number): number {
  let [low, high] = [0, spans.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((spans[middle]?.[1] ?? 0) <= offset) low = middle + 1
    else high = middle
  }
  return low
}

/** One column for each character, and none that moves the cursor or turns the line around (CVE-2021-42574). */
function printable(text: string): string {
  return text
    .replace(/\t/g, ' ')
    .replace(/\r$/, '')
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, '?')
}
