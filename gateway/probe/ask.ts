import { createHash } from 'node:crypto'
import { type IncomingHttpHeaders, request as requestPlain } from 'node:http'
import { request as requestTls } from 'node:https'
import { isIP } from 'node:net'

/** What an upstream is asked: never anything that could change something (RFC 9110 §9.2.1). */
export interface Question {
  readonly method?: 'GET' | 'HEAD' | 'OPTIONS'
  /** Byte for byte. */
  readonly path: string
  readonly fields?: Readonly<Record<string, string>>
}

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Of status, location and body less what changes by itself. */
  readonly digest: string
}

/** An upstream's reply, or why there is none. */
export type Asked = Reply | { readonly unreachable: string }

export type Ask = (question: Question) => Promise<Asked>

/** How an https upstream is known, and what it is shown; PEM. */
export interface TlsOptions {
  /** null: whom Node trusts. */
  readonly ca: string | null
  readonly cert: string | null
  readonly key: { readonly reveal: () => string } | null
  /** null: the URL's host. */
  readonly serverName: string | null
  readonly verify: boolean
}

const TIMEOUT_MS = 10_000
/** What differs further on tells nothing. */
const MOST_BYTES = 256 * 1024

/** Times, ids and counters, which differ from answer to answer. */
const VOLATILE = /[0-9a-f]{8}-[0-9a-f-]{27}|[A-Za-z0-9_-]{24,}|\d+/gi

/** `echoed` is what was asked: where it stands in the body it says nothing. */
function digestOf(status: number, headers: IncomingHttpHeaders, body: string, echoed: readonly string[]): string {
  const text = echoed.filter((one) => one.length > 1).reduce((rest, one) => rest.replaceAll(one, ''), body)
  const still = text.replaceAll(VOLATILE, '#')
  return createHash('sha256')
    .update(`${status} ${headers.location ?? ''} ${still}`)
    .digest('base64url')
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'it ends the connection',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name cannot be looked up',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  ETIMEDOUT: 'it does not answer'
}

function tlsParameters(hostname: string, { ca, cert, key, serverName, verify }: TlsOptions) {
  return {
    rejectUnauthorized: verify,
    // Never the Host, as Node has it. RFC 6066 §3: an address is no server name.
    servername: serverName ?? (isIP(hostname) === 0 ? hostname : ''),
    ...(ca === null ? {} : { ca }),
    ...(cert === null ? {} : { cert }),
    ...(key === null ? {} : { key: key.reveal() })
  }
}

/** Makes what asks one upstream; each question on a connection of its own, so that none depends on another. */
export function createAsk(origin: string, host: string | null, tls: TlsOptions): Ask {
  const { protocol, hostname: bracketed, port } = new URL(origin)
  const hostname = bracketed.replaceAll(/[[\]]/g, '')
  const send = protocol === 'https:' ? requestTls : requestPlain
  const parameters = protocol === 'https:' ? tlsParameters(hostname, tls) : {}
  return ({ method = 'GET', path, fields = {} }) =>
    new Promise((resolve) => {
      const fail = (error: Error & { code?: string }) =>
        resolve({
          unreachable: REASONS[error.code ?? ''] ?? (error.code ?? error.message).toLowerCase().replaceAll('_', ' ')
        })
      const request = send({
        method,
        path,
        host: hostname,
        port: port === '' ? undefined : port,
        agent: false,
        ...parameters,
        headers: { ...(host === null ? {} : { host }), accept: '*/*', 'user-agent': 'portcullis-probe', ...fields },
        signal: AbortSignal.timeout(TIMEOUT_MS)
      })
      request.on('error', (error) =>
        fail(
          error.name === 'TimeoutError' || error.name === 'AbortError'
            ? Object.assign(error, { code: 'ETIMEDOUT' })
            : error
        )
      )
      request.on('response', (response) => {
        let body = ''
        response.setEncoding('latin1')
        const finish = () => {
          const { statusCode: status = 0, headers } = response
          resolve({ status, headers, body, digest: digestOf(status, headers, body, [path, decoded(path)]) })
        }
        response.on('data', (chunk: string) => {
          body += chunk
          // A stream has no end that could be waited for.
          if (body.length > MOST_BYTES) response.destroy()
        })
        response.on('error', finish)
        response.on('close', finish)
      })
      request.end()
    })
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
