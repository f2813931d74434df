import type { FastifyReply } from 'fastify'
import { Problem, type ProblemCode, type ProblemOptions, problemFields, problems } from '../../problems.js'
import { TokenRefused } from './simplejwt-sessions.js'

/** As DRF writes it: octets, because to a text Fastify would add a charset. */
export const sendJson = (reply: FastifyReply, value: object): FastifyReply =>
  reply.header('content-type', 'application/json').send(Buffer.from(JSON.stringify(value)))

/** A refusal whose body is Django REST framework's own, in its words. */
export class FrameworkRefusal extends Problem {
  readonly body: object

  constructor(code: ProblemCode, body: object, options: ProblemOptions = {}) {
    super(code, options)
    this.body = body
  }
}

/** DRF's ParseError. */
export const parseError = (what: string, why: string) =>
  new FrameworkRefusal('invalid_request', { detail: `${what} parse error - ${why}` })

/** What DRF says of what has no words of its own here (rest_framework/exceptions.py). */
const WORDS: Partial<Record<ProblemCode, string>> = {
  invalid_request: 'Malformed request.',
  invalid_credentials: 'No active account found with the given credentials',
  not_found: 'Not found.',
  too_large: 'Request body is too large.',
  request_timeout: 'Request took too long.',
  overloaded: 'Service temporarily unavailable, try again later.',
  store_unavailable: 'Service temporarily unavailable, try again later.',
  internal_error: 'A server error occurred.'
}

function throttled(seconds: number): string {
  const wait = Math.max(1, Math.ceil(seconds))
  return `Request was throttled. Expected available in ${wait} second${wait === 1 ? '' : 's'}.`
}

function bodyOf(problem: Problem, reply: FastifyReply): object {
  const { code, options } = problem
  const { method, headers } = reply.request
  if (problem instanceof FrameworkRefusal) return problem.body
  if (problem instanceof TokenRefused) return bodyOfToken(problem)
  if (problems[code].status === 429) return { detail: throttled(options.retryAfter ?? 1) }
  if (code === 'method_not_allowed') return { detail: `Method "${method}" not allowed.` }
  if (code === 'unsupported_media_type') {
    return { detail: `Unsupported media type "${headers['content-type'] ?? ''}" in request.` }
  }
  return { detail: WORDS[code] ?? `${problems[code].title}.` }
}

function bodyOfToken({ words, status, kind }: TokenRefused): object {
  if (status === 400) return { non_field_errors: [words] }
  return kind === 'account' ? { detail: words } : { detail: words, code: 'token_not_valid' }
}

/** Makes what utters refusals in DRF's form; `scheme` is the first of the header types, for the challenge. */
export const createSendRefusal =
  (scheme: () => string) =>
  (reply: FastifyReply, problem: Problem): FastifyReply => {
    const status = problem instanceof TokenRefused ? problem.status : problems[problem.code].status
    const fields: Record<string, string> = problemFields(problem)
    delete fields['www-authenticate']
    if (status === 401) fields['www-authenticate'] = `${scheme()} realm="api"`
    return sendJson(reply.code(status).headers(fields), bodyOf(problem, reply))
  }
