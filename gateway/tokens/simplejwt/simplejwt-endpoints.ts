import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '../../problems.js'
import type { AuthEndpointOptions, AuthEvent } from '../auth-endpoints.js'
import { signIn } from '../sign-in.js'
import type { SimpleJwt } from './create-simplejwt.js'
import { describeEndpoint, type EndpointName, endpointNames } from './endpoint-words.js'
import { sendJson } from './framework-refusal.js'
import { acceptAnyBody, type RequestData, readData } from './request-data.js'
import { readFields } from './serializer-fields.js'
import { type Answered, type SimpleJwtSessions, TokenRefused } from './simplejwt-sessions.js'

export interface SimpleJwtEndpointOptions
  extends Pick<AuthEndpointOptions, 'authenticateUser' | 'admitLogin' | 'signInContext' | 'report'> {
  /** Of the settings that serve now; null: there are no such endpoints. */
  readonly simpleJwt: () => SimpleJwt | null
}

type Answer = (request: FastifyRequest, data: RequestData, sessions: SimpleJwtSessions) => Promise<object>

const ALLOWED = ['POST', 'OPTIONS']

/** The views of djangorestframework-simplejwt; what they refuse, the scope around them utters in DRF's form. */
export async function simpleJwtEndpoints(app: FastifyInstance, options: SimpleJwtEndpointOptions): Promise<void> {
  acceptAnyBody(app)
  const answers = createAnswers(options)

  function requireEndpoint(name: EndpointName): SimpleJwtSessions {
    const offered = options.simpleJwt()
    if (offered === null || (name.startsWith('sliding') && !offered.offersSliding)) throw new Problem('not_found')
    return offered.sessions
  }

  const refuseMethod = async (): Promise<never> => {
    throw new Problem('method_not_allowed', { allow: ALLOWED })
  }
  const others = app.supportedMethods.filter((method) => !ALLOWED.includes(method))
  for (const name of endpointNames) {
    // DRF says with every answer what may be asked.
    const onRequest = async (_request: FastifyRequest, reply: { header: (name: string, value: string) => unknown }) => {
      requireEndpoint(name)
      reply.header('allow', ALLOWED.join(', '))
      reply.header('cache-control', 'no-store')
    }
    for (const url of name === '' ? ['/'] : [`/${name}`, `/${name}/`]) {
      app.post(url, { onRequest }, async (request, reply) => {
        const answer = await answers[name](request, await readData(request), requireEndpoint(name))
        return sendJson(reply, answer)
      })
      app.options(url, { onRequest }, async (_request, reply) => sendJson(reply, describeEndpoint(name)))
      app.route({ url, method: others, onRequest: [onRequest, refuseMethod], handler: refuseMethod })
    }
  }
  const refuse = async (): Promise<never> => {
    throw new Problem('not_found')
  }
  app.all('/*', { onRequest: refuse }, refuse)
}

function createAnswers(options: SimpleJwtEndpointOptions): Readonly<Record<EndpointName, Answer>> {
  const { report, signInContext } = options

  async function signInBy(
    request: FastifyRequest,
    data: RequestData,
    obtain: 'obtainPair' | 'obtainSliding',
    sessions: SimpleJwtSessions
  ) {
    const credentials = readFields(data, ['username', 'password'])
    return signIn(options, request, credentials, (user) => sessions[obtain](user, signInContext(request)))
  }

  /** Tells of a refresh, or that one failed. */
  async function refreshing(request: FastifyRequest, refresh: () => Promise<Answered>): Promise<object> {
    try {
      const { user, sessionId, body } = await refresh()
      report(request, { event: 'refresh', subject: user.id, sessionId })
      return body
    } catch (error) {
      if (error instanceof TokenRefused) report(request, { event: 'refresh_failed' })
      throw error
    }
  }

  return {
    '': async (request, data, sessions) => (await signInBy(request, data, 'obtainPair', sessions)).body,
    sliding: async (request, data, sessions) => (await signInBy(request, data, 'obtainSliding', sessions)).body,
    async refresh(request, data, sessions) {
      const { refresh } = readFields(data, ['refresh'])
      return refreshing(request, () =>
        sessions.refresh(refresh, ({ id, userId }) => {
          const event: AuthEvent = { event: 'refresh_reuse', subject: userId, sessionId: id }
          report(request, event)
        })
      )
    },
    async 'sliding/refresh'(request, data, sessions) {
      const { token } = readFields(data, ['token'])
      return refreshing(request, () => sessions.refreshSliding(token))
    },
    async verify(_request, data, sessions) {
      await sessions.verify(readFields(data, ['token']).token)
      return {}
    },
    async blacklist(request, data, sessions) {
      const { id, userId } = await sessions.blacklist(readFields(data, ['refresh']).refresh)
      report(request, { event: 'logout', subject: userId, sessionId: id })
      return {}
    }
  }
}
