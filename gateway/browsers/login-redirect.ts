import type { IncomingHttpHeaders } from 'node:http'

/** A longer way back is left out: together with the rest it would not fit into common limits of a field. */
const LONGEST_RETURN = 2048

/** Whether a page is what the client would like best (RFC 9110 §12.5.1); of equals the first counts. */
function prefersHtml(accept: string | undefined): boolean {
  let best = { type: '', quality: 0 }
  for (const range of (accept ?? '').split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    const weight = parameters.find((parameter) => parameter.startsWith('q='))
    const quality = weight === undefined ? 1 : Number(weight.slice(2))
    if (quality > best.quality) best = { type, quality }
  }
  return best.type === 'text/html' || best.type === 'application/xhtml+xml'
}

/** Whether somebody looks for a page, rather than a script for data. */
function isNavigation(method: string, headers: IncomingHttpHeaders): boolean {
  if (method !== 'GET' || headers.upgrade !== undefined || headers.authorization !== undefined) return false
  const mode = headers['sec-fetch-mode']
  if (mode !== undefined) return mode === 'navigate'
  return (
    headers['sec-fetch-site'] === undefined && headers['sec-fetch-dest'] === undefined && prefersHtml(headers.accept)
  )
}

/**
 * Makes the function that says where a page navigation goes that lacks a session: to `loginUrl`, with the way back in
 * `return_to`, which is always a path of the gateway. null: it is none, or it asks for the login page itself.
 */
export function createLoginRedirect(loginUrl: string | null) {
  const loginPath = loginUrl?.startsWith('/') ? loginUrl.replace(/[?#].*$/, '') : null

  return function loginLocation(
    method: string,
    headers: IncomingHttpHeaders,
    { path, query }: { readonly path: string; readonly query: string }
  ): string | null {
    if (loginUrl === null || path === loginPath || !isNavigation(method, headers)) return null
    const back = path + query
    // Two slashes at the front would name a host (RFC 3986 §4.2).
    if (back.startsWith('//') || back.length > LONGEST_RETURN) return loginUrl
    return `${loginUrl}${loginUrl.includes('?') ? '&' : '?'}return_to=${encodeURIComponent(back)}`
  }
}
