/**
 * Identity: from a request's credentials to a principal, and from a principal to what the upstream is told.
 * Knows: the Authorization field and the identity fields. Never knows: how a token is verified, or what a rule wants.
 * State: prepared fields, held as long as their principal.
 */
export { createAuthenticate, readBearerToken } from './authenticate.js'
export { createIdentityFields } from './identity-fields.js'
export { subjectKey } from './subject-key.js'
