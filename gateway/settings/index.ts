/**
 * Settings: one YAML file and the environment → frozen, typed Settings, or every mistake in them.
 * Knows the form of the file, its defaults and its traps.
 * Must never know: Fastify, Redis, the clock; what a pattern means is handed in.
 * State: none.
 */
export { loadSettings } from './load-settings.js'
export { formatMistake, formatMistakeWithFrame, type Mistake, type Result } from './mistakes.js'
export { parseSettings } from './parse-settings.js'
export type { Secret } from './secret.js'
export type {
  AccountSettings,
  Address,
  LogTarget,
  PolicyLanguage,
  Settings,
  StoreTarget,
  TokenKeys,
  TokenSettings,
  Upstream
} from './settings.js'
