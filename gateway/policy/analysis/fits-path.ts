/** Whether one path fits a pattern: the walk of `find-path.ts` for a path that is known. */
import type { Letter } from './letters.js'
import { mayEnd, type Rest } from './rests.js'
import { dead } from './segment-automaton.js'

const takesSegment = (rest: Rest, letters: readonly Letter[]): boolean => {
  const { head } = rest
  if (head === null) return false
  if (head === 'deep') return true
  if (head === 'empty' || letters.length === 0) return head === 'empty' && letters.length === 0
  if (head === 'any') return true
  let state = 0
  for (const letter of letters) {
    state = head.step(state, letter)
    if (state === dead) return false
  }
  return head.accepts(state)
}

/** A rest, and what follows it where it begins with a `**` that can be nothing. */
const enter = (rest: Rest | null, into: Set<Rest>): void => {
  if (rest === null) return
  into.add(rest)
  if (rest.head === 'deep') into.add(rest.next)
}

export const fitsPath = (pattern: Rest, segments: readonly (readonly Letter[])[]): boolean => {
  let rests = new Set<Rest>()
  enter(pattern, rests)
  for (const letters of segments) {
    const next = new Set<Rest>()
    for (const rest of rests) {
      if (takesSegment(rest, letters)) enter(rest.head === 'deep' ? rest : rest.head === null ? null : rest.next, next)
    }
    if (next.size === 0) return false
    rests = next
  }
  return [...rests].some(mayEnd)
}
