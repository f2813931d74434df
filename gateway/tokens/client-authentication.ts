import type { FastifyRequest } from 'fastify'
import { Problem } from '../problems.js'
import type { AuthEvent } from './auth-endpoints.js'
import type { Client, Clients } from './clients.js'
import type { Parameters } from './request-parameters.js'

export interface ClientAuthenticationOptions {
  /** Of the settings that serve now. */
  readonly clients: () => Clients
  /** Counts an attempt before the secret is compared; throws `login_throttled`. */
  readonly admitClient: (clientId: string, request: FastifyRequest) => { succeeded: () => void }
  readonly clientAddress: (request: FastifyRequest) => string
  readonly report: (request: FastifyRequest, event: AuthEvent) => void
}

interface ClientCredentials {
  readonly clientId: string
  /** The readings that the one secret offered may have. */
  readonly secrets: readonly string[]
}

const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i

/** The reverse of application/x-www-form-urlencoded, or null for what is none. */
function decodeForm(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return null
  }
}

/** RFC 6749 §2.3.1: id and secret are form-urlencoded before RFC 7617 joins them by a colon. Null: not readable. */
function readBasic(authorization: string): ClientCredentials | null {
  const [, encoded] = BASIC.exec(authorization) ?? []
  if (encoded === undefined) return null
  const pair = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  const clientId = decodeForm(pair.slice(0, Math.max(0, colon)))
  if (clientId === null || clientId === '') return null
  // curl and many libraries leave out the encoding: `+` and `%` in a secret must not depend on which one is used.
  const written = pair.slice(colon + 1)
  const decoded = decodeForm(written)
  return { clientId, secrets: decoded === null || decoded === written ? [written] : [decoded, written] }
}

/**
 * The credentials of a request: null when it offers none. Both ways at once are a mistake (RFC 6749 §2.3), even when
 * they agree; a bare `client_id` beside Basic is no credential, and must agree.
 */
function readClientCredentials({ headers }: FastifyRequest, parameters: Parameters): ClientCredentials | null {
  const clientId = parameters.get('client_id')
  const secret = parameters.get('client_secret')
  if (headers.authorization === undefined) {
    if (secret === undefined) return null
    if (clientId === undefined) throw new Problem('invalid_request', { detail: 'The parameter client_id is missing.' })
    return { clientId, secrets: [secret] }
  }
  if (secret !== undefined) {
    throw new Problem('invalid_request', { detail: 'The client proves itself in two ways: use one of them.' })
  }
  const basic = readBasic(headers.authorization)
  if (basic === null)
    throw new Problem('invalid_client', { detail: 'The Authorization field is not readable as Basic.' })
  if (clientId !== undefined && clientId !== basic.clientId) {
    throw new Problem('invalid_request', { detail: 'The parameter client_id names another client.' })
  }
  return basic
}

/** Makes the function that says which client asks: null when it offers no credentials, a Problem when they are bad. */
export function createClientAuthentication(options: ClientAuthenticationOptions) {
  const { clients, report } = options

  return function authenticateClient(request: FastifyRequest, parameters: Parameters): Client | null {
    const credentials = readClientCredentials(request, parameters)
    if (credentials === null) return null
    const { clientId, secrets } = credentials
    const attempt = admit(request, clientId)
    const client = clients().authenticate(clientId, secrets, options.clientAddress(request))
    if (client === null) {
      report(request, { event: 'client_authentication_failed', clientId })
      throw new Problem('invalid_client')
    }
    attempt.succeeded()
    return client
  }

  function admit(request: FastifyRequest, clientId: string) {
    try {
      return options.admitClient(clientId, request)
    } catch (error) {
      if (error instanceof Problem && error.code === 'login_throttled') {
        report(request, { event: 'client_throttled', clientId })
        throw new Problem('login_throttled', { ...error.options, detail: 'Too many wrong secrets: try again later.' })
      }
      throw error
    }
  }
}

export type AuthenticateClient = ReturnType<typeof createClientAuthentication>

/** For endpoints that are for clients alone. */
export function requireClient(client: Client | null): Client {
  if (client === null) throw new Problem('invalid_client', { detail: 'The client must prove itself.' })
  return client
}
