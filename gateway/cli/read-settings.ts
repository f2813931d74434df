import { proveSettings } from '../on-paper/index.js'
import { findExcess, readPattern } from '../policy/index.js'
import { type Finding, loadSettings, type Mistake, type Result, type Settings, showMistake } from '../settings/index.js'
import { findCertificateFaults } from './certificate-findings.js'
import { wantsColor } from './color.js'
import { Fault } from './fault.js'

export type Environment = Readonly<Record<string, string | undefined>>

/** A settings file that need not serve: its form alone counts, not whether its tests pass. */
export const readUnproved = (file: string, environment: Environment) =>
  loadSettings(file, environment, { findExcess, readPattern })

/**
 * A settings file read and proved in full: its settings, or every mistake in it; and its warnings either way. A process
 * that serves has it proved apart.
 */
export async function readSettings(
  file: string,
  environment: Environment,
  prove: typeof proveSettings = proveSettings
): Promise<Result> {
  const result = await readUnproved(file, environment)
  if ('mistakes' in result) return result
  const found = await prove(result.settings)
  const locate = (wanted: Finding['level']) => result.locate(found.filter(({ level }) => level === wanted))
  const mistakes = locate('mistake')
  const warnings = [...result.warnings, ...locate('warning')]
  return mistakes.length > 0 ? { mistakes, warnings } : { ...result, warnings }
}

/** The same, with what is wrong with the certificate that clients are to be shown: for a gateway that is to start. */
export async function readToStart(file: string, environment: Environment): Promise<Result> {
  const result = await readSettings(file, environment)
  if ('mistakes' in result) return result
  const found = await findCertificateFaults(result.settings)
  const mistakes = result.locate(found.filter(({ level }) => level === 'mistake'))
  const warnings = [...result.warnings, ...result.locate(found.filter(({ level }) => level === 'warning'))]
  return mistakes.length > 0 ? { mistakes, warnings } : { ...result, warnings }
}

/** `1 rule`, `2 rules`. */
export const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`

/** Mistakes as a terminal shows them: each with its lines of the file, then how many there are. One line where there is no file to show. */
export function showMistakes(file: string, mistakes: readonly Mistake[], color: boolean): string {
  const shown = mistakes.map((mistake) => showMistake(mistake, { color }))
  if (mistakes.every(({ line }) => line === 0)) return shown.join('\n')
  const of = (level: Mistake['level']) =>
    mistakes.reduce((sum, mistake) => sum + (mistake.level === level ? mistake.times : 0), 0)
  const [errors, warnings] = [of('mistake'), of('warning')]
  const counts = [
    ...(errors > 0 ? [count(errors, 'error')] : []),
    ...(warnings > 0 ? [count(warnings, 'warning')] : [])
  ]
  return `${shown.join('\n\n')}\n\n${counts.join(' and ')} in ${file}`
}

/** The settings of a file that is to serve, or a Fault that lists its mistakes. */
export const requireSettings = async (file: string, environment: Environment) =>
  settingsOf(await readToStart(file, environment), file, environment)

/** The settings of a file whatever its tests say: who must disable a user now does not mend tests first. */
export const requireUnproved = async (file: string, environment: Environment) =>
  settingsOf(await readUnproved(file, environment), file, environment)

function settingsOf(result: Result, file: string, environment: Environment): Settings {
  if ('settings' in result) return result.settings
  throw new Fault(showMistakes(file, result.mistakes, wantsColor(process.stderr, environment)))
}
