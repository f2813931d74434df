import { isIP } from 'node:net'
import { buildConnector } from 'undici'
import { tolerantConnector } from './upstream-connection.js'

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

/** How connections to one origin are made. */
export interface Transport {
  /** A name or an address, IPv6 without brackets. */
  readonly hostname: string
  /** By TLS. */
  readonly secure: boolean
  readonly connect: buildConnector.connector
  /** Whether this error is what `connect` ended with: then nothing has been sent. */
  readonly failedToConnect: (error: Error) => boolean
}

const LONGEST_CONNECT_MS = 10_000

/** What goes wrong before TLS has begun, and here instead of there; any other failure to connect by TLS is of TLS. */
const BEFORE_TLS = new Set([
  ...['EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT'],
  ...['EADDRNOTAVAIL', 'EMFILE', 'ENFILE']
])

/** The upstream could not prove who it is, or did not believe who we are; the cause has the library's words for it. */
function tlsFailure(cause: Error): Error {
  return Object.assign(new Error('TLS with the upstream failed', { cause }), { code: 'UPSTREAM_TLS' })
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
  const connector = tolerantConnector(buildConnector({ ...(secure ? parameters : {}), timeout: connectTimeoutMs }))
  const failures = new WeakSet<Error>()
  return {
    hostname,
    secure,
    connect(asked, callback) {
      // The client of the library takes the server name from a request's Host, which may be whatever the gateway's own
      // client says: who the upstream has to be is the settings' to say, whatever is asked.
      const { servername: _fromHost, ...target } = asked
      connector(target, (...result) => {
        const [error] = result
        if (error === null) return callback(...result)
        const code = 'code' in error ? String(error.code) : ''
        const failure = secure && !BEFORE_TLS.has(code) ? tlsFailure(error) : error
        failures.add(failure)
        callback(failure, null)
      })
    },
    failedToConnect: (error) => failures.has(error)
  }
}
