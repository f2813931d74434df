/** Which paths the gateway answers itself, before any rule. */
import type { RequestTarget } from './proxy/index.js'
import type { Settings } from './settings/index.js'
import { metadataPaths } from './tokens/index.js'

/** Where the router finds our own endpoints. No client can ask for it: what rules judge is routed to `/`, all of it. */
export const OWN = '/own'

const KEY_SET = '/.well-known/jwks.json'
const METADATA = '/.well-known/oauth-authorization-server'

export type OwnPathSettings = Pick<Settings, 'auth' | 'publicHealth'> & {
  readonly simpleJwt: { readonly prefix: string } | null
  readonly tokens: Pick<Settings['tokens'], 'issuer'>
}

/** Single paths that the gateway answers itself, on every host; the prefix of its own endpoints is another matter. */
export function singleOwnPaths({ publicHealth, tokens }: OwnPathSettings): readonly string[] {
  return [KEY_SET, ...metadataPaths(tokens.issuer), ...(publicHealth === null ? [] : [publicHealth])]
}

function routeBelow(prefix: string, route: string, path: string): string | null {
  if (path === prefix) return `${OWN}${route}/`
  return path.startsWith(`${prefix}/`) ? `${OWN}${route}${path.slice(prefix.length)}` : null
}

/** Makes what tells the route of the endpoint of our own that a target names, or null when the rules judge it. */
export function createOwnRouteOf({ auth, publicHealth, simpleJwt, tokens }: OwnPathSettings) {
  const metadata = metadataPaths(tokens.issuer)
  const compat = simpleJwt?.prefix ?? null
  return ({ path, host }: RequestTarget): string | null => {
    if (path === KEY_SET) return `${OWN}${path}`
    if (metadata.has(path)) return `${OWN}${METADATA}`
    if (path === publicHealth) return `${OWN}/health/`
    if (auth.hosts !== null && !auth.hosts.includes(host)) return null
    return routeBelow(auth.prefix, '/auth', path) ?? (compat === null ? null : routeBelow(compat, '/simplejwt', path))
  }
}
