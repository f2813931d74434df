import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyRequest } from 'fastify'
import type { Authentication, Decision } from './domain.js'
import type { Consumption } from './limits/index.js'
import { OWN } from './own-paths.js'
import type { Match, NoMatch } from './policy/index.js'
import type { ProblemCode } from './problems.js'
import {
  type Inquiry,
  lastOf,
  type Peer,
  parseRequestTarget,
  protocolOf,
  type RequestTarget,
  type TargetFault,
  type Tunnel
} from './proxy/index.js'
import type { Serving } from './serving.js'
import type { ShadowDifference } from './shadowing.js'

/** One request on its way through the steps: what each of them found out, for those after it and for the log. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly serving: Serving
  /** Not null: a proxy asks for the verdict on a request that it forwards itself. */
  readonly inquiry: Inquiry | null
  /** The method, target and client that are judged: those of the request, or those that the proxy tells. */
  readonly method: string
  readonly target: RequestTarget | TargetFault
  readonly peer: Peer
  readonly id: string
  readonly startedMs: number
  /** The endpoint of our own that answers, or null when the rules judge. */
  readonly endpoint: string | null
  /** Nothing more is read from the connection. */
  readonly isLast: boolean
  /** The how-manieth of its connection. */
  readonly turn: number
  /** What the router's way has to tell the client in place of an answer. */
  refusal: unknown
  /** What judging waits for. */
  judging: Promise<void> | null
  /** A page asks for leave to ask: answered as that, and judged no further. */
  preflight: boolean
  match: Match | NoMatch | null
  authentication: Authentication
  /** Whether a cookie showed who asks. */
  byCookie: boolean
  /** What any answer says to pages of other origins, flat. */
  corsFields: readonly string[]
  decision: Decision | null
  shadow: ShadowDifference | null
  readonly consumptions: Consumption[]
  /** When judging was over. */
  judgedMs: number | null
  upstreamMs: number | null
  /** The WebSocket that this request became. */
  tunnel: Tunnel | null
  code: ProblemCode | null
}

const carried = Symbol('portcullis.exchange')
type Carrier = IncomingMessage & { [carried]?: Exchange }

const ended = Symbol('portcullis.ended')
const asked = Symbol('portcullis.asked')
type Connection = Socket & { [ended]?: true; [asked]?: number }

/** The exchange of a request: tied to it before routing, so it is always there. */
export const exchangeOf = ({ raw }: FastifyRequest): Exchange => exchangeBehind(raw)

export function exchangeBehind(request: IncomingMessage): Exchange {
  const exchange = (request as Carrier)[carried]
  if (exchange === undefined) throw new Error('a request came past its exchange')
  return exchange
}

/** The gateway's origin as a request names it, for what has no `public_url`. */
export function originOf({ target, peer, request }: Exchange): string {
  return 'fault' in target ? '' : `${protocolOf(request, peer)}://${target.authority}`
}

const ANONYMOUS: Authentication = { kind: 'anonymous' }
const REQUEST_ID = /^[A-Za-z0-9._-]{8,128}$/

/** The query of a target as it came, with its question mark, or nothing. */
export function queryOf(target: Exchange['target']): string {
  return 'fault' in target ? '' : target.query
}

/** Makes ids that are unique over restarts and gateways by their first half, over requests by their second. */
export function createIds(): () => string {
  const ours = randomBytes(8).toString('hex')
  let sequence = 0
  return () => {
    sequence += 1
    return `${ours}-${sequence.toString(36)}`
  }
}

/** Where the router finds the answer to inquiries, out of reach as well. */
export const ASKED = '/asked'

/** What the router sees of a request. */
export function routeOf({ inquiry, endpoint }: Exchange): string {
  return inquiry === null ? (endpoint ?? '/') : ASKED
}

/** The path of an endpoint under the prefix of our own, as `/login`; null for anything else. */
export function authEndpointOf(request: FastifyRequest): string | null {
  const { endpoint } = exchangeOf(request)
  return endpoint?.startsWith(`${OWN}/auth/`) ? endpoint.slice(`${OWN}/auth`.length) : null
}

const AFTER_THE_LAST: TargetFault = {
  fault: 'invalid_request',
  detail: 'The request before this one was the last that could be read from the connection.'
}

/**
 * Whether what follows on the connection may be a part of this request rather than another one: when its framing or
 * host is faulty (RFC 9112 §11.2), and when it asks for an upgrade, after which Node's parser reads no further.
 */
const isLastOfConnection = ({ headers }: IncomingMessage, target: RequestTarget | TargetFault): boolean =>
  headers.upgrade !== undefined || ('fault' in target && target.fault === 'invalid_request')

/**
 * Makes an exchange the last of its connection, unless more was asked for there already, or may have been while nothing
 * is read for want of a client that takes its answers: that is answered too. Whoever is told so may send again what came
 * later (RFC 9112 §9.6), which therefore is not even looked at.
 */
export function endConnectionAfter({ request, turn }: Exchange): boolean {
  const connection = request.socket as Connection
  if (connection[asked] !== turn || (request.complete && connection.isPaused())) return false
  connection[ended] = true
  return true
}

/** Before routing: what is asked, by whom, and whether an endpoint of our own answers. Ties the exchange to the request. */
export function beginExchange(
  request: IncomingMessage,
  response: ServerResponse,
  serving: Serving,
  nextId: () => string
): Exchange {
  const { headers } = request
  const forwardedFor = headers['x-forwarded-for'] as string | undefined
  const peer = serving.clientAddress(request.socket.remoteAddress, forwardedFor, headers.forwarded)
  const forwardedHost = peer.trusted ? lastOf(headers['x-forwarded-host']) : null
  const connection = request.socket as Connection
  const inquiry = connection[ended] ? null : serving.readInquiry(request)
  const target = connection[ended] ? AFTER_THE_LAST : (inquiry?.target ?? parseRequestTarget(request, forwardedHost))
  const isLast = isLastOfConnection(request, target)
  if (isLast) connection[ended] = true
  const turn = (connection[asked] ?? 0) + 1
  connection[asked] = turn
  const offeredId = peer.trusted ? headers['x-request-id'] : undefined
  const exchange: Exchange = {
    request,
    response,
    serving,
    inquiry,
    method: inquiry?.method ?? request.method ?? '',
    target,
    peer: inquiry === null ? peer : { address: inquiry.address ?? peer.address, trusted: peer.trusted },
    id: typeof offeredId === 'string' && REQUEST_ID.test(offeredId) ? offeredId : nextId(),
    startedMs: performance.now(),
    endpoint: inquiry !== null || 'fault' in target ? null : serving.ownRouteOf(target),
    isLast,
    turn,
    refusal: undefined,
    judging: null,
    preflight: false,
    match: null,
    authentication: ANONYMOUS,
    byCookie: false,
    corsFields: serving.browsers.cors.fieldsFor(headers.origin),
    decision: null,
    shadow: null,
    consumptions: [],
    judgedMs: null,
    upstreamMs: null,
    tunnel: null,
    code: null
  }
  ;(request as Carrier)[carried] = exchange
  return exchange
}
