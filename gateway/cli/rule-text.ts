/** More of one rule than anybody reads. */
const MOST_LINES = 20

const indentOf = (line: string): number => line.search(/\S/)
const isText = (line: string): boolean => !/^\s*(#.*)?$/.test(line)

export interface SourceLine {
  /** From 1. */
  readonly line: number
  readonly text: string
}

/**
 * The lines of a rule, from the one that it begins on: as far as they are indented below its dash; what is written in
 * one line is that line.
 */
export function ruleText(source: string, line: number): readonly SourceLine[] {
  const lines = source.split(/\r\n|[\r\n]/).map((text, at) => ({ line: at + 1, text }))
  const [first, ...rest] = lines.slice(line - 1)
  if (first === undefined) return []
  const below = rest.findIndex(({ text }) => isText(text) && indentOf(text) <= indentOf(first.text))
  const written = /^\s*-/.test(first.text) ? [first, ...rest.slice(0, below === -1 ? rest.length : below)] : [first]
  const last = written.findLastIndex(({ text }) => isText(text))
  return written.slice(0, Math.min(last + 1, MOST_LINES))
}
