/** Paths on which a pair of conditions is compared: claims bound to segments make who passes depend on the path. */
import { parseCanonicalPath } from '../../canonical-path.js'
import type { Allow } from '../../domain.js'
import type { Area } from './areas.js'
import { boundValues } from './bound-values.js'
import type { Issuers } from './identities.js'
import { LimitMet } from './meter.js'

export interface Bindable {
  readonly allow: Allow
  readonly area: Area
  /** Where names stand in the path, negative from its end. */
  readonly positions: ReadonlyMap<string, number>
}

/** Each costs a search of its own. */
const maxCombinations = 256

/** null: no path analysed has such a segment. */
const asSegment = (value: string): string | null => {
  let text: string
  try {
    text = encodeURIComponent(value)
  } catch {
    return null
  }
  const parsed = parseCanonicalPath(`/${text}`)
  return 'path' in parsed && parsed.oddities === 0 && parsed.path.length > 1 ? parsed.path.slice(1) : null
}

const pin = ({ area, positions }: Bindable, name: string, segment: string): Area | null => {
  const position = positions.get(name)
  if (position === undefined) return null
  const segments = area.template.slice(1).split('/')
  segments[position < 0 ? segments.length + position : position] = segment
  return { template: `/${segments.join('/')}`, reading: 'exact', hosts: null, methods: null }
}

/** Whether who passes depends on the path. */
export const isBound = ({ allow }: Bindable): boolean =>
  allow.kind === 'any' &&
  allow.of.some(({ claims = {} }) => Object.values(claims).some((of) => of.some((each) => 'segment' in each)))

/** By place: what to try there, each as an area that the path must be in too. */
const choices = (one: Bindable, other: Bindable, issuers: Issuers): ReadonlyMap<number, readonly Area[]> => {
  const places = new Map<number, Map<string, Area>>()
  for (const values of [boundValues(one.allow, other.allow, issuers), boundValues(other.allow, one.allow, issuers)]) {
    for (const [name, words] of values) {
      for (const bindable of [one, other]) {
        const position = bindable.positions.get(name)
        if (position === undefined || !isBound(bindable)) continue
        const known = places.get(position) ?? new Map<string, Area>()
        places.set(position, known)
        for (const word of words) {
          const segment = asSegment(word)
          const area = segment === null ? null : pin(bindable, name, segment)
          if (segment !== null && area !== null && !known.has(segment)) known.set(segment, area)
        }
      }
    }
  }
  return new Map([...places].map(([position, areas]) => [position, [...areas.values()]]))
}

/**
 * What to ask of paths besides the two areas, so that comparing on one path of each is complete: nothing at first, then
 * every combination of the values that tell. Throws LimitMet where they are too many.
 */
export const segmentsToTry = (one: Bindable, other: Bindable, issuers: Issuers): readonly (readonly Area[])[] => {
  if (!isBound(one) && !isBound(other)) return [[]]
  let combinations: (readonly Area[])[] = [[]]
  for (const areas of choices(one, other, issuers).values()) {
    combinations = combinations.flatMap((chosen) => [chosen, ...areas.map((area) => [...chosen, area])])
    if (combinations.length > maxCombinations) throw new LimitMet('combinations of bound segments', maxCombinations)
  }
  return combinations
}
