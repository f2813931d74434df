import type { Finding } from './findings.js'
import type { Settings } from './settings.js'

/** A line of the file as a person may see it: no secret, no control character, of bounded length. */
export interface ShownLine {
  readonly number: number
  readonly text: string
  /** How many characters of the line stand before `text`. */
  readonly skipped: number
}

/** Where something stands. Lines and columns count from 1, `endColumn` is the one behind the last character. */
export interface Place {
  readonly line: number
  readonly column: number
  readonly endLine: number
  readonly endColumn: number
}

/** One thing wrong in the file. Line 0: the file as a whole. */
export interface Mistake extends Place {
  readonly level: Finding['level']
  readonly file: string
  /** `rules[2].to`; empty for the document itself. */
  readonly path: string
  readonly message: string
  readonly hint: string | null
  /** How many it stands for: 1, but where the last of very many sums up the rest. */
  readonly times: number
  /** The line it begins in, and those around it. */
  readonly excerpt: readonly ShownLine[]
  /** Other places of the file that explain it. */
  readonly related: readonly RelatedPlace[]
}

export interface RelatedPlace extends Place {
  readonly message: string
  readonly excerpt: readonly ShownLine[]
}

/** What was found at paths of the file → where that is, in the order of the file. */
export type Locate = (findings: readonly Finding[]) => readonly Mistake[]

export type Result =
  | {
      readonly settings: Settings
      readonly warnings: readonly Mistake[]
      /** For what others find in these settings. It holds on to the whole text of the file. */
      readonly locate: Locate
    }
  | { readonly mistakes: readonly Mistake[]; readonly warnings: readonly Mistake[] }

/** One line: `gateway.yaml:14:7 rules[2].to: no upstream is called 'backend', did you mean 'backends'?`. */
export function formatMistake(mistake: Mistake): string {
  const place = mistake.line === 0 ? `${mistake.file}:` : `${mistake.file}:${mistake.line}:${mistake.column}`
  const path = mistake.path === '' ? '' : `${mistake.path}: `
  const hint = mistake.hint === null ? '' : `, ${mistake.hint}`
  return `${place} ${path}${mistake.message}${hint}`
}
