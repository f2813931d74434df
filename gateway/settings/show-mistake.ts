import type { Mistake, Place, ShownLine } from './mistakes.js'

type Paint = (text: string) => string

interface Ink {
  readonly strong: Paint
  readonly faint: Paint
  /** The colour of the level. */
  readonly loud: Paint
  readonly aside: Paint
}

const levels = {
  mistake: { word: 'error', color: 31 },
  warning: { word: 'warning', color: 33 }
} as const

function inkOf(level: Mistake['level'], color: boolean): Ink {
  const paint = (codes: string) => (text: string) => (color ? `\u001b[${codes}m${text}\u001b[0m` : text)
  return { strong: paint('1'), faint: paint('2'), loud: paint(`1;${levels[level].color}`), aside: paint('36') }
}

/**
 * As compilers tell it: where, `error` or `warning`, what, and the line with the place underlined. The first line has
 * the form that editors follow: `gateway.yaml:14:9: error: rules[2].to: no upstream is called 'backend'`.
 */
export function showMistake(mistake: Mistake, options: { readonly color: boolean }): string {
  const ink = inkOf(mistake.level, options.color)
  const { file, line, column, path, message, hint, excerpt } = mistake
  // Nothing to point at: the file itself cannot be read.
  if (line === 0) return `${ink.strong(`${file}:`)} ${message}${hint === null ? '' : `, ${hint}`}`
  const what = `${path === '' ? '' : `${path}: `}${message}`
  const { word } = levels[mistake.level]
  const headline = `${ink.strong(`${file}:${line}:${column}:`)} ${ink.loud(`${word}:`)} ${ink.strong(what)}`
  if (excerpt.length === 0) return hint === null ? headline : `${headline}, ${hint}`
  return [headline, ...showFrame(mistake, ink)].join('\n')
}

/** Digits of a line number, at least; files seldom have more. */
const narrowest = 5
/** A blank line between two others is left out without a word. */
const farApart = 2

function showFrame({ line, hint, excerpt, related, ...place }: Mistake, ink: Ink): string[] {
  const rows: string[] = []
  const lines = inOrder([...excerpt, ...related.flatMap((other) => other.excerpt)])
  const digits = Math.max(narrowest, `${lines.at(-1)?.number ?? 0}`.length)
  const gutter = `${' '.repeat(digits + 1)} ${ink.faint('|')} `
  let previous: number | null = null
  for (const shown of lines) {
    if (previous !== null && shown.number - previous > farApart) rows.push(ink.faint('...'.padStart(digits + 1)))
    previous = shown.number
    const meant = shown.number === line
    rows.push(showLine(shown, digits, ink, meant))
    if (meant && excerpt.some((one) => isSame(one, shown))) {
      rows.push(gutter + underline(shown, { line, ...place }, '^', hint, ink.loud))
    }
    for (const other of related.filter((one) => one.excerpt.some((line) => isSame(line, shown)))) {
      rows.push(gutter + underline(shown, other, '-', other.message, ink.aside))
    }
  }
  return rows
}

/** Each line once; of a very long line, each part that is shown. */
function inOrder(lines: readonly ShownLine[]): readonly ShownLine[] {
  return lines
    .filter((line, index) => lines.findIndex((other) => isSame(other, line)) === index)
    .toSorted((one, other) => one.number - other.number || one.skipped - other.skipped)
}

const isSame = (one: ShownLine, other: ShownLine) => one.number === other.number && one.skipped === other.skipped

function showLine({ number, text, skipped }: ShownLine, digits: number, ink: Ink, meant: boolean): string {
  const mark = meant ? ink.loud('>') : ' '
  const gutter = ink.faint(`${`${number}`.padStart(digits)} |`)
  return `${mark}${gutter} ${skipped > 0 ? '…' : ''}${text}`.trimEnd()
}

/** The marks below a line, and beside them what is to be said. */
function underline(shown: ShownLine, place: Place, mark: '^' | '-', label: string | null, paint: Paint) {
  const { number, text, skipped } = shown
  const start = Math.max(0, place.column - 1 - skipped)
  const end = place.endLine === number ? place.endColumn - 1 - skipped : text.length
  const indent = ' '.repeat(widthOf(text.slice(0, start)) + (skipped > 0 ? 1 : 0))
  const marks = mark.repeat(Math.max(1, widthOf(text.slice(start, end))))
  return `${indent}${paint(label === null ? marks : `${marks} ${label}`)}`
}

const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u
const combining = /[\p{Mn}\p{Me}\p{Cf}]/u

/** Columns of a terminal. */
function widthOf(text: string): number {
  let width = 0
  for (const character of text) width += combining.test(character) ? 0 : wide.test(character) ? 2 : 1
  return width
}
