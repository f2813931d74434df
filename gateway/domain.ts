/**
 * The nouns that two or more rooms share, and the verbs of what must last. No code, no state. They stand in `domain/`,
 * which nobody but this file opens.
 * Times named `…At` are NumericDate (seconds since 1970, RFC 7519 §2); durations are named `…Ms`.
 */
export type * from './domain/decisions.js'
export type * from './domain/principals.js'
export type * from './domain/rules.js'
export type * from './domain/sessions.js'
export type * from './domain/users.js'
