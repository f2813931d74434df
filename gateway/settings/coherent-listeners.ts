import { type Finding, mistakeAt, type Path, quote, warningAt } from './findings.js'
import { isEveryAddress, isEveryInterface, isLoopback } from './network-leaves.js'
import type { Draft } from './schema.js'
import type { PolicyLanguage } from './settings.js'

/** What the doors of the gateway must say about each other. */
export function coherentListeners(draft: Draft, language: PolicyLanguage): Finding[] {
  return [
    ...trustedProxies(draft),
    ...adminListener(draft),
    ...openListener(draft),
    ...literalPaths(draft, language),
    ...weaknesses(draft)
  ]
}

function trustedProxies(draft: Draft): Finding[] {
  if (draft.insecure_trust_every_proxy === true) return []
  return (draft.trusted_proxies ?? []).flatMap((network, index) => {
    if (network === undefined || !isEveryAddress(network)) return []
    const message = 'would let every client choose its own address'
    const hint = 'name the proxies, or say insecure_trust_every_proxy: true'
    return [mistakeAt(['trusted_proxies', index], message, hint)]
  })
}

function adminListener(draft: Draft): Finding[] {
  const { listen, insecure_listen_everywhere } = draft.admin ?? {}
  if (listen?.host === undefined || insecure_listen_everywhere === true || !isEveryInterface(listen.host)) return []
  const message = 'would open the admin port on every address'
  return [mistakeAt(['admin', 'listen'], message, 'name one address, or say insecure_listen_everywhere: true')]
}

function openListener(draft: Draft): Finding[] {
  const host = draft.listen?.host
  if (host === undefined || isLoopback(host) || draft.tls !== undefined || draft.trusted_proxies?.length !== 0)
    return []
  const message =
    'listens beyond this machine without TLS and without trusted proxies: passwords and tokens travel in clear'
  return [warningAt(['listen'], message)]
}

/** Compared with canonical paths octet for octet, so they must be spelled as those are. */
function literalPaths(draft: Draft, language: PolicyLanguage): Finding[] {
  const prefixes = Object.entries(draft.upstreams ?? {}).map(([name, upstream]): [Path, string | undefined] => {
    return [['upstreams', name, 'strip_prefix'], upstream?.strip_prefix]
  })
  const paths: [Path, string | undefined][] = [
    [['auth', 'prefix'], draft.auth?.prefix],
    [['compat', 'simplejwt', 'prefix'], draft.compat?.simplejwt?.prefix],
    [['public_health'], draft.public_health],
    ...prefixes
  ]
  return paths.flatMap(([path, written]) => {
    if (written === undefined) return []
    const read = language.readPattern(written)
    if ('fault' in read) return [mistakeAt(path, read.fault)]
    return read.path === written ? [] : [mistakeAt(path, 'is not in canonical form', `write ${quote(read.path)}`)]
  })
}

/** Every `insecure_` key that is in force is named, so that nobody forgets one. */
function weaknesses(draft: Draft): Finding[] {
  const keys = draft.tokens?.keys
  const inForce: [Path, boolean | undefined][] = [
    [['insecure_trust_every_proxy'], draft.insecure_trust_every_proxy],
    [['admin', 'insecure_listen_everywhere'], draft.admin?.insecure_listen_everywhere],
    [['tokens', 'keys', 'insecure_short_secret'], typeof keys === 'object' ? keys.insecure_short_secret : undefined],
    [['users', 'hash', 'insecure_weak_hash'], draft.users?.hash?.insecure_weak_hash]
  ]
  return inForce.flatMap(([path, on]) => (on === true ? [warningAt(path, 'weakens the gateway')] : []))
}
