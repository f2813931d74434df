/**
 * Identity: from a request's credentials to a principal, and from a principal to what the upstream is told.
 * Knows: the Authorization field, the identity fields, what an assertion says. Never knows: how a token is verified or an
 * assertion signed, or what a rule wants.
 * State: prepared fields, held as long as their principal.
 */
export { type AssertedRequest, createAssertion } from './assertion.js'
export { createAuthenticate, createCredentialOf, createReadToken } from './authenticate.js'
export { createIdentityFields } from './identity-fields.js'
export { subjectKey } from './subject-key.js'
