/** The gateway's own endpoints, each handed what it needs of the rooms. `app.ts` says what goes before them. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { publicHealthEndpoint, type Readiness } from './admin/index.js'
import { exchangeOf, queryOf } from './exchange.js'
import { createClientGuard, type LoginGuard, networkOf } from './limits/index.js'
import { Problem, sendProblem } from './problems.js'
import type { RefuseBy } from './refusals.js'
import type { Resources, Serving } from './serving.js'
import {
  type AuthEndpointOptions,
  type AuthEvent,
  accountEndpoints,
  authEndpoints,
  createSendRefusal,
  keySetEndpoint,
  metadataEndpoint,
  oauthEndpoints,
  sendOAuthError,
  simpleJwtEndpoints,
  TokenTooLarge
} from './tokens/index.js'
import { canonicalUsername, UserMistake } from './users/index.js'

export interface OwnEndpointOptions {
  readonly resources: Resources
  /** What serves now. */
  readonly serving: () => Serving
  readonly loginGuard: LoginGuard
  readonly readReadiness: () => Promise<Readiness>
  readonly refuseBy: RefuseBy
}

const addressOf = (request: FastifyRequest) => exchangeOf(request).peer.address

/** Makes what tells an event of the endpoints to the metrics and the audit stream. */
const createReport =
  ({ metrics, audit, users, failure }: Resources) =>
  (request: FastifyRequest, reported: AuthEvent): void => {
    const { event, subject, username, sessionId, clientId, tokenId, scopes, characters } = reported
    const { id, peer } = exchangeOf(request)
    metrics.countAuthEvent(event)
    if (event === 'login' && typeof subject === 'string')
      users.noteLogin(subject).catch((error) => failure(error, { request_id: id }))
    audit(event, {
      request_id: id,
      address: peer.address,
      ...(username === undefined ? {} : { username: username.slice(0, 256) }),
      ...(subject === undefined ? {} : { subject }),
      ...(sessionId === undefined ? {} : { session_id: sessionId }),
      ...(clientId === undefined ? {} : { client_id: clientId.slice(0, 256) }),
      ...(tokenId === undefined ? {} : { token_id: tokenId }),
      ...(scopes === undefined ? {} : { scopes }),
      ...(characters === undefined ? {} : { characters })
    })
  }

function refusePassword(error: unknown): never {
  if (!(error instanceof UserMistake)) throw error
  const code = error.kind === 'kept_elsewhere' ? 'access_denied' : 'invalid_request'
  throw new Problem(code, { detail: error.message })
}

const createReadNewPassword =
  ({ users }: Resources) =>
  (username: string, password: string): (() => Promise<string>) => {
    try {
      const hash = users.readNewPassword(username, password)
      return () => hash().catch(refusePassword)
    } catch (error) {
      return refusePassword(error)
    }
  }

export async function ownEndpoints(app: FastifyInstance, options: OwnEndpointOptions): Promise<void> {
  const { resources, serving, loginGuard, readReadiness, refuseBy } = options
  const report = createReport(resources)
  /** Where no token can be issued, the audit stream tells whose and how long it would be. */
  const refusing = (send: typeof sendProblem) => {
    const refuse = refuseBy(send)
    return (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      if (error instanceof TokenTooLarge) {
        const { owner, characters } = error
        report(request, { event: 'token_too_large', subject: owner.id, username: owner.username, characters })
      }
      return refuse(error, request, reply)
    }
  }
  app.setErrorHandler(refusing(sendProblem))
  const sessions = () => serving().sessions
  const accessTokens = () => serving().accessTokens
  const simpleJwt = () => serving().simpleJwt
  const auth: AuthEndpointOptions = {
    sessions,
    authenticateUser: resources.users.authenticate,
    admitLogin: (username, request) => loginGuard.admit(canonicalUsername(username) ?? username, addressOf(request)),
    // As for everything that rules judge: in the field and behind the schemes that the settings name.
    readToken: ({ headers }) => serving().readToken(serving().credentialOf(headers).authorization),
    signInContext(request) {
      const address = addressOf(request)
      return { address, network: networkOf(address), userAgent: request.headers['user-agent'] ?? '' }
    },
    report
  }

  await app.register(keySetEndpoint, {
    prefix: '/.well-known',
    keyrings: [resources.keyring, resources.assertionKeyring ?? []].flat()
  })
  await app.register(metadataEndpoint, { prefix: '/.well-known', metadata: () => serving().metadata })
  await app.register(publicHealthEndpoint, { prefix: '/health', readReadiness })
  await app.register(authEndpoints, { ...auth, prefix: '/auth' })
  await app.register(accountEndpoints, {
    ...auth,
    prefix: '/auth',
    ownTokens: () => serving().ownTokens,
    simpleJwt,
    store: resources.store.sessions,
    readNewPassword: createReadNewPassword(resources)
  })

  await app.register(async (simplejwt) => {
    const scheme = () => serving().settings.simpleJwt?.headerTypes[0] ?? 'Bearer'
    simplejwt.setErrorHandler(refusing(createSendRefusal(scheme)))
    await simplejwt.register(simpleJwtEndpoints, {
      ...auth,
      prefix: '/simplejwt',
      simpleJwt
    })
  })

  const clientGuard = createClientGuard()
  await app.register(async (oauth) => {
    oauth.setErrorHandler(refusing(sendOAuthError))
    await oauth.register(oauthEndpoints, {
      prefix: '/auth',
      sessions,
      accessTokens,
      clients: () => serving().clients,
      issuer: () => serving().settings.tokens.issuer,
      admitClient: (clientId, request) => clientGuard.admit(clientId, addressOf(request)),
      clientAddress: addressOf,
      queryOf: (request) => queryOf(exchangeOf(request).target),
      report
    })
  })
}
