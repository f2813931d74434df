import { constants } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer, Server as TlsServer } from 'node:https'
import type { SecureContextOptions } from 'node:tls'
import type { Certificate } from './certificate.js'
import { affordableConnections, readDescriptorLimit } from './descriptors.js'

export interface ListenerLimits {
  readonly headerTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly maxConnections: number
  readonly maxHeaderOctets: number
  readonly maxRequests: number
}

/** How often header sections that take too long are looked for: they end so much later at most. */
const LOOK_EVERY_MS = 1_000
/** Silence on a connection while our own endpoints answer; what is forwarded has the upstream's `idle_timeout`. */
const SILENCE_MS = 60_000

/** Forward secrecy and authenticated encryption alone (RFC 9325 §4.2); the first three are those of TLS 1.3. */
const CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305'
].join(':')

const secureContext = ({ cert, key }: Certificate): SecureContextOptions => ({
  cert,
  key,
  minVersion: 'TLSv1.2',
  ciphers: CIPHERS,
  // A client that renegotiates costs us far more than itself, and TLS 1.3 has no such thing.
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION
})

/** The server of the public port, not listening yet; without a certificate it speaks plain HTTP. */
export function createPublicServer<Request extends typeof IncomingMessage>(
  certificate: Certificate | null,
  limits: ListenerLimits,
  Request: Request
): Server<Request> {
  // A missing Host is refused by the steps, as a problem.
  const options: ServerOptions<Request> = {
    connectionsCheckingInterval: LOOK_EVERY_MS,
    requireHostHeader: false,
    IncomingMessage: Request
  }
  const server =
    certificate === null
      ? createServer(options)
      : createTlsServer({
          ...options,
          ...secureContext(certificate),
          ALPNProtocols: ['http/1.1'],
          handshakeTimeout: limits.headerTimeoutMs
        })
  server.requestTimeout = 0
  server.setTimeout(SILENCE_MS)
  adjustServer(server, limits)
  return server
}

/** Lets the limits count from now on, whichever it had: for connections and answers that begin later. */
export function adjustServer(server: Server, limits: ListenerLimits): void {
  server.headersTimeout = limits.headerTimeoutMs
  server.keepAliveTimeout = limits.idleTimeoutMs
  server.maxConnections = affordableConnections(limits, readDescriptorLimit())
  // Read for each connection as it opens, though Node's documentation names it for the making of a server alone.
  ;(server as Server & { maxHeaderSize: number }).maxHeaderSize = limits.maxHeaderOctets
}

/** Shows another certificate to whoever connects from now on. */
export function useCertificate(server: Server, certificate: Certificate): void {
  if (server instanceof TlsServer) server.setSecureContext(secureContext(certificate))
}
