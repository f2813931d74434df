/**
 * Tokens: issue, verify, refresh, revoke; the keys they are signed with; and the endpoints that offer all that.
 * Knows: JWS, claims, sessions, refresh tokens. Never knows: how users are kept, rules, upstreams.
 * State: keys and revocations in memory, read at start; tokens already verified; sessions in the store.
 */
export { type AccessTokenOptions, type AccessTokens, createAccessTokens, type Issued } from './access-tokens.js'
export { type AuthEndpointOptions, type AuthEvent, authEndpoints, keySetEndpoint } from './auth-endpoints.js'
export { createKeyring, KeyRefused, type Keyring, type KeySource } from './keyring.js'
export { createRevocations, type Revocations } from './revocations.js'
export { createSessions, type Grant, type Sessions, type SignInContext } from './sessions.js'
