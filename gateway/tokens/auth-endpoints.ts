import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Claims, User } from '../domain.js'
import { Problem } from '../problems.js'
import type { Keyring } from './keyring.js'
import type { Grant, Sessions, SignInContext } from './sessions.js'
import { signIn } from './sign-in.js'
import { readJsonObject } from './strict-json.js'

/** Every event of the endpoints, by its name in the audit stream and in the metrics. */
export const AUTH_EVENTS = [
  'login',
  'login_failed',
  'login_throttled',
  'refresh',
  'refresh_failed',
  'refresh_reuse',
  'logout',
  'logout_all',
  'session_ended',
  'other_sessions_ended',
  'password_changed',
  'password_change_failed',
  'token_issued',
  'token_revoked',
  'client_authentication_failed',
  'client_throttled',
  'token_too_large'
] as const

export interface AuthEvent {
  readonly event: (typeof AUTH_EVENTS)[number]
  readonly subject?: string | null
  readonly username?: string
  readonly sessionId?: string | null
  readonly clientId?: string
  readonly tokenId?: string
  readonly scopes?: readonly string[]
  readonly characters?: number
}

/** One attempt at a password, counted before it is hashed. */
export interface Attempt {
  /** Counts it once more when it comes from none of these networks; throws `login_throttled`. */
  readonly knows: (networks: readonly string[]) => void
  readonly succeeded: () => void
  readonly withdrawn: () => void
}

export interface AuthEndpointOptions {
  /** Of the settings that serve now. */
  readonly sessions: () => Sessions
  /** null: the name or the password is wrong, or the user may not sign in; always after the same time. */
  readonly authenticateUser: (username: string, password: string, admit: Attempt['knows']) => Promise<User | null>
  /** Counts an attempt before the password is hashed; throws `login_throttled`. */
  readonly admitLogin: (username: string, request: FastifyRequest) => Attempt
  /** The token that shows who asks; null: there is none. */
  readonly readToken: (request: FastifyRequest) => string | null
  readonly signInContext: (request: FastifyRequest) => SignInContext
  readonly report: (request: FastifyRequest, event: AuthEvent) => void
}

type Fields = Readonly<Record<string, unknown>>

/** Bodies are JSON objects or forms; a form field that stands twice is an error (RFC 6749 §3.2). */
function readForm(body: string): Fields {
  const fields: Record<string, string> = Object.create(null)
  for (const [name, value] of new URLSearchParams(body)) {
    if (name in fields) throw new Problem('invalid_request', { detail: `The field ${quote(name)} stands twice.` })
    fields[name] = value
  }
  return fields
}

const quote = (name: string) => JSON.stringify(name.slice(0, 32))

export function readFields(request: FastifyRequest): Fields {
  const { body } = request
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Problem('invalid_request', { detail: 'The body must be a JSON object or a form.' })
  }
  return body as Fields
}

export function readText(fields: Fields, name: string): string {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (typeof value !== 'string' || value === '') {
    throw new Problem('invalid_request', { detail: `The field ${quote(name)} is missing or is no text.` })
  }
  return value
}

/** RFC 6749 §5.1, with the refresh token's own life beside it. */
export function sendGrant(reply: FastifyReply, grant: Grant): FastifyReply {
  return reply.header('cache-control', 'no-store').send({
    access_token: grant.accessToken,
    token_type: 'Bearer',
    expires_in: grant.accessExpiresAt - grant.issuedAt,
    refresh_token: grant.refreshToken,
    refresh_expires_in: grant.refreshExpiresAt - grant.issuedAt
  })
}

export const noStore = (reply: FastifyReply) => reply.header('cache-control', 'no-store')

export const isThrottled = (error: unknown) => error instanceof Problem && error.code === 'login_throttled'

/** Methods of a path under the prefix, for 405; the paths themselves are Fastify's routes. */
const METHODS: Readonly<Record<string, readonly string[]>> = {
  '/login': ['POST'],
  '/refresh': ['POST'],
  '/logout': ['POST'],
  '/logout-all': ['POST'],
  '/verify': ['POST'],
  '/token': ['POST'],
  '/introspect': ['POST'],
  '/revoke': ['POST'],
  '/userinfo': ['GET', 'HEAD'],
  '/sessions': ['GET', 'HEAD', 'DELETE'],
  '/sessions/*': ['DELETE'],
  '/password': ['POST']
}

/**
 * A name that stands twice would be one thing to us and another to whoever looked before us (RFC 8259 §4). Many clients
 * name the type of a body that they do not send: nothing at all has no fields.
 */
function readJson(body: Buffer): Fields {
  const fields = body.length === 0 ? {} : readJsonObject(body)
  if (fields === null) {
    throw new Problem('invalid_request', { detail: 'The body is no JSON object, or a name stands twice in it.' })
  }
  return fields
}

/** Bodies are JSON or forms; Fastify by itself would take plain text for one too. */
export function acceptBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_: FastifyRequest, body: Buffer) =>
    readJson(body)
  )
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    async (_: FastifyRequest, body: string) => readForm(body)
  )
}

/** Everything under the prefix that is no endpoint is refused here and never forwarded. */
export async function authEndpoints(app: FastifyInstance, options: AuthEndpointOptions): Promise<void> {
  const { sessions, report } = options
  acceptBodies(app)

  /** The token a request shows to end its session: either kind in the body, or an access token as usual. */
  function readShownToken(request: FastifyRequest): string {
    const fields: Fields = typeof request.body === 'object' && request.body !== null ? readFields(request) : {}
    for (const name of ['refresh_token', 'access_token', 'token']) {
      if (Object.hasOwn(fields, name)) return readText(fields, name)
    }
    const bearer = options.readToken(request)
    if (bearer === null) throw new Problem('missing_token', { detail: 'Show a refresh token or an access token.' })
    return bearer
  }

  async function readClaims(request: FastifyRequest): Promise<Claims> {
    const token = options.readToken(request)
    if (token === null) throw new Problem('missing_token')
    const inspected = await sessions().inspect(token)
    if ('because' in inspected) throw new Problem(inspected.because)
    return inspected.claims
  }

  app.post('/login', async (request, reply) => {
    const fields = readFields(request)
    const username = readText(fields, 'username')
    const password = readText(fields, 'password')
    const open = (user: User) => sessions().signIn(user, options.signInContext(request))
    return sendGrant(reply, await signIn(options, request, { username, password }, open))
  })

  app.post('/refresh', async (request, reply) => {
    const token = readText(readFields(request), 'refresh_token')
    try {
      const grant = await sessions().refresh(token, ({ id, userId }) =>
        report(request, { event: 'refresh_reuse', subject: userId, sessionId: id })
      )
      report(request, { event: 'refresh', subject: grant.user.id, sessionId: grant.sessionId })
      return sendGrant(reply, grant)
    } catch (error) {
      if (error instanceof Problem && error.code === 'invalid_refresh_token')
        report(request, { event: 'refresh_failed' })
      throw error
    }
  })

  app.post('/logout', async (request, reply) => {
    const { userId, sessionId } = await sessions().signOut(readShownToken(request))
    report(request, { event: 'logout', subject: userId, sessionId })
    return noStore(reply).code(204).send()
  })

  app.post('/logout-all', async (request, reply) => {
    const { userId, sessionId } = await sessions().signOutEverywhere(readShownToken(request))
    report(request, { event: 'logout_all', subject: userId, sessionId })
    return noStore(reply).code(204).send()
  })

  app.post('/verify', async (request, reply) => {
    const inspected = await sessions().inspect(readText(readFields(request), 'token'))
    if ('because' in inspected) throw new Problem(inspected.because)
    return noStore(reply).send({ ...inspected.claims, active: true })
  })

  app.get('/userinfo', async (request, reply) => noStore(reply).send(userInfo(await readClaims(request))))

  const refuse = async (request: FastifyRequest) => refuseUnknown(`/${(request.params as { '*'?: string })['*'] ?? ''}`)
  // Refused before a body is read, whose kind and size would say something else.
  app.all('/*', { onRequest: refuse }, refuse)
  app.all('/', { onRequest: refuse }, refuse)
}

function refuseUnknown(path: string): never {
  const key = path.replace(/^(\/sessions\/)[^/]+$/, '$1*')
  const methods = Object.hasOwn(METHODS, key) ? METHODS[key] : undefined
  if (methods === undefined) throw new Problem('not_found')
  throw new Problem('method_not_allowed', { allow: methods })
}

/** Claims about the token, which say nothing about its user. */
const ABOUT_THE_TOKEN = new Set(['iss', 'aud', 'exp', 'iat', 'nbf', 'jti', 'sid', 'client_id', 'gen', 'scope'])

function userInfo(claims: Claims): Record<string, unknown> {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !ABOUT_THE_TOKEN.has(name)))
}

/** The public keys (RFC 7517), for services that verify tokens themselves. */
export async function keySetEndpoint(
  app: FastifyInstance,
  { keyrings }: { readonly keyrings: readonly Keyring[] }
): Promise<void> {
  const caching = `public, max-age=${Math.min(...keyrings.map(({ keySetMaxAge }) => keySetMaxAge))}`
  app.get('/jwks.json', async (_request, reply) =>
    reply.header('cache-control', caching).send({ keys: keyrings.flatMap((keyring) => keyring.jwks().keys) })
  )
  const others = app.supportedMethods.filter((method) => method !== 'GET' && method !== 'HEAD')
  const refuse = async () => {
    throw new Problem('method_not_allowed', { allow: ['GET', 'HEAD'] })
  }
  app.route({ url: '/jwks.json', method: others, onRequest: refuse, handler: refuse })
}
