/** What one revision of the settings serves with; a reload makes another and swaps the reference. */
import type { Metrics } from './admin/index.js'
import { createBrowsers, withoutOwnCookies } from './browsers/index.js'
import {
  createAssertion,
  createAuthenticate,
  createCredentialOf,
  createIdentityFields,
  createReadToken
} from './identity/index.js'
import { policyOf } from './judgement.js'
import { createOwnRouteOf } from './own-paths.js'
import { createNetworks } from './policy/index.js'
import {
  createClientAddress,
  createClientFields,
  createInquiries,
  createRequestHeaders,
  createUpstreams,
  type UpstreamOptions,
  type Upstreams
} from './proxy/index.js'
import type { Settings } from './settings/index.js'
import type { Store } from './store/index.js'
import {
  createAccessTokens,
  createAssertionSigner,
  createClients,
  createIssuers,
  createMetadata,
  createOwnTokens,
  createSessions,
  createSimpleJwt,
  createTokenSizes,
  type Issuers,
  type Keyring,
  type Revocations,
  type SimpleJwt,
  type Verified
} from './tokens/index.js'
import type { Users } from './users/index.js'

/** What lives outside the gateway: opened before it, closed after it. */
export interface Resources {
  readonly store: Store
  readonly users: Users
  readonly keyring: Keyring
  /** What assertions are signed with; null: the settings of the start knew of none, so there are none. */
  readonly assertionKeyring: Keyring | null
  readonly revocations: Revocations
  readonly metrics: Metrics
  /** One line a request; null: nobody keeps them. */
  readonly access: ((line: Record<string, unknown>) => void) | null
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

export function openSimpleJwt(
  settings: Settings,
  { store, keyring, revocations }: Pick<Resources, 'store' | 'keyring' | 'revocations'>,
  followUser: Users['follow'] = null
): SimpleJwt | null {
  const { simpleJwt } = settings
  if (simpleJwt === null) return null
  const { sessions, users } = store
  return createSimpleJwt({
    ...simpleJwt,
    keyring,
    revocations,
    store: sessions,
    readUser: users.readUser,
    followUser,
    sizes: createTokenSizes(settings)
  })
}

/** Every field that tells the upstream who asks. */
const identityNamesOf = ({ headers, assertion }: Settings['identity']): readonly string[] =>
  assertion === null ? Object.keys(headers) : [...Object.keys(headers), assertion.header]

/** null: nothing is signed. */
function createSignedAssertion({ identity, tokens }: Settings, keyring: Keyring | null) {
  const { assertion } = identity
  if (assertion === null || keyring === null) return null
  const { header, ttlMs, claims } = assertion
  const ttlSeconds = keyring.coverLifetime(Math.ceil(ttlMs / 1000))
  const assert = createAssertion({ issuer: tokens.issuer, ttlSeconds, claims, sign: createAssertionSigner(keyring) })
  return { header, assert }
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

/** An operator reads in the log when an endpoint is given up; that it is back, in the metrics. */
function openUpstreams(upstreams: Iterable<UpstreamOptions>, { failure }: Resources): Upstreams {
  return createUpstreams(upstreams, ({ upstream, origin, state, fault }) => {
    if (fault !== null) failure(fault, { upstream, endpoint: origin, state })
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
  const identityNames = identityNamesOf(identity)
  const clients = createClients({ clients: settings.clients, createNetworks })
  const accessTokens = createAccessTokens({ ...tokens, keyring, revocations, isCurrentClient: clients.isCurrent })
  const upstreamOptions = Object.values(settings.upstreams)
  const issuers = openIssuers(settings, resources, before?.issuers ?? null)
  const sizes = createTokenSizes(settings)
  const simpleJwt = openSimpleJwt(settings, resources, resources.users.follow)
  const readToken = createReadToken(settings.simpleJwt?.headerTypes ?? [])
  const ownTokens = createOwnTokens(accessTokens, simpleJwt)
  const verifyAccessToken = createVerifyAccessToken(ownTokens.verify, issuers)
  return {
    settings,
    policy: policyOf(settings),
    ownRouteOf: createOwnRouteOf(settings),
    issuers,
    clientAddress: createClientAddress(settings.trustedProxies),
    readInquiry: createInquiryReader(settings),
    clientFields: createClientFields({ overwritten: identityNames, strip: identity.strip }),
    /** The field of a request that shows who asks. */
    credentialOf: createCredentialOf(settings.simpleJwt?.headerName ?? null),
    readToken,
    authenticate: createAuthenticate({ verifyAccessToken, readToken }),
    requestHeaders: createRequestHeaders({
      reserved: [...identityNames, ...identity.strip],
      passCookies: withoutOwnCookies,
      credential: settings.simpleJwt?.headerName ?? null
    }),
    browsers: createBrowsers({ ...settings, cookies: tokens.cookies }),
    identityNames,
    identityFields: createIdentityFields(identity.headers),
    assertion: createSignedAssertion(settings, resources.assertionKeyring),
    tellsIdentity: Object.keys(identity.headers).length > 0,
    clients,
    accessTokens,
    ownTokens,
    simpleJwt,
    /** How long the tokens of a user become. */
    sizes,
    metadata: createMetadata({
      issuer: tokens.issuer,
      publicUrl: settings.publicUrl,
      prefix: settings.auth.prefix,
      hasPublicKeys: !tokens.algorithm.startsWith('HS') || resources.assertionKeyring !== null
    }),
    sessions: createSessions({
      ...tokens,
      store: resources.store.sessions,
      accessTokens,
      ownTokens,
      verifyAccessToken,
      revocations,
      followUser: resources.users.follow,
      sizes
    }),
    // Last, because it retires connections of what served before: if anything fails, that goes on.
    upstreams: before === null ? openUpstreams(upstreamOptions, resources) : before.upstreams.replace(upstreamOptions)
  }
}

/** Without `forward_auth` nothing is an inquiry. */
function createInquiryReader({ forwardAuth, auth, trustedProxies, identity }: Settings) {
  if (forwardAuth === null) return () => null
  const path = `${auth.prefix}/check`
  const identityNames = identityNamesOf(identity)
  return createInquiries({ ...forwardAuth, path, trustedProxies, identityNames, strip: identity.strip })
}
