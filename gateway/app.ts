/**
 * The whole system on one page: which rooms there are, what each is handed, and the way of a request through them.
 * Rooms never import each other; this file and its neighbours (door, arrivals, serving, own-paths, exchange, steps,
 * account, own-endpoints, inquiry-endpoint, receive-body, upgrades, tunnels, judgement, shadowing, operator, evidence)
 * tie them together.
 */
import { type IncomingMessage, METHODS, type ServerResponse } from 'node:http'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import httpProxy from '@fastify/http-proxy'
import fastify, { type FastifyInstance, type onRequestHookHandler } from 'fastify'
import { createAccount } from './account.js'
import { exposeSigningKey, exposeUpstreams, type OperatorEvidence, type Readiness } from './admin/index.js'
import { createArrivals } from './arrivals.js'
import { signInByCookies } from './browsers/index.js'
import { createRawRefusals } from './client-error.js'
import { createDecisionMemory } from './decision-memory.js'
import { createDoor, type Door } from './door.js'
import { createEvidence } from './evidence.js'
import { ASKED, authEndpointOf, createIds, exchangeBehind, exchangeOf, originOf, routeOf } from './exchange.js'
import { createInFlight } from './in-flight.js'
import { inquiryEndpoint } from './inquiry-endpoint.js'
import { createLimits, createLoginGuard } from './limits/index.js'
import type { Certificate } from './listener/index.js'
import { createOperator, type Operator } from './operator.js'
import { ownEndpoints } from './own-endpoints.js'
import { OWN } from './own-paths.js'
import { Problem, problems, sendProblem } from './problems.js'
import { receiveBodies } from './receive-body.js'
import { createRefusals } from './refusals.js'
import { createServing, type Resources } from './serving.js'
import type { Settings } from './settings/index.js'
import { createShadowing } from './shadowing.js'
import { createSteps } from './steps.js'
import { createTunnels } from './tunnels.js'
import { serveUpgrades } from './upgrades.js'

export interface Gateway extends Operator, Pick<Door, 'replaceCertificate' | 'rejectCertificate'> {
  readonly app: FastifyInstance
  /** What explanations need to know of what goes on here. */
  readonly operatorEvidence: OperatorEvidence
  /** Swaps the settings in, whole, between two requests; `listen`, `store` and their like keep their first value. */
  readonly reload: (settings: Settings) => void
  /** Judges by the rules of these settings as well, without effect; null: by no others. */
  readonly setShadow: (settings: Settings | null) => void
  /** Says in the details of readiness that the file as it stands is not the one that serves, and why. */
  readonly noteRejected: (reasons: readonly string[]) => void
  readonly readReadiness: () => Promise<Readiness>
  /** Lets requests in flight finish, for as long as `drainMs`, then ends what is left. */
  readonly close: (drainMs: number) => Promise<void>
}

/** Every method that Node's parser knows; CONNECT asks for a tunnel, which is another kind of proxy. */
const FORWARDED_METHODS = METHODS.filter((method) => method !== 'CONNECT')
/** Of these Fastify looks at the body before the handler runs; the others' bodies stay on the wire until forwarded. */
const PARSED = new Set(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** How often connections that have become idle are ended while draining. */
const SWEEP_MS = 100
/** A directory may say any number of things that cannot be had here; a line of the audit stream stays one. */
const MOST_DROPPED = 20
/** For a refusal to reach its client when the time to drain is over. */
const LAST_WORDS_MS = 250

/** `certificate`: what the public port shows; without one it speaks plain HTTP. */
export async function buildGateway(
  initial: Settings,
  resources: Resources,
  certificate: Certificate | null = null
): Promise<Gateway> {
  let serving = createServing(initial, resources, null)
  let closing = false
  let rejected: readonly string[] = []
  const nextId = createIds()
  const inFlight = createInFlight()

  const door = createDoor(resources, {
    serving: () => serving,
    certificate,
    requestsInFlight: inFlight.size
  })
  const rawRefusals = createRawRefusals(nextId, (code, requestId) => {
    resources.metrics.countRefusal(code)
    resources.access?.({ request_id: requestId, verdict: 'deny', code, status: problems[code].status })
  })

  let router: (request: IncomingMessage, response: ServerResponse) => void = () => {}
  const app: FastifyInstance = fastify({
    logger: false,
    // The router must not read the path a second time: it sees one fixed path for everything that rules judge,
    // and `/own/…` for our endpoints, which no client can ask for.
    rewriteUrl(request) {
      return routeOf(exchangeBehind(request as IncomingMessage))
    },
    routerOptions: { querystringParser: () => ({}), maxParamLength: 65_536 },
    genReqId: () => '',
    bodyLimit: 64 * 1024,
    serverFactory(route) {
      router = route
      return door.server
    },
    clientErrorHandler: rawRefusals.refuseBytes
  })
  app.server.on('connect', rawRefusals.refuseTunnel)
  for (const method of FORWARDED_METHODS)
    app.addHttpMethod(method, { hasBody: PARSED.has(method), overrideExisting: true })
  const limits = await createLimits(app)
  const shadowing = createShadowing(resources)
  const tunnels = createTunnels({ resources, serving: () => serving, isClosing: () => closing })
  const steps = createSteps({
    limits,
    audit: resources.audit,
    nextId,
    shadow: shadowing.judge,
    tunnels,
    isClosing: () => closing
  })
  const memory = createDecisionMemory()
  const account = createAccount(resources, memory)
  const { metrics, keyring, assertionKeyring } = resources
  exposeSigningKey(metrics.registry, 'tokens', keyring.signingSince)
  if (assertionKeyring !== null) exposeSigningKey(metrics.registry, 'assertions', assertionKeyring.signingSince)
  exposeUpstreams(metrics.registry, () => serving.upstreams.figures())
  const loginGuard = createLoginGuard(() => serving.settings.users.login)

  // What a directory says of its users reaches their tokens at once.
  resources.users.listen({
    onChange(user) {
      serving.sessions.noteChangedUser(user)
      const { id: subject, username, roles, disabled } = user
      resources.audit('user_followed', { subject, username, roles, disabled })
    },
    onDropped: (username, dropped) =>
      resources.audit('user_curtailed', { username, dropped: dropped.slice(0, MOST_DROPPED) })
  })

  // --- How refusals leave, and how every request is accounted for. ---

  const arrive = createArrivals({
    serving: () => serving,
    nextId,
    door,
    steps,
    inFlight,
    account,
    route: (...to) => router(...to)
  })
  door.server.on('request', arrive)
  // RFC 9110 §10.1.1: a body is asked for when it is wanted, not before the request is judged.
  door.server.on('checkContinue', arrive)
  // Any other expectation may be ignored, and means nothing to what judges.
  door.server.on('checkExpectation', arrive)
  serveUpgrades(door.server, arrive)

  app.addHook('onRequest', (request, _reply, done) => done(exchangeOf(request).refusal as Error | undefined))
  // Whatever the gateway answers itself; what is forwarded has them already.
  app.addHook('onSend', async (request, reply) => {
    const fields = steps.responseFields(exchangeOf(request))
    for (let i = 0; i + 1 < fields.length; i += 2) reply.header(fields[i] ?? '', fields[i + 1])
  })
  const refuseBy = createRefusals(resources, steps)
  app.setErrorHandler(refuseBy(sendProblem))
  app.setNotFoundHandler(async () => {
    throw new Problem('not_found')
  })

  const answerPreflight: onRequestHookHandler = (request, reply, done) => {
    if (exchangeOf(request).preflight) reply.code(204).send()
    else done()
  }

  // --- The scopes: our own endpoints, and everything else. ---

  await app.register(
    async (own) => {
      own.addHook('onRequest', steps.arrive)
      own.addHook('onRequest', answerPreflight)
      signInByCookies(own, {
        browsers: (request) => exchangeOf(request).serving.browsers,
        endpointOf: authEndpointOf,
        originOf: (request) => originOf(exchangeOf(request))
      })
      receiveBodies(own)
      await own.register(ownEndpoints, { resources, serving: () => serving, loginGuard, readReadiness, refuseBy })
    },
    { prefix: OWN }
  )

  await app.register(inquiryEndpoint, { prefix: ASKED, steps })

  await app.register(async (proxied) => {
    proxied.addHook('onRequest', async (request) => exchangeOf(request).judging)
    proxied.addHook('onRequest', answerPreflight)
    // Bodies are streamed as they come, whatever they call themselves.
    proxied.removeAllContentTypeParsers()
    proxied.addHook('onRequest', (request, _reply, done) => {
      request.raw.headers['content-type'] = undefined
      done()
    })
    await proxied.register(httpProxy, {
      prefix: '/',
      upstream: '',
      httpMethods: FORWARDED_METHODS,
      replyOptions: { getUpstream: () => 'http://upstream.invalid' },
      handler: (request, reply) => steps.forward(exchangeOf(request), () => reply.hijack())
    })
  })

  async function readReadiness(): Promise<Readiness> {
    const store = await resources.store.ping().then(
      () => 'ok',
      () => 'unavailable'
    )
    const withoutKeys = serving.issuers.withoutKeys()
    const unusable = serving.upstreams.unusable()
    return {
      ready: store === 'ok' && !closing,
      details: {
        revision: serving.settings.revision,
        store,
        ...(rejected.length === 0 ? {} : { rejected_settings: rejected }),
        ...door.readinessDetails(),
        ...(resources.users.isDirectoryAway() ? { users: 'unavailable' } : {}),
        ...(withoutKeys.length === 0 ? {} : { issuers_without_keys: withoutKeys }),
        ...(unusable.length === 0 ? {} : { unusable_endpoints: unusable }),
        ...(closing ? { closing } : {})
      }
    }
  }

  return {
    app,
    reload(settings) {
      serving = createServing(settings, resources, serving)
      resources.users.adopt(settings.users)
      door.adjust()
      rejected = []
    },
    setShadow: shadowing.replace,
    noteRejected(reasons) {
      rejected = reasons
    },
    replaceCertificate: door.replaceCertificate,
    rejectCertificate: door.rejectCertificate,
    readReadiness,
    ...createOperator({
      ...resources,
      openTokens: async () => {
        const { accessTokens, simpleJwt, settings } = serving
        return { ...settings.tokens, keyring: resources.keyring, accessTokens, simpleJwt }
      },
      sessions: () => serving.sessions,
      forgetGuesses: loginGuard.forget,
      issuing: () => serving.settings.tokens,
      sizes: () => serving.sizes,
      authenticate: async (token) => serving.authenticate(`Bearer ${token}`)
    }),
    operatorEvidence: createEvidence({ memory, limits, settings: () => serving.settings }),
    async close(drainMs) {
      closing = true
      // The steps say of which answers they are the last of their connection, where Fastify, were it closed first, would
      // say so of each, with others asked for behind it. Other connections end as soon as they are idle, which the
      // server, once closed, no longer looks after by itself.
      const closed = new Promise((resolve) => app.server.close(resolve))
      door.endFreshConnections()
      const sweep = setInterval(() => {
        app.server.closeIdleConnections()
        // A handshake may have been on its way.
        door.endFreshConnections()
      }, SWEEP_MS)
      const timer = setTimeout(async () => {
        // Whoever still waits for an upstream is told so; who is being answered, or does not listen, is cut off.
        await serving.upstreams.close()
        await sleep(LAST_WORDS_MS)
        tunnels.endAll('shutting_down')
        door.endConnections()
      }, drainMs)
      await closed
      clearInterval(sweep)
      clearTimeout(timer)
      await app.close()
      door.close()
      // The last connections have just closed; their requests are accounted for when that is known here.
      for (let turns = 0; inFlight.size() > 0 && turns < 10; turns += 1) await setImmediate()
      serving.issuers.close()
      await serving.upstreams.close()
    }
  }
}
