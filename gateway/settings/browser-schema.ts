/** What is done for browsers: cookies that hold a session, and pages of other origins. */
import { z } from 'zod'
import { choice, flag, type Leaf, refuse, textLeaf } from './leaves.js'
import { origin } from './network-leaves.js'
import { section } from './sections.js'

/** A path of the gateway, or a page elsewhere; either may have a query. */
function loginUrl(): Leaf<string> {
  return textLeaf('a path such as /login or an https URL', null, (written) => {
    // What stands in a Location field: visible ASCII.
    if (/[^\x21-\x7e]/.test(written)) return refuse()
    if (written.includes('#')) return refuse('must not have a fragment')
    if (/^\/(?![/\\])/.test(written)) return written.includes('\\') ? refuse() : written
    if (/^http:\/\//i.test(written)) return refuse(null, 'a password must not travel in clear')
    const isUrl = /^https:\/\/[^\s\\/]/.test(written) && URL.canParse(written)
    return isUrl && new URL(written).username === '' ? new URL(written).href : refuse()
  })
}

/** An origin as browsers write it; what some take for one is told apart. */
function listedOrigin(): Leaf<string> {
  const read = origin('an origin is the scheme, host and port alone')
  return textLeaf('an origin such as https://app.example.com', null, (written) => {
    if (written === '*') return refuse('would let every page in', 'name the origins')
    if (written === 'null') return refuse('is what any sandboxed page says', 'name the origins')
    if (written.includes('*')) return refuse(null, 'origins are exact: wildcards are not supported')
    const { data, error } = read.safeParse(written)
    if (data !== undefined) return data
    const [issue] = error?.issues ?? []
    const params = issue?.code === 'custom' ? issue.params : undefined
    return refuse(issue?.message ?? null, typeof params?.hint === 'string' ? params.hint : null)
  })
}

export const cookies = section({
  enabled: flag()
    .prefault(false)
    .describe('Whether a login may ask for cookies in place of tokens in the body, and a cookie shows who asks.'),
  same_site: choice(['lax', 'strict', 'none']).prefault('lax').describe('SameSite of the cookies.'),
  login_url: loginUrl()
    .optional()
    .describe('Where a page without a session goes: a path or an https URL. Default: it gets the refusal.'),
  insecure_cookies_without_tls: flag()
    .prefault(false)
    .describe('Accepts cookies under a plain-http `public_url`; they are then neither Secure nor bound to the host.')
})
  .prefault({})
  .describe('Sessions of browsers, in cookies that no script can read.')

export const cors = section({
  origins: z.array(listedOrigin()).prefault([]).describe('Origins of pages whose scripts may read answers; exact.'),
  credentials: flag().prefault(false).describe('Whether those pages may send cookies, and so act for their users.')
})
  .prefault({})
  .describe('Pages of other origins (CORS).')
