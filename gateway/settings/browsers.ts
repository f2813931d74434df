import { isLoopbackUrl } from './coherent-browsers.js'
import type { FileSettings } from './schema.js'

export interface CookieSettings {
  readonly enabled: boolean
  readonly sameSite: 'lax' | 'strict' | 'none'
  /** A path, which may have a query, or an absolute https URL. */
  readonly loginUrl: string | null
  /** Whether the cookies are `Secure` and have the `__Host-` prefix. */
  readonly secure: boolean
}

export interface CorsSettings {
  /** Exact (RFC 6454 §6.2), each once. */
  readonly origins: readonly string[]
  readonly credentials: boolean
}

export function readCookies({ tokens, public_url: publicUrl }: FileSettings): CookieSettings {
  const { enabled, same_site, login_url, insecure_cookies_without_tls: insecure } = tokens.cookies
  const inClear = publicUrl?.startsWith('http:') === true && !isLoopbackUrl(publicUrl)
  return { enabled, sameSite: same_site, loginUrl: login_url ?? null, secure: !(inClear && insecure) }
}

export function readCors({ cors }: FileSettings): CorsSettings {
  return { origins: [...new Set(cors.origins)], credentials: cors.credentials }
}
