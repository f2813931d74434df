/** What one revision of the settings serves with; a reload makes another and swaps the reference. */
import type { Metrics } from './admin/index.js'
import { createBrowsers, withoutOwnCookies } from './browsers/index.js'
import { createAuthenticate, createIdentityFields } from './identity/index.js'
import { policyOf } from './judgement.js'
import { createOwnRouteOf } from './own-paths.js'
import { createNetworks } from './policy/index.js'
import {
  createClientAddress,
  createClientFields,
  createInquiries,
  createRequestHeaders,
  createUpstreams,
  type Upstreams
} from './proxy/index.js'
import type { Settings } from './settings/index.js'
import type { Store } from './store/index.js'
import {
  createAccessTokens,
  createClients,
  createIssuers,
  createMetadata,
  createSessions,
  type Issuers,
  type Keyring,
  type Revocations,
  type Verified
} from './tokens/index.js'
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

/** Verifies tokens of this gateway and of other issuers; what was verified before is known without reading it again. */
export function createVerifyAccessToken(verifyOwn: (token: string) => Verified, issuers: Issuers) {
  return (token: string): Verified | Promise<Verified> => {
    const known = issuers.recall(token)
    if (known !== null) return known
    const own = verifyOwn(token)
    return own === 'invalid_token' ? issuers.verify(token) : own
  }
}

function openIssuers(settings: Settings, { metrics, failure }: Resources, before: Issuers | null): Issuers {
  const issuers = Object.values(settings.issuers)
  if (before !== null) return before.replace(issuers)
  return createIssuers({
    issuers,
    onFetch(issuer, result, error) {
      metrics.countIssuerFetch(issuer, result)
      if (error !== null) failure(error, { issuer, result })
    }
  })
}

/** Pools of upstreams and keys of issuers that stay the same are taken over from what served `before`. */
export function createServing(
  settings: Settings,
  resources: Resources,
  before: { readonly upstreams: Upstreams; readonly issuers: Issuers } | null
) {
  const { tokens, identity } = settings
  const { keyring, revocations } = resources
  const clients = createClients({ clients: settings.clients, createNetworks })
  const accessTokens = createAccessTokens({ ...tokens, keyring, revocations, isCurrentClient: clients.isCurrent })
  const upstreamOptions = Object.values(settings.upstreams)
  const issuers = openIssuers(settings, resources, before?.issuers ?? null)
  const verifyAccessToken = createVerifyAccessToken(accessTokens.verify, issuers)
  return {
    settings,
    policy: policyOf(settings),
    ownRouteOf: createOwnRouteOf(settings),
    issuers,
    clientAddress: createClientAddress(settings.trustedProxies),
    readInquiry: createInquiryReader(settings),
    clientFields: createClientFields({ overwritten: Object.keys(identity.headers), strip: identity.strip }),
    authenticate: createAuthenticate({ verifyAccessToken }),
    requestHeaders: createRequestHeaders({
      reserved: [...Object.keys(identity.headers), ...identity.strip],
      passCookies: withoutOwnCookies
    }),
    browsers: createBrowsers({ ...settings, cookies: tokens.cookies }),
    identityFields: createIdentityFields(identity.headers),
    clients,
    accessTokens,
    metadata: createMetadata({
      issuer: tokens.issuer,
      publicUrl: settings.publicUrl,
      prefix: settings.auth.prefix,
      hasPublicKeys: !tokens.algorithm.startsWith('HS')
    }),
    sessions: createSessions({
      ...tokens,
      store: resources.store.sessions,
      accessTokens,
      verifyAccessToken,
      revocations
    }),
    // Last, because it retires connections of what served before: if anything fails, that goes on.
    upstreams: before === null ? createUpstreams(upstreamOptions) : before.upstreams.replace(upstreamOptions)
  }
}

/** Without `forward_auth` nothing is an inquiry. */
function createInquiryReader({ forwardAuth, auth, trustedProxies, identity }: Settings) {
  if (forwardAuth === null) return () => null
  const path = `${auth.prefix}/check`
  const { headers, strip } = identity
  return createInquiries({ ...forwardAuth, path, trustedProxies, identityNames: Object.keys(headers), strip })
}
