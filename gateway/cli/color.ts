import type { Environment } from './read-settings.js'

/**
 * Whether to write in colour: on a terminal, unless NO_COLOR (no-color.org) or a dumb terminal says no; FORCE_COLOR
 * says yes or, by 0, no, whatever the rest.
 */
export function wantsColor(stream: { readonly isTTY?: boolean }, environment: Environment): boolean {
  const { FORCE_COLOR: forced, NO_COLOR: refused, TERM: terminal } = environment
  if (forced !== undefined) return forced !== '0' && forced !== 'false'
  return stream.isTTY === true && (refused === undefined || refused === '') && terminal !== 'dumb'
}
