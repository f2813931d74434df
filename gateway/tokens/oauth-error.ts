import type { FastifyReply } from 'fastify'
import { type Problem, type ProblemCode, problemFields, problems } from '../problems.js'

/** Codes that are errors of RFC 6749 §5.2 by their own name. */
const OAUTH_ERRORS: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'invalid_scope',
  'unauthorized_client',
  'unsupported_grant_type'
])

/** Any other code by its status: the words that RFC 6749 §4.1.2.1 has for what is no fault of the client. */
function errorOf(code: ProblemCode): string {
  if (OAUTH_ERRORS.has(code)) return code
  const { status } = problems[code]
  if (status === 429 || status === 503) return 'temporarily_unavailable'
  return status >= 500 ? 'server_error' : 'invalid_request'
}

/** What OAuth endpoints add to every answer, refusals included (RFC 6749 §5.1). */
export const UNCACHED = { 'cache-control': 'no-store', pragma: 'no-cache' }

/** Utters a refusal as RFC 6749 §5.2 has it, with the fields that any refusal of the gateway has. */
export function sendOAuthError(reply: FastifyReply, problem: Problem): FastifyReply {
  const { status, title } = problems[problem.code]
  const fields: Record<string, string> = {
    ...problemFields(problem),
    ...UNCACHED,
    'content-type': 'application/json; charset=utf-8'
  }
  // RFC 6749 §5.2, RFC 7617 §2.1: the scheme that clients may prove themselves by.
  if (status === 401) fields['www-authenticate'] = 'Basic realm="portcullis", charset="UTF-8"'
  const description = problem.options.detail ?? `${title}.`
  return reply
    .code(status)
    .headers(fields)
    .send({ error: errorOf(problem.code), error_description: description })
}
