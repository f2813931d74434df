import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { AccessTokens } from './access-tokens.js'
import type { AuthEvent } from './auth-endpoints.js'
import { type ClientAuthenticationOptions, createClientAuthentication } from './client-authentication.js'
import type { Client } from './clients.js'
import { introspect } from './introspection.js'
import { UNCACHED } from './oauth-error.js'
import { type Parameters, parseParameters, readParameters } from './request-parameters.js'
import { revoke } from './revocation-endpoint.js'
import type { Sessions } from './sessions.js'
import { grantTokens } from './token-endpoint.js'

export interface OAuthEndpointOptions extends ClientAuthenticationOptions {
  readonly sessions: () => Sessions
  readonly accessTokens: () => AccessTokens
  readonly issuer: () => string
  /** The query of a request, which the router has not seen. */
  readonly queryOf: (request: FastifyRequest) => string
}

/** One request to an endpoint, once its body has been read and its client is known. */
export interface OAuthRequest {
  readonly parameters: Parameters
  /** null: it offered no credentials. */
  readonly client: Client | null
  readonly report: (event: AuthEvent) => void
}

/**
 * The endpoints of RFC 6749 §3.2, RFC 7662 and RFC 7009. What they refuse, the scope around them utters
 * (`sendOAuthError`).
 */
export async function oauthEndpoints(app: FastifyInstance, options: OAuthEndpointOptions): Promise<void> {
  const authenticateClient = createClientAuthentication(options)
  parseParameters(app)

  function read(request: FastifyRequest): OAuthRequest {
    const parameters = readParameters(request, options.queryOf(request))
    const client = authenticateClient(request, parameters)
    return { parameters, client, report: (event) => options.report(request, event) }
  }

  app.post('/token', async (request, reply) => reply.headers(UNCACHED).send(await grantTokens(read(request), options)))
  app.post('/introspect', async (request, reply) =>
    reply.headers(UNCACHED).send(await introspect(read(request), options))
  )
  app.post('/revoke', async (request, reply) => {
    await revoke(read(request), options)
    return reply.headers(UNCACHED).code(200).send()
  })
}
