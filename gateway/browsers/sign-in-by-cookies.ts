import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../problems.js'
import type { Browsers } from './browsers.js'
import { readCookie } from './cookie-field.js'
import { needsProof } from './same-origin.js'
import type { SessionCookies, TokenAnswer } from './session-cookies.js'

export interface CookieSignInOptions {
  /** Of the settings that serve the request. */
  readonly browsers: (request: FastifyRequest) => Browsers
  /** The path of our own endpoint below the prefix, as `/login`; null for anything else. */
  readonly endpointOf: (request: FastifyRequest) => string | null
  /** The gateway's origin as the request names it. */
  readonly originOf: (request: FastifyRequest) => string
}

type Fields = Record<string, unknown>

/** Endpoints that end or renew a session, and the fields of a body that show a token to them. */
const BY_REFRESH_COOKIE: ReadonlyMap<string, readonly string[]> = new Map([
  ['/refresh', ['refresh_token']],
  ['/logout', ['refresh_token', 'access_token', 'token']],
  ['/logout-all', ['refresh_token', 'access_token', 'token']]
])
/** Endpoints about the caller; those for services read Authorization too, and must not find a browser's there. */
const BY_ACCESS_COOKIE = /^\/(?:userinfo|password|sessions(?:\/.*)?)$/

const fieldsOf = ({ body }: FastifyRequest): Fields =>
  typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Fields) : {}

function asksForCookies(fields: Fields): boolean {
  const asked = Object.hasOwn(fields, 'cookies') ? fields.cookies : false
  // A form has no other values than text.
  if (asked === true || asked === 'true') return true
  if (asked === false || asked === 'false') return false
  throw new Problem('invalid_request', { detail: 'The field "cookies" must be true or false.' })
}

const isTokenAnswer = (payload: unknown): payload is TokenAnswer =>
  typeof payload === 'object' && payload !== null && 'access_token' in payload && 'refresh_token' in payload

/**
 * Lets our own endpoints in `app` be used without a token in any script's hands: what a cookie shows is put where the
 * endpoint reads it, and the tokens of its answer go into cookies. The endpoints themselves know nothing of it.
 */
export function signInByCookies(app: FastifyInstance, options: CookieSignInOptions): void {
  /** Of requests whose tokens come and go by cookie. */
  const served = new WeakMap<FastifyRequest, SessionCookies>()

  function requireProof(request: FastifyRequest): void {
    if (!needsProof(request.method, request.headers)) return
    if (options.browsers(request).provesOrigin(request.headers, () => options.originOf(request))) return
    throw new Problem('csrf_failed', { detail: 'The request does not come from a page of this origin.' })
  }

  function beginLogin(request: FastifyRequest, cookies: SessionCookies | null): void {
    if (!asksForCookies(fieldsOf(request))) return
    if (cookies === null) {
      throw new Problem('invalid_request', { detail: 'This gateway does not keep sessions in cookies.' })
    }
    // Else another site could sign its visitors in as somebody whom it knows (login CSRF).
    requireProof(request)
    served.set(request, cookies)
  }

  function presentToken(request: FastifyRequest, cookies: SessionCookies, endpoint: string): void {
    const { cookie } = request.headers
    const token =
      readCookie(cookie, cookies.refreshName) ??
      // An access token ends its session too.
      (endpoint === '/refresh' ? null : readCookie(cookie, cookies.accessName))
    if (token === null) throw new Problem('missing_token', { detail: 'Show a token, in the body or by cookie.' })
    requireProof(request)
    served.set(request, cookies)
    if (token === 'several' || token === '') throw new Problem('invalid_refresh_token')
    request.body = { ...fieldsOf(request), refresh_token: token }
  }

  function presentCaller(request: FastifyRequest, cookies: SessionCookies): void {
    const token = readCookie(request.headers.cookie, cookies.accessName)
    if (token === null) return
    requireProof(request)
    served.set(request, cookies)
    if (token === 'several') throw new Problem('invalid_token')
    request.headers.authorization = `Bearer ${token}`
  }

  app.addHook('preHandler', async (request) => {
    const { cookies } = options.browsers(request)
    const endpoint = options.endpointOf(request) ?? ''
    if (endpoint === '/login') beginLogin(request, cookies)
    if (cookies === null || request.headers.authorization !== undefined) return
    const fields = BY_REFRESH_COOKIE.get(endpoint)
    if (fields !== undefined) {
      const body = fieldsOf(request)
      if (!fields.some((name) => Object.hasOwn(body, name))) presentToken(request, cookies, endpoint)
    } else if (BY_ACCESS_COOKIE.test(endpoint)) presentCaller(request, cookies)
  })

  app.addHook('preSerialization', async (request, reply: FastifyReply, payload: unknown) => {
    const cookies = served.get(request)
    if (cookies === undefined || !isTokenAnswer(payload)) return payload
    for (const cookie of cookies.set(payload)) reply.header('set-cookie', cookie)
    return { expires_in: payload.expires_in, refresh_expires_in: payload.refresh_expires_in }
  })

  // What has ended, or never was a session, is of no use to the browser either. A failure of ours says nothing of it.
  app.addHook('onSend', async (request, reply) => {
    const cookies = served.get(request)
    const endpoint = options.endpointOf(request) ?? ''
    if (cookies === undefined || !BY_REFRESH_COOKIE.has(endpoint)) return
    if (reply.statusCode === 401 || reply.statusCode === 204)
      for (const cookie of cookies.clear()) reply.header('set-cookie', cookie)
  })
}
