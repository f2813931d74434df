/**
 * Probe: asks an upstream directly, as anybody could who reaches it, and tells what it believes and how it reads paths.
 * Knows: an origin, a path, names of header fields. Never knows: rules, settings, the gateway. Asks by GET, and nothing
 * that could change something.
 * State: none.
 */
export type { Belief } from './belief.js'
export { believes, type Probed, probeUpstream } from './probe.js'
export { type Reading, SPELLINGS, type SpellingName } from './readings.js'
