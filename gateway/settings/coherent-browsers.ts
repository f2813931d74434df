import { type Finding, mistakeAt, warningAt } from './findings.js'
import { isLoopback } from './network-leaves.js'
import type { Draft } from './schema.js'

/** Browsers trust this machine without TLS (W3C Secure Contexts §3.1). */
export function isLoopbackUrl(url: string): boolean {
  return isLoopback(new URL(url).hostname.replace(/^\[|\]$/g, ''))
}

const travelsInClear = (url: string) => url.startsWith('http:') && !isLoopbackUrl(url)

/** What cookies, CORS and the public URL must say about each other. */
export function coherentBrowsers(draft: Draft): Finding[] {
  return [...cookiesInClear(draft), ...originsInClear(draft)]
}

function cookiesInClear({ tokens, public_url: publicUrl }: Draft): Finding[] {
  const { enabled, same_site: sameSite, insecure_cookies_without_tls: accepted } = tokens?.cookies ?? {}
  const weakness = ['tokens', 'cookies', 'insecure_cookies_without_tls']
  const warnings = accepted === true ? [warningAt(weakness, 'weakens the gateway')] : []
  if (enabled !== true || publicUrl === undefined || !travelsInClear(publicUrl)) return warnings
  if (accepted !== true) {
    const message = 'would be kept by no browser, because public_url is plain http'
    const hint = 'give public_url https, or say insecure_cookies_without_tls: true'
    return [mistakeAt(['tokens', 'cookies', 'enabled'], message, hint)]
  }
  // RFC 6265bis §5.7: such a cookie is ignored.
  if (sameSite !== 'none') return warnings
  return [...warnings, mistakeAt(['tokens', 'cookies', 'same_site'], 'none needs https', 'use lax or strict')]
}

/** Whoever is on the way of such a page can put scripts into it. */
function originsInClear({ cors }: Draft): Finding[] {
  if (cors?.credentials !== true) return []
  return (cors.origins ?? []).flatMap((origin, index) => {
    if (origin === undefined || !travelsInClear(origin)) return []
    return [warningAt(['cors', 'origins', index], 'is plain http: whoever is on its way can act for its users')]
  })
}
