/** What is left of several patterns after the first segments of a path: the states that paths are told apart by. */
import type { Meter } from './meter.js'
import { mayEnd, type Rest, takesEverything } from './rests.js'
import type { SegmentAutomaton } from './segment-automaton.js'
import type { Group } from './word-classes.js'

/** What may follow of the patterns at one point of a path. */
export interface State {
  readonly fits: readonly (readonly Rest[])[]
  readonly taken: ReadonlyMap<Rest, number>
  readonly methods: number
}

const byId = (one: Rest, other: Rest): number => one.id - other.id

/** A `**` can also be no segment at all. */
const enter = (rest: Rest, into: (rest: Rest) => void): void => {
  into(rest)
  if (rest.head === 'deep' && rest.next.head !== null) into(rest.next)
}

/** null: nothing can come of it any more. */
export const createState = (
  fits: readonly (readonly Rest[])[],
  taken: Iterable<readonly [Rest, number]>,
  methods: number
): State | null => {
  const entered = fits.map((rests) => {
    const set = new Set<Rest>()
    for (const rest of rests) enter(rest, (each) => set.add(each))
    return [...set].sort(byId)
  })
  if (entered.some((rests) => rests.length === 0)) return null
  const open = new Map<Rest, number>()
  let left = methods
  for (const [rest, bits] of taken) {
    if (takesEverything(rest)) left &= ~bits
    else enter(rest, (each) => open.set(each, (open.get(each) ?? 0) | bits))
  }
  if (left === 0) return null
  // What concerns other methods only makes no difference.
  const concerning = [...open].map(([rest, bits]) => [rest, bits & left] as const).filter(([, bits]) => bits !== 0)
  return { fits: entered, taken: new Map(concerning.sort(([one], [other]) => byId(one, other))), methods: left }
}

export const keyOf = ({ fits, taken, methods }: State): string => {
  let key = `${methods}`
  for (const rests of fits) {
    key += '|'
    for (const rest of rests) key += `${rest.id} `
  }
  key += '|'
  for (const [rest, bits] of taken) key += `${rest.id}:${bits} `
  return key
}

/** The methods left for a path that ends here, 0 if it may not. */
export const methodsAtEnd = ({ fits, taken, methods }: State): number => {
  if (!fits.every((rests) => rests.some(mayEnd))) return 0
  let left = methods
  for (const [rest, bits] of taken) if (rest.head === null) left &= ~bits
  return left
}

export const automataOf = (rests: Iterable<Rest>): SegmentAutomaton[] => {
  const automata = new Set<SegmentAutomaton>()
  for (const { head } of rests) if (head !== null && typeof head !== 'string') automata.add(head)
  return [...automata]
}

/** null: any word will do for it. */
export const groupOf = (rests: readonly Rest[]): Group | null =>
  rests.some(({ head }) => head === 'any' || head === 'deep') ? null : new Set(automataOf(rests))

/** What any segment that is not empty leaves of a rest. */
const afterAnyWord = (rest: Rest): Rest | null => {
  if (rest.head === 'deep') return rest
  return rest.head === 'any' ? rest.next : null
}

const afterEmpty = (rest: Rest): Rest | null => {
  if (rest.head === 'deep') return rest
  return rest.head === 'empty' ? rest.next : null
}

const afterWord = (rest: Rest, accepted: ReadonlySet<SegmentAutomaton>): Rest | null => {
  if (rest.head === null || typeof rest.head === 'string') return afterAnyWord(rest)
  return accepted.has(rest.head) ? rest.next : null
}

const existing = (rests: readonly (Rest | null)[]): Rest[] => rests.filter((rest) => rest !== null)

export const endWithEmpty = ({ fits, taken, methods }: State): number => {
  const ended = createState(
    fits.map((rests) => existing(rests.map(afterEmpty))),
    Array.from(taken, ([rest, bits]) => [afterEmpty(rest), bits] as const).filter(isThere),
    methods
  )
  return ended === null ? 0 : methodsAtEnd(ended)
}

const isThere = (pair: readonly [Rest | null, number]): pair is readonly [Rest, number] => pair[0] !== null

/** The states after a word, by what accepts it; made so that each costs what it keeps, not what it leaves behind. */
export const createSuccessors = ({ fits, taken, methods }: State, meter: Meter) => {
  meter.countSteps(taken.size)
  const always: (readonly [Rest, number])[] = []
  const ifAccepted = new Map<SegmentAutomaton, (readonly [Rest, number])[]>()
  for (const [rest, bits] of taken) {
    const next = afterAnyWord(rest)
    if (next !== null) always.push([next, bits])
    else if (rest.head !== null && typeof rest.head !== 'string') {
      const others = ifAccepted.get(rest.head)
      if (others === undefined) ifAccepted.set(rest.head, [[rest.next, bits]])
      else others.push([rest.next, bits])
    }
  }
  return (accepted: readonly SegmentAutomaton[]): State | null => {
    meter.countSteps(1 + always.length + accepted.length)
    const set = new Set(accepted)
    return createState(
      fits.map((rests) => existing(rests.map((rest) => afterWord(rest, set)))),
      [...always, ...accepted.flatMap((automaton) => ifAccepted.get(automaton) ?? [])],
      methods
    )
  }
}
