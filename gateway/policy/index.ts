/**
 * Rules, compiled and decided. Knows patterns, the ways a path may be read, and conditions on who asks; pure.
 * Must never know HTTP, how a token is encoded, or what time it is: the analysis looks at a clock only to give up.
 * State: a policy is immutable once compiled; a reload makes another. What a policy keeps inside are matchers that it
 * builds when a reading is first asked for, and what the walk under way has seen; neither changes an answer.
 */
export {
  type Access,
  type AccessRow,
  type Asker,
  accessMatrix,
  type Budget,
  type Change,
  type Comparison,
  type ComparisonOptions,
  comparePolicies,
  type Direction,
  describeAllow,
  findDeadRules,
  findOpenAreas,
  findRoleIslands,
  findWho,
  type Limit,
  type OpenArea,
  type PreparedPolicy,
  type Proof,
  type ProofOptions,
  preparePolicy,
  proveAssertions,
  type RoleIsland,
  type Route,
  type RuleLife,
  spellScalar,
  type Who,
  type WitnessRequest
} from './analysis/index.js'
export {
  type ClosedPrefix,
  compilePolicy,
  type Match,
  type NoMatch,
  type Policy,
  type SoughtRequest
} from './compile-policy.js'
export { decide, type Sought } from './decide.js'
export { findExcess } from './excess.js'
export { type AllowExplanation, type EntryExplanation, explainAllow, nearestAlternative } from './explain-allow.js'
export { type NearestOther, nearestOther } from './explain-nearest.js'
export { explainReading, explainRules, type Mismatch, type OtherReading, type PassedOver } from './explain-rules.js'
export { createNetworks } from './networks.js'
export { type ParsedPattern, type Pattern, parsePattern, type ReadPattern, readPattern } from './pattern.js'
