import { Problem, type ProblemCode } from '../problems.js'
import { DISTRUST } from './http1/distrust.js'

const MESSAGES: Readonly<Record<string, [code: ProblemCode, detail: string]>> = {
  UPSTREAM_HEADERS_TIMEOUT: ['upstream_timeout', 'The upstream sent no response in time.'],
  UND_ERR_CONNECT_TIMEOUT: ['upstream_timeout', 'The upstream accepted no connection in time.'],
  ETIMEDOUT: ['upstream_timeout', 'The upstream accepted no connection in time.'],
  ECONNREFUSED: ['upstream_unavailable', 'The upstream refused the connection.'],
  EHOSTUNREACH: ['upstream_unavailable', 'The upstream cannot be reached.'],
  ENETUNREACH: ['upstream_unavailable', 'The upstream cannot be reached.'],
  ENOTFOUND: ['upstream_unavailable', 'The upstream cannot be found.'],
  EAI_AGAIN: ['upstream_unavailable', 'The upstream cannot be found.'],
  [DISTRUST]: ['upstream_unavailable', 'The upstream and the gateway did not trust each other.'],
  UPSTREAM_POOL_FULL: ['overloaded', 'Too many requests wait for the upstream.'],
  UPSTREAM_UNREADABLE_HEADERS_TOO_LONG: ['upstream_error', 'The header section of the upstream is too long.'],
  EMFILE: ['overloaded', 'The gateway has no connection left for the upstream.'],
  ENFILE: ['overloaded', 'The gateway has no connection left for the upstream.'],
  EADDRNOTAVAIL: ['overloaded', 'The gateway has no connection left for the upstream.'],
  // The only one who destroys a pool is the gateway itself, when the time to drain is over.
  UPSTREAM_POOL_DESTROYED: ['shutting_down', 'The gateway stops, and the upstream has not answered yet.']
}

/** What became of an exchange, as the client may know it: never an address, never a library's words. */
export function upstreamProblem(error: Error & { code?: string }): Problem {
  if (error instanceof Problem) return error
  const [code, detail] = MESSAGES[error.code ?? ''] ?? [
    'upstream_error',
    'The upstream broke off or sent no valid response.'
  ]
  // That the gateway stops is no failure, and its log need not tell it as one.
  return new Problem(code, code === 'shutting_down' ? { detail } : { detail, cause: error })
}
