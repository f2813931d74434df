import { readFileSync } from 'node:fs'
import { readPattern } from '../policy/index.js'
import { formatMistakeWithFrame, loadSettings, type Mistake, type Settings } from '../settings/index.js'
import { Fault } from './fault.js'

export type Environment = Readonly<Record<string, string | undefined>>

/** A settings file read in full: its settings, or every mistake in it; and its warnings either way. */
export const readSettings = (file: string, environment: Environment) => loadSettings(file, environment, { readPattern })

/** `1 rule`, `2 rules`. */
export const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`

/** Mistakes as a terminal shows them, each with its line of the file and a caret. */
export function showMistakes(file: string, mistakes: readonly Mistake[], color: boolean): string {
  let source = ''
  try {
    source = readFileSync(file, 'utf8')
  } catch {
    // The mistake is that it cannot be read.
  }
  return mistakes.map((mistake) => formatMistakeWithFrame(mistake, source, { color })).join('\n')
}

/** The settings of a file, or a Fault that lists its mistakes. */
export async function requireSettings(file: string, environment: Environment): Promise<Settings> {
  const result = await readSettings(file, environment)
  if ('settings' in result) return result.settings
  const shown = showMistakes(file, result.mistakes, process.stderr.isTTY === true)
  throw new Fault(`${shown}\n${count(result.mistakes.length, 'mistake')} in ${file}`)
}
