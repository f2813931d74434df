/**
 * The exact analysis of policies, a door inside the room: requests are languages of segments, and each question is
 * whether one of them is empty. Exact within a budget, and beyond it `undecided` with the limit. What it says holds for
 * all canonical paths that are read in one way only: without `;`, empty segments amid the path and the escapes of
 * `/ ; % ? #`, which `readings.ts` tells about.
 */
export { type Access, type AccessRow, type Asker, accessMatrix } from './access-matrix.js'
export type { WitnessRequest } from './areas.js'
export { type Comparison, type ComparisonOptions, comparePolicies } from './compare-policies.js'
export { findDeadRules, type RuleLife } from './dead-rules.js'
export { describeAllow } from './describe-allow.js'
export type { Budget, Limit } from './meter.js'
export { findOpenAreas, type OpenArea } from './open-areas.js'
export { findWho, type Who } from './passing.js'
export { type PreparedPolicy, preparePolicy } from './prepare-policy.js'
export { type Proof, type ProofOptions, proveAssertions } from './prove-assertions.js'
export { findRoleIslands, type RoleIsland } from './role-islands.js'
export type { Change, Direction, Route } from './verdict-changes.js'
export { spellScalar } from './words.js'
