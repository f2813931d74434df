/** The steps of a request, in the order of the security argument. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Limit } from './domain.js'
import { type Exchange, exchangeOf } from './exchange.js'
import { addressKey, type Limits, rateLimitFields } from './limits/index.js'
import { decide } from './policy/index.js'
import { Problem } from './problems.js'
import { createForward, forwardedFields } from './proxy/index.js'
import type { Resources } from './serving.js'

export interface StepOptions {
  readonly limits: Limits
  readonly audit: Resources['audit']
  readonly nextId: () => string
  /** While draining, every response is the last of its connection. */
  readonly isClosing: () => boolean
}

/** Makes the steps; `judge` is run in its order before any body is read, then `forward`. */
export function createSteps({ limits, audit, nextId, isClosing }: StepOptions) {
  const forwardUpstream = createForward()

  /** 1. Refuses what has no single reading; counts whatever came; finds the rule. */
  async function admit(request: FastifyRequest): Promise<void> {
    const exchange = exchangeOf(request)
    const { serving, target, peer } = exchange
    const { listenerLimit } = serving.settings
    if (listenerLimit !== null) await count(request, exchange, listenerLimit, addressKey(peer.address))
    if ('fault' in target) throw new Problem(target.fault, { detail: target.detail })
    if (exchange.endpoint === null) exchange.match = serving.policy.find({ method: request.method, ...target })
  }

  /** Counts a request against one limit and refuses it when it is over. */
  async function count(request: FastifyRequest, exchange: Exchange, limit: Limit, key: string): Promise<void> {
    const consumption = await limits.consume(request, limit, key)
    exchange.consumptions.push(consumption)
    if (!consumption.exceeded) return
    audit('rate_limited', { request_id: exchange.id, limit: limit.name, key })
    throw new Problem('rate_limited', {
      detail: `The limit is ${limit.requests} requests in ${limit.windowMs / 1000} seconds.`,
      retryAfter: consumption.resetMs / 1000
    })
  }

  /** 2 and 5. The rule's limits of one kind: by address before authentication, by user after authorisation. */
  const throttle = (by: Limit['by']) =>
    async function throttle(request: FastifyRequest): Promise<void> {
      const exchange = exchangeOf(request)
      const { match, peer, authentication, serving } = exchange
      if (match === null || 'because' in match) return
      for (const name of match.rule.limits) {
        const limit = serving.settings.limits[name]
        if (limit === undefined || limit.by !== by) continue
        const key =
          by === 'user' && authentication.kind === 'principal'
            ? `user:${authentication.principal.subject}`
            : addressKey(peer.address)
        await count(request, exchange, limit, key)
      }
    }

  /** 3. Who asks: a principal, nobody, or a credential that does not hold. Refuses nothing. */
  async function authenticate(request: FastifyRequest): Promise<void> {
    const exchange = exchangeOf(request)
    exchange.authentication = exchange.serving.authenticate(request.headers.authorization)
  }

  /** 4. The rule's verdict. */
  async function authorize(request: FastifyRequest): Promise<void> {
    const exchange = exchangeOf(request)
    const { target, match, authentication, peer } = exchange
    if ('fault' in target || match === null) throw new Error('a request came to authorisation without a target')
    const decision = decide({
      id: nextId(),
      revision: exchange.serving.policy.revision,
      request: { method: request.method, host: target.host, path: target.path, address: peer.address },
      match,
      authentication
    })
    exchange.decision = decision
    if (decision.because === null) return
    const detail = 'detail' in match ? match.detail : undefined
    throw new Problem(decision.because, { scopes: decision.missingScopes, ...(detail === undefined ? {} : { detail }) })
  }

  /** 6. Forwards: what the client may not say is stripped, who asks is said last, and bytes stream. */
  async function forward(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const exchange = exchangeOf(request)
    const { serving, target, decision, peer, authentication } = exchange
    const upstream = serving.upstreams.get(decision?.rule?.upstream ?? '')
    if ('fault' in target || decision === null || upstream === undefined) throw new Error('nothing to forward to')
    const identity = authentication.kind === 'principal' ? serving.identityFields(authentication.principal) : []
    const headers = serving.requestHeaders(request.raw.rawHeaders, request.raw.headers.connection, {
      host: upstream.host === 'client' ? target.authority : upstream.authority,
      forwardAuthorization: upstream.forwardAuthorization,
      added: [...forwardedFields({ request: request.raw, peer, target, upstream, requestId: exchange.id }), ...identity]
    })
    exchange.judgedMs = performance.now()
    await forwardUpstream(request.raw, reply.raw, {
      upstream,
      path: target.path,
      query: target.query,
      headers,
      responseHeaders: () => responseFields(exchange),
      onStart: (upstreamMs) => {
        exchange.upstreamMs = upstreamMs
        reply.hijack()
      }
    })
  }

  /** What the gateway adds to any response. */
  function responseFields({ consumptions, isLast }: Exchange): string[] {
    const fields = rateLimitFields(consumptions)
    if (isClosing() || isLast) fields.push('Connection', 'close')
    return fields
  }

  return {
    admit,
    judge: [admit, throttle('ip'), authenticate, authorize, throttle('user')],
    forward,
    responseFields
  }
}
