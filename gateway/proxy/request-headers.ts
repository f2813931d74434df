/**
 * A field name as the least careful upstream reads it: CGI, WSGI, PHP and Apache turn every byte that is no letter
 * or digit into one and the same, and case never counts.
 */
export function foldName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-')
}

/** RFC 9110 §7.6.1 and what is addressed to us alone: `Expect` is answered here, trailers are not passed on. */
const HOP_BY_HOP = [
  'connection',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade'
]

/** What the gateway says itself about the request, in any spelling a client may try. */
const SET_BY_GATEWAY = [
  'forwarded',
  'front-end-https',
  'traceparent',
  'tracestate',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-https',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-proto',
  'x-forwarded-protocol',
  'x-forwarded-scheme',
  'x-forwarded-server',
  'x-forwarded-ssl',
  'x-real-ip',
  'x-request-id',
  'x-scheme',
  'x-url-scheme'
]

/**
 * By these frameworks are told another method or path than the one that was judged; `proxy` becomes HTTP_PROXY. Of a
 * path, gunicorn takes off the front what `SCRIPT_NAME` says (benoitc/gunicorn#2650), as mod_wsgi, Plack and many an
 * application do by the names with `script-name` and `traversal-path`.
 */
export const REROUTING = [
  'path-info',
  'proxy',
  'script-name',
  'x-forwarded-method',
  'x-forwarded-path',
  'x-forwarded-script-name',
  'x-forwarded-uri',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-host',
  'x-original-method',
  'x-original-uri',
  'x-original-url',
  'x-rewrite-url',
  'x-script-name',
  'x-traversal-path'
]

/**
 * Names by which this gateway, by default, and others assert identity without a signature; an upstream that knows one of
 * them must not hear it from a client.
 */
export const WELL_KNOWN_IDENTITY = [
  'remote-user',
  'remote-name',
  'remote-email',
  'remote-groups',
  'x-auth-request-user',
  'x-auth-request-email',
  'x-auth-request-groups',
  'x-auth-request-preferred-username',
  'x-auth-request-access-token',
  'x-authenticated-user',
  'x-authenticated-userid',
  'x-authentik-email',
  'x-authentik-entitlements',
  'x-authentik-groups',
  'x-authentik-name',
  'x-authentik-uid',
  'x-authentik-username',
  'x-consumer-custom-id',
  'x-consumer-id',
  'x-consumer-username',
  'x-forwarded-access-token',
  'x-forwarded-client-cert',
  'x-forwarded-email',
  'x-forwarded-groups',
  'x-forwarded-preferred-username',
  'x-forwarded-user',
  'x-jwt-payload',
  'x-portcullis-assertion',
  'x-remote-user',
  'x-user-id',
  'x-user-name',
  'x-user-roles',
  'x-webauth-email',
  'x-webauth-groups',
  'x-webauth-name',
  'x-webauth-user'
]

/** Fields that frame or address the message: only their exact names are read, any other spelling goes. */
export const EXACT_ONLY = ['authorization', 'content-length', 'content-type', 'cookie', 'host']

/** Field names a client may use without bound; the memory of their fates may not. */
const REMEMBERED_NAMES = 4096

type Fate = 'pass' | 'drop' | 'host' | 'authorization' | 'cookie'

export interface RequestHeadersOptions {
  /** Another field that a token comes in, in lower case: what Authorization is, it is too. */
  readonly credential?: string | null
  /** Identity names that no client may send: configured, preset and stripped ones. */
  readonly reserved: readonly string[]
  /** A Cookie field less what is addressed to the gateway; null: nothing is left of it. */
  readonly passCookies: (field: string) => string | null
}

export interface OwnFields {
  readonly host: string
  readonly forwardAuthorization: boolean
  /** Fields said by the gateway, name after value: they are added last, so nothing the client sends removes them. */
  readonly added: readonly string[]
}

/**
 * Makes the function from a client's raw header list to the upstream's, both flat (name, value, name, value …).
 * Names are compared folded, wherever they stand, `Connection` included.
 */
export function createRequestHeaders({ reserved, passCookies, credential = null }: RequestHeadersOptions) {
  const dropped = new Set(
    [...HOP_BY_HOP, ...SET_BY_GATEWAY, ...REROUTING, ...WELL_KNOWN_IDENTITY, ...reserved].map(foldName)
  )
  const exactOnly = new Set(credential === null ? EXACT_ONLY : [...EXACT_ONLY, foldName(credential)])
  const fates = new Map<string, Fate>()

  function decideFate(name: string): Fate {
    const lower = name.toLowerCase()
    if (lower === 'host') return 'host'
    if (lower === credential) return 'authorization'
    if (lower === 'authorization' || lower === 'cookie') return lower
    const folded = foldName(name)
    if (dropped.has(folded) || (exactOnly.has(folded) && folded !== lower)) return 'drop'
    return 'pass'
  }

  function fateOf(name: string): Fate {
    let fate = fates.get(name)
    if (fate === undefined) {
      fate = decideFate(name)
      if (fates.size < REMEMBERED_NAMES) fates.set(name, fate)
    }
    return fate
  }

  return function requestHeaders(
    rawHeaders: readonly string[],
    connection: string | undefined,
    own: OwnFields
  ): string[] {
    const listed = connection === undefined ? null : listedNames(connection)
    const headers = ['host', own.host]
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = rawHeaders[i] ?? ''
      const fate = fateOf(name)
      if (fate === 'drop' || fate === 'host') continue
      if (fate === 'authorization' && !own.forwardAuthorization) continue
      if (listed?.has(name.toLowerCase())) continue
      const value = fate === 'cookie' ? passCookies(rawHeaders[i + 1] ?? '') : rawHeaders[i + 1]
      if (value !== null) headers.push(name, value ?? '')
    }
    headers.push(...own.added)
    return headers
  }
}

/** Names that a Connection field declares hop-by-hop (RFC 9110 §7.6.1); null for the usual `keep-alive` or `close`. */
export function listedNames(connection: string): Set<string> | null {
  if (connection === 'keep-alive' || connection === 'close') return null
  return new Set(connection.split(',').map((name) => name.trim().toLowerCase()))
}
