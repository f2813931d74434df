/**
 * Rules, compiled and decided. Knows patterns, the ways a path may be read, and conditions on who asks; pure.
 * Must never know HTTP, how a token is encoded, or what time it is.
 * State: a policy is immutable once compiled; a reload makes another. What a policy keeps inside are tries that it
 * builds when a reading is first asked for, and step numbers of walks; neither changes an answer.
 */
export {
  type ClosedPrefix,
  compilePolicy,
  type Match,
  type NoMatch,
  type Policy,
  type SoughtRequest
} from './compile-policy.js'
export { decide, type Sought } from './decide.js'
export { createNetworks } from './networks.js'
export { type ParsedPattern, type Pattern, parsePattern, type ReadPattern, readPattern } from './pattern.js'
