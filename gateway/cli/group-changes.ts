import type { Rule } from '../domain.js'
import type { DescribedChange } from './describe-change.js'

export interface Group {
  /** Whose rule all of them share. */
  readonly side: 'old' | 'new'
  readonly group: readonly DescribedChange[]
}

const keyOf = (side: Group['side'], { change, who }: DescribedChange) => {
  const rule: Rule | null = change[side]
  return `${side} ${rule?.index ?? 'none'} ${who}`
}

/**
 * Changes of one direction, those together that one rule makes for the same people: a rule that is put in front of many
 * or taken away from before them is one thing to read about.
 */
export function groupChanges(changes: readonly DescribedChange[]): readonly Group[] {
  const sizes = new Map<string, number>()
  for (const change of changes) {
    for (const side of ['old', 'new'] as const) {
      const key = keyOf(side, change)
      sizes.set(key, (sizes.get(key) ?? 0) + 1)
    }
  }
  const sizeOf = (side: Group['side'], change: DescribedChange) => sizes.get(keyOf(side, change)) ?? 0
  const groups = new Map<string, { readonly side: Group['side']; readonly group: DescribedChange[] }>()
  for (const change of changes) {
    const side = sizeOf('old', change) > sizeOf('new', change) ? 'old' : 'new'
    const key = keyOf(side, change)
    const known = groups.get(key)
    if (known === undefined) groups.set(key, { side, group: [change] })
    else known.group.push(change)
  }
  return [...groups.values()]
}
