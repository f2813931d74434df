import type { IncomingMessage } from 'node:http'
import type { ProblemCode } from '../problems.js'
import { readCookie, setsOwnCookie } from './cookie-field.js'
import { type CorsOptions, createCors } from './cors.js'
import { createLoginRedirect } from './login-redirect.js'
import { createOriginProof, needsProof } from './same-origin.js'
import { type CookieOptions, createSessionCookies } from './session-cookies.js'

export interface BrowserOptions {
  readonly cookies: CookieOptions
  readonly cors: CorsOptions
  readonly publicUrl: string | null
}

type Request = Pick<IncomingMessage, 'method' | 'headers'>

/** The credential of a request: an Authorization field, its own or the one its cookie stands for, or what is wrong. */
export type Credential =
  | { readonly byCookie: boolean; readonly authorization: string | undefined }
  | { readonly byCookie: true; readonly because: ProblemCode }

export type Browsers = ReturnType<typeof createBrowsers>

/** Whether any of an upstream's fields would set a cookie of ours; names are only read when they are as long. */
const setsOwnCookies = (fields: readonly string[]) =>
  fields.some(
    (name, at) =>
      at % 2 === 0 && name.length === 10 && name.toLowerCase() === 'set-cookie' && setsOwnCookie(fields[at + 1] ?? '')
  )

/** Makes all that one revision of the settings does for browsers. */
export function createBrowsers({ cookies, cors: corsOptions, publicUrl }: BrowserOptions) {
  const cors = createCors(corsOptions)
  const trusted = new Set(corsOptions.credentials ? corsOptions.origins : [])
  const provesOrigin = createOriginProof({ publicUrl, trusted })
  const sessionCookies = createSessionCookies(cookies)

  /** An Authorization field wins, whatever its scheme; `here` is the gateway's origin as the request names it. */
  function readCredential({ method = '', headers }: Request, here: () => string): Credential {
    const { authorization } = headers
    if (!cookies.enabled || authorization !== undefined) return { byCookie: false, authorization }
    const token = readCookie(headers.cookie, sessionCookies.accessName)
    if (token === null) return { byCookie: false, authorization }
    if (needsProof(method, headers) && !provesOrigin(headers, here)) return { byCookie: true, because: 'csrf_failed' }
    // RFC 6265 §5.4 lets a server make nothing of the order of two.
    if (token === 'several') return { byCookie: true, because: 'invalid_token' }
    return { byCookie: true, authorization: `Bearer ${token}` }
  }

  /** An upstream's response fields as the client gets them, both flat (name, value, name, value …). */
  function editResponse(
    fields: string[],
    { byCookie, origin }: { readonly byCookie: boolean; readonly origin: string | undefined }
  ): string[] {
    const answersCors = cors.isListed(origin)
    if (!byCookie && !answersCors && !setsOwnCookies(fields)) return fields
    const kept: string[] = []
    let saysCaching = false
    for (let i = 0; i + 1 < fields.length; i += 2) {
      const name = fields[i] ?? ''
      const value = fields[i + 1] ?? ''
      const lower = name.toLowerCase()
      if (lower === 'set-cookie' && setsOwnCookie(value)) continue
      // Two answers to one question are none; what scripts may read of the upstream's fields only the upstream knows.
      if (answersCors && lower.startsWith('access-control-') && lower !== 'access-control-expose-headers') continue
      if (lower === 'cache-control' || lower === 'expires') saysCaching = true
      kept.push(name, value)
    }
    if (byCookie) {
      if (!saysCaching) kept.push('Cache-Control', 'private')
      // Also for what the upstream lets caches share: the next user's cookie is another one.
      kept.push('Vary', 'Cookie')
    }
    return kept
  }

  return {
    cookies: cookies.enabled ? sessionCookies : null,
    cors,
    provesOrigin,
    readCredential,
    editResponse,
    loginLocation: createLoginRedirect(cookies.enabled ? cookies.loginUrl : null)
  }
}
