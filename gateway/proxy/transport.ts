import { isIP, Socket } from 'node:net'
import { buildConnector } from 'undici'
import { DISTRUST } from './http1/distrust.js'

export interface TlsOptions {
  /** PEM; who may have signed the upstream's certificate. null: whom Node trusts. */
  readonly ca: string | null
  /** PEM; what the gateway shows an upstream that asks who it is. */
  readonly cert: string | null
  readonly key: { readonly reveal: () => string } | null
  /** The name that the certificate must carry, and the one that is asked for (RFC 6066 §3); null: the URL's host. */
  readonly serverName: string | null
  readonly verify: boolean
}

type Opened = (...result: [error: null, socket: Socket] | [error: Error, socket: null]) => void

/** How connections to one origin are made. */
export interface Transport {
  /**
   * Opens one; by TLS, whatever the request's Host says, to whom the settings name. `onRead`, where the connection can do
   * without streams, is handed what comes, in memory that is read into again after the call; else it comes as `data`.
   * What it answers gives up while it is not open yet.
   */
  readonly connect: (opened: Opened, onRead?: (bytes: Buffer) => void) => (reason: Error) => void
  /** Whether this error is what `connect` ended with: then nothing has been sent. */
  readonly failedToConnect: (error: Error) => boolean
}

const LONGEST_CONNECT_MS = 10_000
/** As much as Node reads at once. */
const READ_OCTETS = 64 * 1024

/** What goes wrong before TLS has begun, and here instead of there; any other failure to connect by TLS is of TLS. */
const BEFORE_TLS = new Set([
  ...['EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT'],
  ...['EADDRNOTAVAIL', 'EMFILE', 'ENFILE']
])

/** The upstream could not prove who it is, or did not believe who we are; the cause has the library's words for it. */
function tlsFailure(cause: Error): Error {
  return Object.assign(new Error('TLS with the upstream failed', { cause }), { code: DISTRUST })
}

export function createTransport(
  origin: string,
  { timeoutMs, tls }: { readonly timeoutMs: number; readonly tls: TlsOptions }
): Transport {
  const url = new URL(origin)
  const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const connectTimeoutMs = Math.min(timeoutMs, LONGEST_CONNECT_MS)
  const secure = url.protocol === 'https:'
  // RFC 6066 §3: an address is no server name; the certificate is then held against the address.
  const serverName = tls.serverName ?? (isIP(hostname) === 0 ? hostname : null)
  const parameters = {
    rejectUnauthorized: tls.verify,
    ...(serverName === null ? {} : { servername: serverName }),
    ...(tls.ca === null ? {} : { ca: tls.ca }),
    ...(tls.cert === null ? {} : { cert: tls.cert }),
    ...(tls.key === null ? {} : { key: tls.key.reveal() })
  }
  const streaming = buildConnector({ ...(secure ? parameters : {}), timeout: connectTimeoutMs })
  const scratch = Buffer.allocUnsafeSlow(secure ? 0 : READ_OCTETS)
  const { protocol, host, port } = url

  /** Reading into the same memory always spares a request the making and collecting of 64 KiB. */
  function reading(onRead: (bytes: Buffer) => void): buildConnector.connector {
    const onread = {
      buffer: scratch,
      callback(octets: number) {
        onRead(scratch.subarray(0, octets))
        return true
      }
    }
    return buildConnector({ timeout: connectTimeoutMs, onread } as buildConnector.BuildOptions)
  }

  const failures = new WeakSet<Error>()
  return {
    connect(opened, onRead) {
      const connector = onRead === undefined || secure ? streaming : reading(onRead)
      // It answers its socket, of which its types say nothing.
      const opening: unknown = connector({ hostname, protocol, host, port }, (...result) => {
        const [error] = result
        if (error === null) return opened(...result)
        const code = 'code' in error ? String(error.code) : ''
        const failure = secure && !BEFORE_TLS.has(code) ? tlsFailure(error) : error
        failures.add(failure)
        opened(failure, null)
      })
      return (reason) => {
        if (opening instanceof Socket) opening.destroy(reason)
      }
    },
    failedToConnect: (error) => failures.has(error)
  }
}
