/**
 * What whoever writes a file should know of its rules as a whole: which never match, who is let in beside a rule, what
 * anyone may reach. It costs up to seconds and forbids nothing, so that only a command asks for it, never a reload.
 */

import { findDeadRules, findOpenAreas, findRoleIslands, type OpenArea } from '../policy/index.js'
import type { Finding, Settings } from '../settings/index.js'
import { analysedPolicyOf, issuersOf } from './analysed-policy.js'
import { findLoginFault } from './login-page.js'
import { warnOfIslands, warnOfRules } from './survey-warnings.js'
import { findLongTokens } from './token-size.js'

/** Which rules can match, and what strangers may reach by them. */
export function surveyRules(settings: Settings) {
  const policy = analysedPolicyOf(settings)
  const lives = findDeadRules(policy)
  return { policy, lives, open: findOpenAreas(policy, lives) }
}

/** What strangers may reach, and every warning, as findings at paths of the file. */
export function surveySettings(settings: Settings): {
  readonly open: readonly OpenArea[]
  readonly warnings: readonly Finding[]
} {
  const { policy, lives, open } = surveyRules(settings)
  const islands = findRoleIslands(policy, lives, issuersOf(settings))
  const warnings = [
    ...warnOfRules(lives, settings.auth.prefix),
    ...warnOfIslands(islands),
    ...findLoginFault(settings),
    ...findLongTokens(settings)
  ]
  return { open, warnings }
}
