import type { ServerResponse } from 'node:http'
import { Problem } from '../problems.js'

/** Passes an upstream's interim responses on, for as long as the final one may take. */
export interface InterimResponses {
  readonly pass: (status: number, fields: readonly string[]) => void
  /** The final response has begun, or there will be none. */
  readonly end: () => void
}

/**
 * RFC 9110 §15.2: a proxy passes interim responses on, but to no client of HTTP/1.0. One that does not read misses
 * them, so that they fill no memory, and so does one whose earlier requests are not answered yet. `onTimeout`: they
 * have been coming for `timeoutMs` since the request was whole, and it is time for an answer.
 */
export function createInterimResponses(
  response: ServerResponse,
  timeoutMs: number,
  onTimeout: (problem: Problem) => void
): InterimResponses {
  const { req } = response
  let timer: NodeJS.Timeout | null = null
  return {
    pass(status, fields) {
      if (req.complete && timer === null) {
        timer = setTimeout(onTimeout, timeoutMs, noFinalResponse())
      }
      const { socket } = response
      if (req.httpVersionMinor === 0 || socket === null || socket.writableNeedDrain) return
      socket.write(headOf(status, fields), 'latin1')
    },
    end() {
      if (timer !== null) clearTimeout(timer)
    }
  }
}

const noFinalResponse = () =>
  new Problem('upstream_timeout', {
    detail: 'The upstream sent no final response in time.',
    cause: new Error('the upstream sent interim responses alone')
  })

const REASONS: Readonly<Record<number, string>> = { 102: 'Processing', 103: 'Early Hints' }

/** Fields come from a parser that lets no line end pass. */
function headOf(status: number, fields: readonly string[]): string {
  let head = `HTTP/1.1 ${status} ${REASONS[status] ?? 'Interim'}\r\n`
  for (let i = 0; i + 1 < fields.length; i += 2) head += `${fields[i]}: ${fields[i + 1]}\r\n`
  return `${head}\r\n`
}
