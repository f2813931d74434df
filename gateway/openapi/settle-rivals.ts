import { bothOf } from './both-of.js'
import { keyOf, nameOf, type Operation } from './operation.js'

/** Of operations that one pattern and method fits only the first can ever be chosen, so it asks for what each of them does. */
export function settleRivals(operations: readonly Operation[]): readonly Operation[] {
  const byKey = new Map<string, Operation[]>()
  for (const operation of operations) {
    const alike = byKey.get(keyOf(operation))
    if (alike === undefined) byKey.set(keyOf(operation), [operation])
    else alike.push(operation)
  }
  return [...byKey.values()].flatMap(([first, ...others]) => {
    if (first === undefined || others.length === 0) return first ?? []
    const allow = others.reduce((sum, other) => bothOf(sum, other.allow), first.allow)
    const note = `${others.map(nameOf).join(', ')} has the same pattern, so this rule asks for all that they do`
    return [
      {
        ...first,
        allow,
        isStated: others.every(({ isStated }) => isStated) && first.isStated,
        notes: [...first.notes, note]
      }
    ]
  })
}
