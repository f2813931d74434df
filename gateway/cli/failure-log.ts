import { createRareNotice } from '../listener/index.js'
import type { Resources } from '../serving.js'
import type { Logs } from './logs.js'

/**
 * Makes the log of our own failures. The same one, of which the next thousand requests may each have its own, is told at
 * once and then at most every 10 seconds, with how often it was: every request has its line in the access log.
 */
export function createFailureLog(log: Logs['log']): Resources['failure'] {
  const timesOf = createRareNotice()
  return (error, fields) => {
    const { code = '', message = '' } = (error ?? {}) as { code?: string; message?: string }
    const times = timesOf(`${fields.code} ${code} ${message}`)
    if (times !== null) log.error({ err: error, ...fields, ...(times === 1 ? {} : { times }) }, 'a request failed')
  }
}
