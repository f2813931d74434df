/**
 * Settings: one YAML file and the environment → frozen, typed Settings, or every mistake in them.
 * Knows the form of the file, its defaults and its traps.
 * Must never know: Fastify, Redis, the clock; what a pattern means is handed in.
 * State: none.
 */

export { decodeText } from './decode-text.js'
export { type Finding, mistakeAt, mistakeAtKey, type Path, warningAt } from './findings.js'
export type { ListenerSettings, TlsSettings } from './listener.js'
export { loadSettings } from './load-settings.js'
export { formatMistake, type Mistake, type Result } from './mistakes.js'
export { parseSettings } from './parse-settings.js'
export type { Expectation, PolicyTest } from './policy-tests.js'
export type { PostgresSource } from './postgres-schema.js'
export type { Secret } from './secret.js'
export type {
  AccountSettings,
  Address,
  LogTarget,
  PolicyLanguage,
  Settings,
  SettledAssertion,
  StoreTarget,
  TokenKeys,
  TokenSettings,
  Upstream
} from './settings.js'
export { showMistake } from './show-mistake.js'
export type { UserSource } from './user-source-schema.js'
export { loadUsersFile, type UserLanguage } from './users-file.js'
