import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { destination, type Logger, pino, stdTimeFunctions } from 'pino'
import type { Resources } from '../serving.js'
import type { LogTarget } from '../settings/index.js'
import { faultOf } from './fault.js'

/**
 * Makes the audit stream of a command without a running gateway: the same lines to the same place, each written
 * before the command goes on. What would go to standard output goes beside the command's answer.
 */
export function createLocalAudit(target: LogTarget): Resources['audit'] {
  if (target.kind === 'off') return () => {}
  let logger: Logger | null = null

  function open(): Logger {
    try {
      const path = target.kind === 'file' ? target.path : null
      if (path !== null) mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      const stream = destination({ dest: path ?? 2, sync: true, append: true, mode: 0o600 })
      return pino({ base: { log: 'audit' }, timestamp: stdTimeFunctions.isoTime, messageKey: 'message' }, stream)
    } catch (error) {
      throw faultOf('the audit log cannot be opened', error)
    }
  }

  return (event, fields) => {
    logger ??= open()
    logger.info({ event, ...fields, by: 'command' })
  }
}
