/**
 * Admin: health, readiness, metrics; the operator's verbs over a unix socket.
 * Knows: what it is handed to show and to call. Never knows: the public listener, rules, tokens.
 * State: the metrics registry of one gateway.
 */
export { type AdminOptions, adminEndpoints, publicHealthEndpoint, type Readiness } from './admin-endpoints.js'
export { exposeSigningKey } from './key-metrics.js'
export { createMetrics, type Metrics } from './metrics.js'
export {
  type InspectedToken,
  LONGEST_MINTED_MS,
  type MintedToken,
  type OperatorAccounts,
  type ShownUser
} from './operator-accounts.js'
export { type ImportedUser, type OperatorOptions, type OperatorUsers, operatorEndpoints } from './operator-endpoints.js'
export {
  type LimitState,
  type OperatorEvidence,
  type OperatorPrincipals,
  operatorExplanationEndpoints,
  type ServingState
} from './operator-explanations.js'
export { type KeyPurpose, type OperatorKey, type OperatorKeys, operatorKeyEndpoints } from './operator-keys.js'
export { exposeUpstreams } from './upstream-metrics.js'
