/** What differs between two settings files beside the rules, and bears on what the rules mean. */
import type { Limit } from '../domain.js'
import type { Settings } from '../settings/index.js'

export interface Difference {
  /** As the file spells it: `upstreams.orders.url`. */
  readonly path: string
  /** null: it does not say. */
  readonly old: string | null
  readonly new: string | null
}

type Leaf = string | number | boolean | null | readonly unknown[]
type Tree = { readonly [key: string]: Leaf | Tree }

const limitOf = ({ by, requests, windowMs, algorithm }: Limit): Tree => ({
  by,
  requests,
  window: duration(windowMs),
  algorithm
})

/** In the words of the file, without secrets. Where the process listens and what it logs means nothing to a request. */
function bearing(settings: Settings): Tree {
  const { auth, tokens, simpleJwt, cors, forwardAuth, identity } = settings
  return {
    limits: each(settings.limits, limitOf),
    listener_limit: settings.listenerLimit && limitOf(settings.listenerLimit),
    upstreams: each(settings.upstreams, ({ origins, stripPrefix, host, forwardAuthorization, tls }) => ({
      ...(origins.length === 1 ? { url: origins[0] ?? null } : { urls: origins }),
      strip_prefix: stripPrefix,
      host,
      forward_authorization: forwardAuthorization,
      tls: { server_name: tls.serverName, insecure_skip_verify: !tls.verify }
    })),
    issuers: each(settings.issuers, ({ issuer, jwksUrl, audience, algorithms, roles, username, subject, types }) => ({
      issuer,
      jwks_url: jwksUrl,
      audience,
      algorithms,
      roles: { from: roles.from, map: roles.map, pass_unmapped: roles.passUnmapped },
      username,
      subject,
      typ: types
    })),
    clients: each(settings.clients, ({ roles, scopes, networks }) => ({ roles, scopes, networks })),
    identity: {
      headers: identity.headers,
      strip: identity.strip,
      assertion: identity.assertion && {
        header: identity.assertion.header,
        ttl: duration(identity.assertion.ttlMs),
        claims: identity.assertion.claims
      }
    },
    tokens: { issuer: tokens.issuer, audience: tokens.audience, claims: tokens.claims },
    auth: { prefix: auth.prefix, hosts: auth.hosts },
    compat: {
      simplejwt: simpleJwt && { prefix: simpleJwt.prefix, audience: simpleJwt.audience, issuer: simpleJwt.issuer }
    },
    public_health: settings.publicHealth,
    trusted_proxies: settings.trustedProxies,
    cors: { origins: cors.origins },
    forward_auth: forwardAuth && { mode: forwardAuth.modes, from: forwardAuth.from }
  }
}

function each<T>(record: Readonly<Record<string, T>>, read: (value: T) => Tree): Tree {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, read(value)]))
}

/** `10m`; what is no whole number of a larger unit is told in a smaller one. */
function duration(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000]
  ] as const
  const [unit, length] = units.find(([, each]) => ms % each === 0) ?? ['ms', 1]
  return `${ms / length}${unit}`
}

const isTree = (value: Leaf | Tree): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Every leaf by its path; a list is one, in whatever order. */
function leavesOf(tree: Tree, around: readonly string[] = []): readonly (readonly [path: string, text: string])[] {
  return Object.entries(tree).flatMap(([key, value]) => {
    const path = [...around, key]
    if (isTree(value)) return leavesOf(value, path)
    const said = Array.isArray(value) ? value.toSorted().join(', ') : value
    return said === null || said === '' ? [] : [[path.join('.'), String(said)] as const]
  })
}

/** In the order of the sections. Of each it is told that it differs, not what comes of it. */
export function findAlsoChanged(before: Settings, after: Settings): readonly Difference[] {
  const [old, now] = [new Map(leavesOf(bearing(before))), new Map(leavesOf(bearing(after)))]
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((path) => {
    const difference = { path, old: old.get(path) ?? null, new: now.get(path) ?? null }
    return difference.old === difference.new ? [] : [difference]
  })
}
