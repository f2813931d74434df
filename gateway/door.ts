/** The public door of one gateway: its server, what may come in at once, and who is told when it is too much. */

import { networkOf } from './limits/index.js'
import {
  adjustServer,
  type Certificate,
  createLoad,
  createPublicServer,
  createRareNotice,
  type DropCause,
  guardConnections,
  type Overload,
  useCertificate
} from './listener/index.js'
import { OWN } from './own-paths.js'
import { Problem } from './problems.js'
import { UpgradableRequest } from './proxy/index.js'
import type { Resources, Serving } from './serving.js'

export interface DoorOptions {
  readonly serving: () => Serving
  /** null: plain HTTP. */
  readonly certificate: Certificate | null
  readonly requestsInFlight: () => number
}

/** What tells whether the process lives must be answered when it has too much to do, too. */
const ALWAYS_ANSWERED = `${OWN}/health/`

/** Of all connections, so that one client leaves some to the others. */
const MOST_OF_ONE = 0.75

const DETAILS: Readonly<Record<Overload, string>> = {
  requests: 'Too many requests are being answered.',
  memory: 'There is too little memory for more requests.'
}

export type Door = ReturnType<typeof createDoor>

/** Makes the server and what watches over it; nothing listens yet. */
export function createDoor(
  { metrics, audit }: Pick<Resources, 'metrics' | 'audit'>,
  { serving, certificate, requestsInFlight }: DoorOptions
) {
  const limits = () => serving().settings.listener
  const timesOf = createRareNotice()
  function notice(because: DropCause | Overload): void {
    const times = timesOf(because)
    if (times !== null) audit('overloaded', { because, times })
  }
  const server = createPublicServer(certificate, limits(), UpgradableRequest)
  const connections = guardConnections(server, {
    ownerOf(remoteAddress) {
      const { address, trusted } = serving().clientAddress(remoteAddress, undefined, undefined)
      return trusted ? null : networkOf(address)
    },
    mostPerOwner: () => limits().maxConnectionsPerAddress ?? Math.ceil(server.maxConnections * MOST_OF_ONE),
    onDrop(because) {
      metrics.countDroppedConnection(because)
      notice(because)
    },
    onHandshakeFailure: metrics.countHandshakeFailure
  })
  const load = createLoad({
    maxRequests: () => limits().maxRequests,
    maxMemory: () => limits().maxMemoryOctets
  })
  metrics.exposeListener({ connections: connections.count, requests: requestsInFlight })
  if (certificate !== null) metrics.noteCertificate(certificate.notAfter)
  let rejectedCertificate: string | null = null

  return {
    server,
    /** Before anything is done for a request: why not, when there is too much to do. `endpoint`: of our own, if any. */
    refusalOf(endpoint: string | null): Problem | undefined {
      const overload = load.overload(requestsInFlight())
      if (overload === null || endpoint === ALWAYS_ANSWERED) return undefined
      metrics.countShedRequest(overload)
      notice(overload)
      return new Problem('overloaded', { detail: DETAILS[overload] })
    },
    /** The limits of what serves from now on. */
    adjust: () => adjustServer(server, limits()),
    replaceCertificate(next: Certificate) {
      useCertificate(server, next)
      rejectedCertificate = null
      metrics.noteCertificate(next.notAfter)
      metrics.countCertificateReload(true)
    },
    rejectCertificate(reason: string) {
      rejectedCertificate = reason
      metrics.countCertificateReload(false)
    },
    readinessDetails: () => (rejectedCertificate === null ? {} : { rejected_certificate: rejectedCertificate }),
    endFreshConnections: connections.endFresh,
    endConnections: connections.endAll,
    close: load.close
  }
}
