import type { Environment } from './interpolation.js'
import type { Result } from './mistakes.js'
import { parseSettings } from './parse-settings.js'
import { mistakeOfFile, readSource } from './read-source.js'
import type { PolicyLanguage } from './settings.js'

/** Reads and parses the file; one that cannot be read is a mistake too, of line 0. */
export async function loadSettings(file: string, environment: Environment, language: PolicyLanguage): Promise<Result> {
  const read = await readSource(file)
  if ('source' in read) return parseSettings(file, read.source, environment, language)
  return { mistakes: [mistakeOfFile(file, read)], warnings: [] }
}
