/** The steps of a request, in the order of the security argument. */
import type { FastifyRequest } from 'fastify'
import type { Decision, Limit } from './domain.js'
import { type Exchange, endConnectionAfter, exchangeOf, originOf } from './exchange.js'
import { type AssertedRequest, subjectKey } from './identity/index.js'
import { addressKey, type Consumption, type Limits, rateLimitFields } from './limits/index.js'
import { awaitForwardedBody } from './listener/index.js'
import { decide } from './policy/index.js'
import { Problem } from './problems.js'
import { forwardedFields, forward as forwardUpstream, stripPrefix } from './proxy/index.js'
import type { Resources } from './serving.js'
import type { ShadowDifference } from './shadowing.js'
import type { Tunnels } from './tunnels.js'

export interface StepOptions {
  readonly limits: Limits
  readonly audit: Resources['audit']
  readonly nextId: () => string
  /** What a second policy says to a decided request, where it says otherwise. */
  readonly shadow: (exchange: Exchange, decision: Decision) => ShadowDifference | null
  /** What becomes of requests for a WebSocket. */
  readonly tunnels: Pick<Tunnels, 'read'>
  /** While draining, a response is the last of its connection, unless another waits behind it. */
  readonly isClosing: () => boolean
}

export type Steps = ReturnType<typeof createSteps>

/** A step refuses by throwing; it gives a promise only when it has something to wait for. */
type Step = (exchange: Exchange) => Promise<void> | undefined

/** Steps as one: at once where none of them has to wait, since a promise for each would cost every request. */
function inOrder(steps: readonly Step[]): Step {
  function runFrom(exchange: Exchange, from: number): Promise<void> | undefined {
    for (let at = from; at < steps.length && !exchange.preflight; at += 1) {
      const pending = steps[at]?.(exchange)
      if (pending !== undefined) return pending.then(() => runFrom(exchange, at + 1))
    }
    return undefined
  }
  return (exchange) => runFrom(exchange, 0)
}

/** Makes the steps; `judge` runs in its order before any body is read, then `forward`. */
export function createSteps({ limits, audit, nextId, shadow, tunnels, isClosing }: StepOptions) {
  /** 1. Counts whatever came; refuses what has no single reading; finds the rule. */
  function admit(exchange: Exchange): undefined {
    const { serving, target, peer, method } = exchange
    const { listenerLimit } = serving.settings
    if (listenerLimit !== null) count(exchange, listenerLimit, addressKey(peer.address))
    if ('fault' in target) throw new Problem(target.fault, { detail: target.detail })
    const { path, oddities, host } = target
    exchange.match = serving.policy.find({ method, path, oddities, host })
  }

  /** 1, for our own endpoints: no rule judges these, and the library counts where it serves the route. */
  async function arrive(request: FastifyRequest): Promise<void> {
    const exchange = exchangeOf(request)
    const { listenerLimit } = exchange.serving.settings
    if (listenerLimit !== null) {
      const key = addressKey(exchange.peer.address)
      note(exchange, key, await limits.consumeByRoute(request, listenerLimit, key))
    }
    readPreflight(exchange)
  }

  /** A preflight of a listed origin asks for leave to ask; rules judge what is asked then. */
  function readPreflight(exchange: Exchange): undefined {
    const { request, inquiry, serving } = exchange
    // To a proxy that asks, an answer of ours would mean that the request may pass.
    if (inquiry !== null) return
    const fields = serving.browsers.cors.preflight(request.method ?? '', request.headers)
    if (fields === null) return
    exchange.corsFields = fields
    exchange.preflight = true
  }

  /** Counts a request against one limit and refuses it when it is over. */
  const count = (exchange: Exchange, limit: Limit, key: string): void => note(exchange, key, limits.consume(limit, key))

  function note(exchange: Exchange, key: string, consumption: Consumption): void {
    exchange.consumptions.push(consumption)
    if (!consumption.exceeded) return
    const { authentication, peer } = exchange
    const { limit } = consumption
    const subject = authentication.kind === 'principal' ? authentication.principal.subject : null
    audit('rate_limited', { request_id: exchange.id, limit: limit.name, key, subject, address: peer.address })
    throw new Problem('rate_limited', {
      detail: `The limit is ${limit.requests} requests in ${limit.windowMs / 1000} seconds.`,
      retryAfter: consumption.resetMs / 1000
    })
  }

  /** 2 and 5. The rule's limits of one kind: by address before authentication, by user after authorisation. */
  const throttle =
    (by: Limit['by']): Step =>
    (exchange) => {
      const { match, serving, authentication, peer } = exchange
      if (match === null || 'because' in match) return undefined
      for (const name of match.rule.limits) {
        const limit = serving.settings.limits[name]
        if (limit === undefined || limit.by !== by) continue
        const known = by === 'user' && authentication.kind === 'principal'
        count(exchange, limit, known ? subjectKey(authentication.principal) : addressKey(peer.address))
      }
      return undefined
    }

  /** 3. Who asks: a principal, nobody, or a credential that does not hold. Refuses nothing. */
  function authenticate(exchange: Exchange): Promise<void> | undefined {
    const { method, request } = exchange
    const { browsers, authenticate: read, credentialOf } = exchange.serving
    const shown = browsers.readCredential({ method, headers: credentialOf(request.headers) }, () => originOf(exchange))
    exchange.byCookie = shown.byCookie
    if ('because' in shown) {
      exchange.authentication = { kind: 'bad', because: shown.because }
      return undefined
    }
    const found = read(shown.authorization)
    if (found instanceof Promise) {
      return found.then((authentication) => {
        exchange.authentication = authentication
      })
    }
    exchange.authentication = found
    return undefined
  }

  /** 4. The rule's verdict. */
  function authorize(exchange: Exchange): undefined {
    const { target, match, authentication, peer } = exchange
    if ('fault' in target || match === null) throw new Error('a request came to authorisation without a target')
    const decision = decide({
      id: nextId(),
      revision: exchange.serving.policy.revision,
      request: { method: exchange.method, host: target.host, path: target.path, address: peer.address },
      match,
      authentication
    })
    exchange.decision = decision
    exchange.shadow = shadow(exchange, decision)
    if (decision.because === null) return undefined
    const detail = 'detail' in match ? match.detail : undefined
    throw new Problem(decision.because, { scopes: decision.missingScopes, ...(detail === undefined ? {} : { detail }) })
  }

  /**
   * 6. Forwards: what the client may not say is stripped, who asks is said last, and bytes stream. `onStart`: from now
   * on nothing else can be answered.
   */
  async function forward(exchange: Exchange, onStart: () => void): Promise<void> {
    const { request, response, serving, target, decision, peer } = exchange
    const upstream = serving.upstreams.get(decision?.rule?.upstream ?? '')
    if ('fault' in target || decision === null || upstream === undefined) throw new Error('nothing to forward to')
    const upgrading = tunnels.read(exchange)
    const headers = serving.requestHeaders(request.rawHeaders, request.headers.connection, {
      host: upstream.host === 'client' ? target.authority : upstream.authority,
      forwardAuthorization: upstream.forwardAuthorization,
      added: [
        ...forwardedFields({ request, peer, target, upstream, requestId: exchange.id }),
        ...assertedFields(exchange)
      ]
    })
    exchange.judgedMs = performance.now()
    const forwarding = forwardUpstream(request, response, {
      upstream,
      path: target.path,
      query: target.query,
      maxBody: decision.rule?.maxBody ?? null,
      headers,
      editResponse: (fields) =>
        serving.browsers.editResponse(fields, { byCookie: exchange.byCookie, origin: request.headers.origin }),
      responseHeaders: () => responseFields(exchange),
      onStart: (upstreamMs) => {
        exchange.upstreamMs = upstreamMs
        onStart()
      },
      upgrading
    })
    awaitForwardedBody(request, response, serving.settings.listener.bodyTimeoutMs, upstream.idleTimeoutMs)
    await forwarding
  }

  /** Where somebody who looks for a page and has no session is sent in place of a refusal; null: nowhere. */
  function loginLocation({ request, serving, target, decision, inquiry }: Exchange): string | null {
    // What a proxy that asks does with a refusal is its own to say; nginx, for one, knows no redirect.
    if ('fault' in target || decision === null || inquiry !== null) return null
    return serving.browsers.loginLocation(request.method ?? '', request.headers, target)
  }

  /** Who asks, as the upstream is told it; nothing for a stranger, which is nobody whom a rule wanted to know. */
  function assertedFields(exchange: Exchange): readonly string[] {
    const { serving, authentication, decision } = exchange
    if (authentication.kind !== 'principal') return []
    const fields = serving.identityFields(authentication.principal)
    if (fields.length === 0 && serving.tellsIdentity && decision?.rule?.allow.kind !== 'anyone') {
      throw new Problem('access_denied', { detail: 'The token has none of the claims that the upstream is told.' })
    }
    const { assertion } = serving
    return assertion === null
      ? fields
      : [...fields, assertion.header, assertion.assert(authentication.principal, assertedRequest(exchange))]
  }

  /** What an assertion is good for: the request as its upstream gets it, which a proxy that asks sends as it is. */
  function assertedRequest({ serving, target, decision, method, inquiry, id }: Exchange): AssertedRequest {
    const upstream = serving.upstreams.get(decision?.rule?.upstream ?? '')
    if ('fault' in target || upstream === undefined) throw new Error('nothing to assert')
    return {
      audience: upstream.name,
      method,
      path: inquiry === null ? stripPrefix(target.path, upstream.stripPrefix) : target.path,
      query: target.query,
      authority: target.authority,
      requestId: id
    }
  }

  /** What the gateway adds to any response, which begins now. */
  function responseFields(exchange: Exchange): string[] {
    const { consumptions, isLast, corsFields, tunnel } = exchange
    const fields = [...rateLimitFields(consumptions), ...corsFields]
    if (tunnel !== null) fields.push('Connection', 'Upgrade', 'Upgrade', 'websocket')
    else if (isLast || (isClosing() && endConnectionAfter(exchange))) fields.push('Connection', 'close')
    return fields
  }

  return {
    arrive,
    judge: inOrder([admit, readPreflight, throttle('ip'), authenticate, authorize, throttle('user')]),
    forward,
    loginLocation,
    assertedFields,
    responseFields
  }
}
