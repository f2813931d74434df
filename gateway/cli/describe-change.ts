/** Who gains or loses what by a change, in few words. The witness is what is proved; these words say what it is about. */

import type { Allow, Condition, Rule } from '../domain.js'
import type { JudgedChange } from '../on-paper/index.js'
import { findWho } from '../policy/index.js'
import { showAllow } from './show-allow.js'

/** A change, and the few words for it. */
export interface DescribedChange {
  readonly change: JudgedChange
  readonly who: string
  readonly where: string
}

/** `methods`: those that rules of either file name. */
export const describeChanges = (changes: readonly JudgedChange[], methods: readonly string[]): DescribedChange[] =>
  changes.map((change) => ({ change, who: whoChanges(change), where: whereChanges(change, methods) }))

const nobody: Allow = { kind: 'nobody' }
const mostNamed = 4

/** `role user`: those of the conditions that somebody meets who does not pass on the other side. */
function whoChanges(change: JudgedChange): string {
  const { direction, old: before, new: after, parameters } = change
  if (direction === 'reroute') return whoever(showAllow(after?.allow ?? nobody))
  const isGain = direction === 'gain'
  const [passes, fails] = isGain ? [after, before] : [before, after]
  const [ours, theirs] = isGain ? [parameters.new, parameters.old] : [parameters.old, parameters.new]
  const allow = passes?.allow ?? nobody
  if (allow.kind !== 'any') return showAllow(allow)
  const isNew = (condition: Condition) => {
    const found = findWho({ kind: 'any', of: [condition] }, fails?.allow ?? nobody, ours, theirs)
    return 'who' in found && found.who !== null
  }
  const named = allow.of
    .flatMap(splitRoles)
    .filter(isNew)
    .map((condition) => whoever(showAllow({ kind: 'any', of: [condition] })))
  if (named.length === 0) return whoever(showAllow(allow))
  const rest = named.length > mostNamed ? [`${named.length - mostNamed} more`] : []
  return [...named.slice(0, mostNamed), ...rest].join(', or ')
}

/** Words that can gain or lose something. */
function whoever(condition: string): string {
  if (/^(role|any)/.test(condition)) return condition
  return condition.startsWith('from ') ? `whoever is ${condition}` : `whoever has ${condition}`
}

/** Any role of three is three conditions of one. */
const splitRoles = (condition: Condition): readonly Condition[] =>
  condition.roles?.map((role) => ({ ...condition, roles: [role] })) ?? [condition]

/** `POST /api/orders/*`: where both rules decide, as far as patterns can say it. */
function whereChanges(change: JudgedChange, methods: readonly string[]): string {
  const { old: before, new: after, witness } = change
  const isHostNamed = [before, after].some((rule) => (rule?.hosts ?? null) !== null)
  const path = pathOf(before, after)
  return `${methodsOf(change, methods)}${isHostNamed ? witness.host : ''}${path}`
}

function pathOf(before: Rule | null, after: Rule | null): string {
  if (before === null || after === null) return (before ?? after)?.path ?? ''
  if (covers(before.path, after.path)) return after.path
  return covers(after.path, before.path) ? before.path : `${after.path} (where ${before.path} fits)`
}

/** Whether the one pattern plainly takes all that the other does; where it is not plain, no. */
function covers(wide: string, narrow: string): boolean {
  const ours = wide.slice(1).split('/')
  const theirs = narrow.slice(1).split('/')
  const isDeep = ours.at(-1) === '**'
  const before = isDeep ? ours.slice(0, -1) : ours
  if (isDeep ? theirs.length < before.length : theirs.length !== before.length) return false
  return before.every((segment, index) => {
    const other = theirs[index] ?? ''
    if (segment === other) return true
    return /^(\*|\{\w+\})$/.test(segment) && other !== '**' && other !== ''
  })
}

const unnamed = 'UNNAMED'

/** `GET, POST `, or nothing where it is every method; `named`: the methods of both files. */
function methodsOf({ old: before, new: after, witness, holdsFor }: JudgedChange, named: readonly string[]): string {
  if ((before?.methods ?? null) === null && (after?.methods ?? null) === null && named.length === 0) return ''
  const candidates = [...new Set([...named, witness.method, unnamed])]
  const chosen = candidates.filter((method) => method === witness.method || holdsFor(method))
  const left = candidates.filter((method) => !chosen.includes(method))
  if (left.length === 0) return ''
  if (chosen.includes(unnamed)) return `every method but ${withoutHead(left)} of `
  return `${withoutHead(chosen)} `
}

const withoutHead = (methods: readonly string[]) =>
  methods.filter((method) => method !== 'HEAD' || !methods.includes('GET')).join(', ')
