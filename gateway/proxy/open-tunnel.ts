import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { Problem } from '../problems.js'
import { type ResponseFields, responseHeaders } from './response-headers.js'
import { createTunnel, type Tunnel } from './tunnel.js'
import { UpgradableRequest } from './upgradable-request.js'
import { answerFault } from './websocket-handshake.js'

/** What whoever asked for a WebSocket makes of the tunnel. */
export interface Upgrading {
  readonly idleTimeoutMs: number
  /** The upstream agrees: throws a Problem when meanwhile the client may not have it. */
  readonly admit: () => void
  /** Before the client is told; the response fields are asked for after this. */
  readonly onOpen: (tunnel: Tunnel) => void
}

/** The upstream's 101, and the connection that is free of HTTP since. */
export interface UpgradeAnswer {
  /** Flat (name, value, name, value …). */
  readonly fields: readonly string[]
  readonly socket: Socket
  readonly upstreamMs: number
}

export interface TunnelForwarding extends ResponseFields {
  readonly onStart: (upstreamMs: number) => void
  readonly upgrading: Upgrading | null
}

/**
 * Joins the client's connection to the upstream's, when the 101 is the one that was asked for; rejects with a Problem,
 * and ends the upstream's, when it is not. Runs at once: whatever either side does next finds its listeners there.
 */
export async function openTunnel(
  request: IncomingMessage,
  response: ServerResponse,
  to: TunnelForwarding,
  { fields, socket: upstream, upstreamMs }: UpgradeAnswer
): Promise<{ readonly complete: true }> {
  // Nobody else listens any more; what it means is told by `close`.
  upstream.on('error', () => {})
  try {
    const fault = answerFault(request.headers, fields)
    const cause = fault === null ? undefined : new Error(`the upstream's 101 is not valid: ${fault}`)
    if (cause !== undefined || to.upgrading === null || !(request instanceof UpgradableRequest)) {
      throw new Problem('upstream_error', { detail: 'The upstream did not agree to the WebSocket properly.', cause })
    }
    to.upgrading.admit()
    const tunnel = createTunnel({ client: request.socket, upstream, idleTimeoutMs: to.upgrading.idleTimeoutMs })
    to.upgrading.onOpen(tunnel)
    response.writeHead(101, STATUS_CODES[101], responseHeaders(fields, 101, request, to))
    response.flushHeaders()
    to.onStart(upstreamMs)
    tunnel.start(request.takeEarly())
  } catch (error) {
    upstream.destroy()
    throw error
  }
  return { complete: true }
}
