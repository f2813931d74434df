import { EXACT_ONLY, foldName, REROUTING, WELL_KNOWN_IDENTITY } from './request-headers.js'

export interface ClientFieldsOptions {
  /** Names that whoever forwards the request sets or removes itself, in exactly this spelling. */
  readonly overwritten: readonly string[]
  /** More names that no client may send. */
  readonly strip: readonly string[]
}

/**
 * What the gateway drops when it forwards, for requests that somebody else forwards: fields that would identify or
 * re-route, compared folded as everywhere.
 */
export function createClientFields({ overwritten, strip }: ClientFieldsOptions) {
  const dropped = [...WELL_KNOWN_IDENTITY, ...REROUTING, ...strip.map(foldName)]
  const forbidden = new Set([...dropped, ...EXACT_ONLY, ...overwritten.map(foldName)])
  const exempt = new Set([...EXACT_ONLY, ...overwritten.map((name) => name.toLowerCase())])
  return {
    /** Names to have removed, lower case, beside those that are overwritten. */
    dropped: [...new Set(dropped)].filter((name) => !exempt.has(name)),
    /** A name of these that one of the fields reads as, or null. */
    find(rawHeaders: readonly string[]): string | null {
      for (let i = 0; i < rawHeaders.length; i += 2) {
        const name = rawHeaders[i] ?? ''
        const folded = foldName(name)
        if (forbidden.has(folded) && !exempt.has(name.toLowerCase())) return folded
      }
      return null
    }
  }
}
