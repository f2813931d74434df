import { Counter, Gauge, type Registry } from 'prom-client'

/** What is so now. */
export interface ListenerFigures {
  readonly connections: () => number
  readonly requests: () => number
}

/** The metrics of the public door; label values are the names of limits. */
export function createListenerMetrics(registry: Registry) {
  const registers = [registry]
  let figures: ListenerFigures = { connections: () => 0, requests: () => 0 }
  new Gauge({
    name: 'portcullis_connections',
    help: 'Open connections of clients.',
    registers,
    collect() {
      this.set(figures.connections())
    }
  })
  new Gauge({
    name: 'portcullis_requests_in_flight',
    help: 'Requests whose answer is not over.',
    registers,
    collect() {
      this.set(figures.requests())
    }
  })
  const dropped = new Counter({
    name: 'portcullis_connections_dropped_total',
    help: 'Connections that were closed as soon as they came, by what there was too much or too little of.',
    labelNames: ['because'] as const,
    registers
  })
  const shed = new Counter({
    name: 'portcullis_requests_shed_total',
    help: 'Requests that were refused unseen, by what there was too much of.',
    labelNames: ['because'] as const,
    registers
  })
  const handshakes = new Counter({
    name: 'portcullis_tls_handshake_failures_total',
    help: 'TLS handshakes that failed or took too long.',
    registers
  })
  const reloads = new Counter({
    name: 'portcullis_tls_certificate_reloads_total',
    help: 'Readings of a changed certificate, by result.',
    labelNames: ['result'] as const,
    registers
  })
  const reloadState = new Gauge({
    name: 'portcullis_tls_certificate_reload_successful',
    help: '1 when the files as they stand are what clients are shown, 0 when their last reading was refused.',
    registers
  })
  // Without TLS there is none to speak of.
  reloadState.remove()
  const expiry = new Gauge({
    name: 'portcullis_tls_certificate_expiry_timestamp_seconds',
    help: 'When the certificate that clients are shown expires.',
    registers
  })
  expiry.remove()
  return {
    exposeListener(exposed: ListenerFigures) {
      figures = exposed
    },
    countDroppedConnection: (because: string) => dropped.inc({ because }),
    countShedRequest: (because: string) => shed.inc({ because }),
    countHandshakeFailure: () => handshakes.inc(),
    /** The certificate that serves, by when it expires (milliseconds). */
    noteCertificate(expiresMs: number) {
      reloadState.set(1)
      expiry.set(Math.floor(expiresMs / 1000))
    },
    countCertificateReload(succeeded: boolean) {
      reloads.inc({ result: succeeded ? 'success' : 'failure' })
      reloadState.set(succeeded ? 1 : 0)
    }
  }
}

export type ListenerMetrics = ReturnType<typeof createListenerMetrics>
