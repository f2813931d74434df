/** What one revision of the settings serves with; a reload makes another and swaps the reference. */
import type { Metrics } from './admin/index.js'
import { createAuthenticate, createIdentityFields } from './identity/index.js'
import { compilePolicy } from './policy/index.js'
import { createClientAddress, createRequestHeaders, createUpstreams, type Upstreams } from './proxy/index.js'
import type { Settings } from './settings/index.js'
import type { Store } from './store/index.js'
import { createAccessTokens, createSessions, type Keyring, type Revocations } from './tokens/index.js'
import type { Users } from './users/index.js'

/** What lives outside the gateway: opened before it, closed after it. */
export interface Resources {
  readonly store: Store
  readonly users: Users
  readonly keyring: Keyring
  readonly revocations: Revocations
  readonly metrics: Metrics
  /** One line a request. */
  readonly access: (line: Record<string, unknown>) => void
  /** One line a security event. */
  readonly audit: (event: string, fields: Record<string, unknown>) => void
  /** Our own failures, with their cause. */
  readonly failure: (error: unknown, fields: Record<string, unknown>) => void
}

export type Serving = ReturnType<typeof createServing>

/** Pools of upstreams that stay the same are taken over from what served `before`. */
export function createServing(
  settings: Settings,
  resources: Resources,
  before: { readonly upstreams: Upstreams } | null
) {
  const { tokens, identity } = settings
  const accessTokens = createAccessTokens({ ...tokens, keyring: resources.keyring, revocations: resources.revocations })
  const upstreamOptions = Object.values(settings.upstreams)
  return {
    settings,
    // The prefix's own endpoints answer below it; no other spelling of it may come to the rules.
    policy: compilePolicy({
      revision: settings.revision,
      rules: settings.rules,
      closed: [{ path: settings.auth.prefix, hosts: settings.auth.hosts }]
    }),
    upstreams: before === null ? createUpstreams(upstreamOptions) : before.upstreams.replace(upstreamOptions),
    clientAddress: createClientAddress(settings.trustedProxies),
    authenticate: createAuthenticate({ verifyAccessToken: accessTokens.verify }),
    requestHeaders: createRequestHeaders({ reserved: [...Object.keys(identity.headers), ...identity.strip] }),
    identityFields: createIdentityFields(identity.headers),
    sessions: createSessions({
      ...tokens,
      store: resources.store.sessions,
      accessTokens,
      revocations: resources.revocations
    })
  }
}
