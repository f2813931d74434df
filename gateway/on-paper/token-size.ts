/** Whether every user that there may be can be issued a token. */
import { type Finding, type Settings, warningAt } from '../settings/index.js'
import { createTokenSizes } from '../tokens/index.js'

/** A warning where claims say so much of a user that no token may hold it. */
export function findLongTokens(settings: Settings): readonly Finding[] {
  const { canExceed, most } = createTokenSizes(settings)
  if (!canExceed) return []
  const message = `lets tokens become longer than ${most} characters, for users with many roles and attributes`
  return [warningAt(['tokens'], message, 'such users are refused: name each attribute in one claim, by a short name')]
}
