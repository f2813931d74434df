import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect, type PeerCertificate, type TLSSocket } from 'node:tls'
import type { Test } from 'tap'
import { makeCertificate } from '../helpers/certificates.js'
import { type GatewayProcess, makePlace, startProcess } from '../helpers/gateway-process.js'
import { site } from '../helpers/site.js'

export const TLS = 'tls: { cert: cert.pem, key: key.pem }'

/** A gateway of its own process that speaks TLS with the pair `first`, which lies in its folder as cert.pem and key.pem. */
export async function startTlsGateway(t: Test, upstream: string, settings = ''): Promise<GatewayProcess> {
  const place = await makePlace(t, site(upstream, `${TLS}\n${settings}`))
  const { cert, key } = makeCertificate(place.folder, 'first')
  copyFileSync(cert, join(place.folder, 'cert.pem'))
  copyFileSync(key, join(place.folder, 'key.pem'))
  return startProcess(t, place)
}

/** A connection that has shaken hands; whose certificate it was shown. */
export function shakeHands(t: Test, port: number): Promise<{ socket: TLSSocket; shown: PeerCertificate }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () =>
      resolve({ socket, shown: socket.getPeerCertificate() })
    )
    t.teardown(() => socket.destroy())
    socket.on('error', reject)
  })
}

/** The common name that whoever connects now is shown. */
export async function shownName(t: Test, port: number): Promise<string> {
  const { socket, shown } = await shakeHands(t, port)
  socket.destroy()
  return String(shown.subject.CN)
}
