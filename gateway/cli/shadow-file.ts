import type { Logger } from 'pino'
import type { Gateway } from '../app.js'
import { proveApart } from '../on-paper/index.js'
import { formatMistake, type Mistake, type Result, warningAt } from '../settings/index.js'
import { count, type Environment, readSettings } from './read-settings.js'
import { type FileWatch, fingerprint, watchFile } from './watch-file.js'

export interface ShadowFileOptions {
  readonly environment: Environment
  readonly gateway: Pick<Gateway, 'setShadow'>
  readonly log: Logger
}

/** Reads the file that `shadow` names whenever it changes. What is wrong with it is told, and never affects serving. */
export function createShadowFile({ environment, gateway, log }: ShadowFileOptions) {
  let watch: FileWatch | null = null
  let serving: string | null = null
  let closed = false
  let turn: Promise<void> = Promise.resolve()

  function use(file: string, result: Result): void {
    if ('mistakes' in result) {
      serving = null
      gateway.setShadow(null)
      const mistakes = result.mistakes.map(formatMistake)
      log.warn({ file, mistakes }, 'the shadow file has mistakes: nothing is judged by it')
      return
    }
    const { revision } = result.settings
    if (revision === serving) return
    gateway.setShadow(result.settings)
    serving = revision
    log.info({ file, revision }, 'judging by the shadow file, too')
  }

  async function load(file: string): Promise<void> {
    try {
      use(file, await readSettings(file, environment, proveApart))
    } catch (error) {
      log.error({ err: error, file }, 'the shadow file could not be used')
    }
  }

  async function open(file: string | null): Promise<void> {
    watch?.close()
    watch = null
    if (closed) return
    if (file === null) {
      if (serving !== null) gateway.setShadow(null)
      serving = null
      return
    }
    // Before it is read, so that a change in between is seen.
    const seen = await fingerprint(file)
    await load(file)
    watch = await watchFile(file, seen, () => load(file))
  }

  /** From now on this file; null: none. One after the other, as of two at once the older could end last. */
  function follow(file: string | null): Promise<void> {
    turn = turn.then(() => open(file))
    return turn
  }

  return {
    follow,
    close(): Promise<void> {
      closed = true
      return follow(null)
    }
  }
}

/** For `check`: what is wrong with the file that `shadow` names. */
export async function warnOfShadow(result: Result, environment: Environment): Promise<readonly Mistake[]> {
  if (!('settings' in result) || result.settings.shadow === null) return []
  const shadow = await readSettings(result.settings.shadow, environment)
  if ('settings' in shadow) return []
  const [first] = shadow.mistakes
  const what = first?.line === 0 ? first.message : `it has ${count(shadow.mistakes.length, 'mistake')}`
  return result.locate([warningAt(['shadow'], `nothing is judged by this file: ${what}`)])
}
