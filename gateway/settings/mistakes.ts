import type { Settings } from './settings.js'

/** One thing wrong in the file. Line and column count from 1; line 0: the file as a whole. */
export interface Mistake {
  readonly file: string
  readonly line: number
  readonly column: number
  /** `rules[2].to`; empty for the document itself. */
  readonly path: string
  readonly message: string
  readonly hint: string | null
}

export type Result =
  | { readonly settings: Settings; readonly warnings: readonly Mistake[] }
  | { readonly mistakes: readonly Mistake[]; readonly warnings: readonly Mistake[] }

/** One line: `gateway.yaml:14:7 rules[2].to: no upstream is called 'backend', did you mean 'backends'?`. */
export function formatMistake(mistake: Mistake): string {
  const place = mistake.line === 0 ? `${mistake.file}:` : `${mistake.file}:${mistake.line}:${mistake.column}`
  const path = mistake.path === '' ? '' : `${mistake.path}: `
  const hint = mistake.hint === null ? '' : `, ${mistake.hint}`
  return `${place} ${path}${mistake.message}${hint}`
}

const frameWidth = 120

/** The same, followed by the source line and a caret under the place. */
export function formatMistakeWithFrame(mistake: Mistake, source: string, options: { readonly color: boolean }): string {
  const headline = formatMistake(mistake)
  const line = source.split(/\r\n|[\r\n]/)[mistake.line - 1]
  if (line === undefined) return headline
  const start = Math.max(0, mistake.column - 1 - frameWidth / 2)
  const shown = printable(maskSecrets(line, mistake.path)).slice(start, start + frameWidth)
  const gutter = `${mistake.line}`.padStart(5)
  const caret = `${' '.repeat(Math.max(0, mistake.column - 1 - start))}^`
  const paint = (code: number, text: string) => (options.color ? `\u001b[${code}m${text}\u001b[0m` : text)
  return [
    paint(1, headline),
    `${paint(2, `${gutter} |`)} ${shown}`,
    `${paint(2, `${' '.repeat(gutter.length)} |`)} ${paint(31, caret)}`
  ].join('\n')
}

/** A secret written into the file itself must not travel from there into a log; a reference to one may. */
function maskSecrets(line: string, path: string): string {
  // A secret on a line of its own, or in a list, stands without its key.
  const alone = /\bsecrets?(\[\d+\])?$/.test(path) && !/\bsecrets?["']?\s*:/.test(line)
  if (alone) return line.replace(/[^\s-].*$/, (value) => '*'.repeat(value.length))
  return line.replace(/(\bsecrets?["']?\s*:\s*)([^\s{].*)$/, (whole, key: string, value: string) => {
    return /^["']?\$\{\w+\}/.test(value) ? whole : key + '*'.repeat(value.length)
  })
}

/** One column for each character, so that the caret stands where it should and a terminal is left alone. */
function printable(line: string): string {
  return line.replace(/\t/g, ' ').replace(/[\u0000-\u001f\u007f-\u009f]/g, '?')
}
