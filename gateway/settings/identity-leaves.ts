/** Names of header fields and claims as the file spells them. */
import { quote } from './findings.js'
import { type Leaf, type Refusal, refuse, text, textLeaf } from './leaves.js'

/** What frames a message or belongs to one connection (RFC 9110 §7.6.1), in folded form. */
const framing = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade'
])

/** What the gateway sets or judges itself, in folded form. */
const governed = new Set(['authorization', 'cookie', 'forwarded', 'traceparent', 'x-request-id'])

/** The form under which CGI, WSGI and their kin take two names for one. */
export function foldHeaderName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-')
}

/** A field that may be stripped from requests. */
export function strippableHeader(): Leaf<string> {
  return headerName(framing)
}

/** A field that may tell the upstream who asks. */
export function identityHeader(): Leaf<string> {
  return headerName(new Set([...framing, ...governed]), 'x-forwarded-')
}

function headerName(refused: ReadonlySet<string>, refusedPrefix: string | null = null): Leaf<string> {
  // RFC 9110 §5.6.2: token.
  return textLeaf('a header name such as X-User-Id', /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, (written): string | Refusal => {
    const folded = foldHeaderName(written)
    const taken = refused.has(folded) || (refusedPrefix !== null && folded.startsWith(refusedPrefix))
    return taken ? refuse(`${quote(written)} belongs to HTTP or to the gateway`, 'choose another name') : written
  })
}

export function claimName(): Leaf<string> {
  return text('the name of a claim', /^[^\s{}"\\]{1,128}$/)
}

/** `user.<attribute>` → the attribute, or `username`. */
export function userAttribute(): Leaf<string> {
  return textLeaf('user.<attribute> or user.username', /^user\.[A-Za-z0-9_][A-Za-z0-9_.-]*$/, (written) => {
    return written.startsWith('user.') ? written.slice('user.'.length) : refuse(null, `write user.${written}`)
  })
}

/** Claims that say what the token is; no configured claim may stand in for one (RFC 7519 §4.1, RFC 9068 §2.2). */
export const reservedClaims: ReadonlySet<string> = new Set([
  'iss',
  'sub',
  'aud',
  'exp',
  'iat',
  'nbf',
  'jti',
  'sid',
  'client_id',
  'username',
  'roles',
  'scope',
  'generation',
  'gen',
  'typ',
  'act',
  'cnf'
])

/** What an upstream can be told of anybody: of these claims, those that every token of this gateway carries, and more. */
export const standardClaims: readonly string[] = [
  '*',
  'user',
  'scopes',
  'issuer',
  'session',
  'sub',
  'username',
  'roles',
  'scope',
  'client_id',
  'sid',
  'iss',
  'aud',
  'jti',
  'exp',
  'iat',
  'nbf'
]
