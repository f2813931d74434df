/**
 * Tokens: issue, verify, refresh, revoke; the keys they are signed with; and the endpoints that offer all that. Tokens
 * of other issuers are verified, and no more.
 * Knows: JWS, claims, sessions, refresh tokens. Never knows: how users are kept, rules, upstreams.
 * State: keys in memory, of a folder that is looked at again and again; keys of other issuers, fetched; revocations in
 * memory, read at start; tokens already verified; sessions in the store.
 */
export { type AccessTokenOptions, type AccessTokens, createAccessTokens } from './access-tokens.js'
export { type AccountEndpointOptions, accountEndpoints } from './account-endpoints.js'
export {
  AUTH_EVENTS,
  type AuthEndpointOptions,
  type AuthEvent,
  authEndpoints,
  keySetEndpoint
} from './auth-endpoints.js'
export { type Client, type ClientOptions, type Clients, createClients } from './clients.js'
export { createKeyring } from './create-keyring.js'
export type { FetchFailed, FetchResult } from './fetch-json.js'
export { listFolder } from './folder-keyring.js'
export { type Inspection, inspectToken } from './inspect-token.js'
export type { ClientGrant, Issued } from './issue-access-tokens.js'
export { createIssuers, type IssuerOptions, type Issuers, type Verified } from './issuers.js'
export { type Key, KeyRefused } from './key.js'
export type { KeyEvent, Keyring, KeyringOptions, KeySource, KeyStatus } from './keyring.js'
export { createMetadata, type Metadata, metadataEndpoint, metadataPaths } from './metadata-endpoint.js'
export { mintToken } from './mint-token.js'
export { type OAuthEndpointOptions, oauthEndpoints } from './oauth-endpoints.js'
export { sendOAuthError } from './oauth-error.js'
export { createOwnTokens } from './own-tokens.js'
export { NOBODY_IN_PARTICULAR, type PaperIssuing, principalOfClaims, principalOfUser } from './paper-principal.js'
export { createRevocations, type Revocations } from './revocations.js'
export { createSessions, type Grant, type Sessions, type SignInContext } from './sessions.js'
export { ASSERTION_ALGORITHM, createAssertionSigner } from './sign-assertions.js'
export { createSimpleJwt, type SimpleJwt } from './simplejwt/create-simplejwt.js'
export { createSendRefusal } from './simplejwt/framework-refusal.js'
export { simpleJwtEndpoints } from './simplejwt/simplejwt-endpoints.js'
export { createTokenSizes, type TokenSizes } from './token-size.js'
export { TokenTooLarge } from './token-too-large.js'
