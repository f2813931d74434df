import { readSeconds } from './duration.js'

/** A dictionary of Django's settings, as JSON. */
export type Section = Readonly<Record<string, unknown>>

export const isSection = (value: unknown): value is Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `rest_framework.permissions.IsAuthenticated` → `IsAuthenticated`, also out of what `str` makes of a class. */
export const classNameOf = (dotted: string) =>
  dotted
    .replace(/^<class '|'>$/g, '')
    .split('.')
    .at(-1) ?? ''

/** Reads one section, noting what is not as it should be. */
export function createReader(section: Section, notes: string[]) {
  const known = (name: string) => (Object.hasOwn(section, name) ? section[name] : undefined)
  return {
    text(name: string, otherwise: string): string {
      const value = known(name)
      if (value === null) notes.push(`${name} is None: the gateway always has this claim, and calls it ${otherwise}`)
      return typeof value === 'string' && value !== '' ? value : otherwise
    },
    seconds(name: string, otherwise: number, least = 1): number {
      const value = known(name)
      const seconds = value === undefined ? otherwise : readSeconds(value)
      if (seconds === null) notes.push(`${name} is no time that can be read: ${otherwise} seconds are written instead`)
      if (seconds !== null && seconds < least) notes.push(`${name} is less than ${least} second, which is the least`)
      return Math.max(least, seconds ?? otherwise)
    },
    texts(name: string, otherwise: readonly string[]): readonly string[] {
      const value = known(name)
      const list = typeof value === 'string' ? [value] : Array.isArray(value) ? value : []
      const texts = list.filter((one): one is string => typeof one === 'string' && one !== '')
      return texts.length === 0 ? otherwise : texts
    },
    value: known
  }
}
