import { resolve } from 'node:path'
import { type Finding, warningAt } from './findings.js'
import type { Draft, FileSettings } from './schema.js'

export interface ListenerSettings {
  readonly headerTimeoutMs: number
  readonly bodyTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly maxConnections: number
  /** null: three quarters of those that are let in. */
  readonly maxConnectionsPerAddress: number | null
  readonly maxHeaderOctets: number
  readonly maxRequests: number
  /** null: what the process may have says it. */
  readonly maxMemoryOctets: number | null
}

/** Files, absolute. */
export interface TlsSettings {
  readonly cert: string
  readonly key: string
}

export function readListener({ listener }: FileSettings): ListenerSettings {
  return {
    headerTimeoutMs: listener.header_timeout,
    bodyTimeoutMs: listener.body_timeout,
    idleTimeoutMs: listener.idle_timeout,
    maxConnections: listener.max_connections,
    maxConnectionsPerAddress: listener.max_connections_per_address ?? null,
    maxHeaderOctets: listener.max_header_size,
    maxRequests: listener.max_requests,
    maxMemoryOctets: listener.max_memory ?? null
  }
}

export function readTls({ tls }: FileSettings, directory: string): TlsSettings | null {
  return tls === undefined ? null : { cert: resolve(directory, tls.cert), key: resolve(directory, tls.key) }
}

/** A proxy in front may speak plain HTTP to browsers and TLS to us, but hardly anybody means it. */
export function coherentTls({ tls, public_url: publicUrl }: Draft): Finding[] {
  if (tls === undefined || publicUrl === undefined || !publicUrl.startsWith('http:')) return []
  return [warningAt(['public_url'], 'is plain http, while the gateway speaks TLS')]
}
