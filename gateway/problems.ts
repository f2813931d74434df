/**
 * The catalogue of refusals: code → status and title, and, where an RFC names one, its `bearer` error
 * (RFC 6750 §3.1). A code is a contract: documented in docs/codes.md, tested, never reused.
 * A `Problem` is for the client; its `cause` is for the log and never leaves the gateway.
 */
import type { FastifyError, FastifyReply } from 'fastify'

interface Entry {
  readonly status: number
  readonly title: string
  /** RFC 6750 §3.1, for the challenge. */
  readonly bearer?: 'invalid_token' | 'insufficient_scope'
  /** RFC 9209 §2.3, for Proxy-Status; `http_request_denied` where none is named. */
  readonly proxy?: string
}

const catalogue = {
  invalid_request: { status: 400, title: 'The request is malformed', proxy: 'http_request_error' },
  bad_path: { status: 400, title: 'The path can be read in more than one way', proxy: 'http_request_error' },
  invalid_grant: { status: 400, title: 'The refresh token is not valid' },
  invalid_scope: { status: 400, title: 'The client may not ask for this scope' },
  unauthorized_client: { status: 400, title: 'The client may not do this' },
  unsupported_grant_type: { status: 400, title: 'The grant type is not supported' },
  invalid_client: { status: 401, title: 'The client is unknown, or did not prove who it is' },
  missing_token: { status: 401, title: 'Authentication is required' },
  invalid_token: { status: 401, title: 'The access token is not valid', bearer: 'invalid_token' },
  expired_token: { status: 401, title: 'The access token has expired', bearer: 'invalid_token' },
  revoked_token: { status: 401, title: 'The access token has been revoked', bearer: 'invalid_token' },
  invalid_credentials: { status: 401, title: 'The username or the password is wrong' },
  invalid_refresh_token: { status: 401, title: 'The refresh token is not valid', bearer: 'invalid_token' },
  access_denied: { status: 403, title: 'This is not allowed' },
  insufficient_scope: { status: 403, title: 'The access token lacks a scope', bearer: 'insufficient_scope' },
  token_too_large: { status: 403, title: 'The account has more roles and attributes than a token can hold' },
  upgrade_refused: { status: 403, title: 'WebSockets are not forwarded here' },
  csrf_failed: { status: 403, title: 'The request does not come from a page of this origin' },
  no_rule: { status: 404, title: 'No rule covers this request' },
  not_found: { status: 404, title: 'There is nothing here' },
  method_not_allowed: { status: 405, title: 'The method is not allowed here' },
  request_timeout: { status: 408, title: 'The request took too long to arrive', proxy: 'http_request_error' },
  too_large: { status: 413, title: 'The body is too large', proxy: 'http_request_error' },
  target_too_long: { status: 414, title: 'The request target is too long', proxy: 'http_request_error' },
  unsupported_media_type: { status: 415, title: 'The media type is not supported', proxy: 'http_request_error' },
  rate_limited: { status: 429, title: 'Too many requests' },
  login_throttled: { status: 429, title: 'Too many attempts to sign in' },
  headers_too_large: { status: 431, title: 'The header fields are too large', proxy: 'http_request_error' },
  internal_error: { status: 500, title: 'The gateway failed', proxy: 'proxy_internal_error' },
  upstream_unavailable: { status: 502, title: 'The upstream cannot be reached', proxy: 'destination_unavailable' },
  upstream_error: { status: 502, title: 'The upstream did not answer properly', proxy: 'http_protocol_error' },
  store_unavailable: { status: 503, title: 'The store cannot be reached', proxy: 'proxy_internal_error' },
  issuer_unavailable: {
    status: 503,
    title: 'The keys of the issuer of this token cannot be had',
    proxy: 'proxy_internal_error'
  },
  overloaded: { status: 503, title: 'The gateway has too much to do', proxy: 'connection_limit_reached' },
  shutting_down: { status: 503, title: 'The gateway is shutting down', proxy: 'proxy_internal_response' },
  upstream_timeout: { status: 504, title: 'The upstream did not answer in time', proxy: 'http_response_timeout' }
} as const satisfies Record<string, Entry>

export type ProblemCode = keyof typeof catalogue

export const problems: Readonly<Record<ProblemCode, Entry>> = catalogue

export interface ProblemOptions {
  /** One sentence for the client, about this occurrence. */
  readonly detail?: string
  /** Seconds, for `Retry-After` (429, 503). */
  readonly retryAfter?: number
  /** Allowed methods, for `Allow` (405). */
  readonly allow?: readonly string[]
  /** Scopes that would be enough (RFC 6750 §3.1). */
  readonly scopes?: readonly string[]
  /** The version of WebSockets that is spoken here, for a handshake that asks for another (RFC 6455 §4.4). */
  readonly webSocketVersion?: string
  readonly cause?: unknown
}

/** A refusal by a code of the catalogue. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly options: ProblemOptions

  constructor(code: ProblemCode, options: ProblemOptions = {}) {
    super(code, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'Problem'
    this.code = code
    this.options = options
  }
}

/** Fastify's own refusals, by their codes; anything else unknown is our failure. */
const FASTIFY_CODES: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid_request',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'invalid_request',
  FST_ERR_CTP_INVALID_JSON_BODY: 'invalid_request',
  FST_ERR_CTP_EMPTY_TYPE: 'unsupported_media_type',
  FST_ERR_BAD_URL: 'bad_path',
  FST_ERR_NOT_FOUND: 'not_found'
}

/** Any error as a Problem; what is unknown is `internal_error`, with the error as its cause. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  const known = FASTIFY_CODES[(error as FastifyError | null)?.code ?? '']
  if (known !== undefined) return new Problem(known, { cause: error })
  // JSON.parse's own error comes as a 400 without a code of Fastify's.
  if (error instanceof SyntaxError)
    return new Problem('invalid_request', { detail: 'The body is not valid JSON.', cause: error })
  return new Problem('internal_error', { cause: error })
}

/** What an answer adds to the catalogue's words about this one request. */
export interface Occurrence {
  readonly requestId: string
  readonly decisionId: string | null
}

/** The body of a refusal (RFC 9457 §3.1). */
export function problemBody({ code, options }: Problem, { requestId, decisionId }: Occurrence) {
  const { status, title } = problems[code]
  return {
    type: `urn:portcullis:problem:${code}`,
    title,
    status,
    ...(options.detail === undefined ? {} : { detail: options.detail }),
    code,
    request_id: requestId,
    ...(decisionId === null ? {} : { decision_id: decisionId })
  }
}

/** The challenge of a 401 or of `insufficient_scope` (RFC 6750 §3); without `error` when no token was offered. */
export function challenge({ code, options }: Problem): string | null {
  const { status, bearer, title } = problems[code]
  if (status !== 401 && bearer === undefined) return null
  const parameters = ['realm="portcullis"']
  if (bearer !== undefined) parameters.push(`error="${bearer}"`, `error_description="${title}"`)
  if (options.scopes !== undefined && options.scopes.length > 0) parameters.push(`scope="${options.scopes.join(' ')}"`)
  return `Bearer ${parameters.join(', ')}`
}

/** The fields of a refusal beside its body, by lower-case name. */
export function problemFields(problem: Problem): Record<string, string> {
  const { code, options } = problem
  const { status, proxy } = problems[code]
  const fields: Record<string, string> = {
    'content-type': 'application/problem+json; charset=utf-8',
    'cache-control': 'no-store',
    // RFC 9209: the gateway spoke, not the upstream.
    'proxy-status': `portcullis; error=${proxy ?? 'http_request_denied'}; details="${code}"`
  }
  const authenticate = challenge(problem)
  if (authenticate !== null) fields['www-authenticate'] = authenticate
  if (options.retryAfter !== undefined) fields['retry-after'] = String(Math.max(1, Math.ceil(options.retryAfter)))
  else if (status === 503) fields['retry-after'] = '1'
  if (options.allow !== undefined) fields.allow = options.allow.join(', ')
  if (options.webSocketVersion !== undefined) fields['sec-websocket-version'] = options.webSocketVersion
  return fields
}

/** Utters a refusal: the one way any leaves the gateway. */
export function sendProblem(reply: FastifyReply, problem: Problem, occurrence: Occurrence): FastifyReply {
  return reply
    .code(problems[problem.code].status)
    .headers(problemFields(problem))
    .send(`${JSON.stringify(problemBody(problem, occurrence))}\n`)
}
