/**
 * The walk through the trie of a policy. Each node stands at one distance from the start of a path, or from its end,
 * so a look-up enters it at most once: its work is bounded by the size of the policy, however long the path.
 */
import { createMiddles } from './middles.js'
import { type Choice, createTrie, type Entry, type Node, noRule } from './trie.js'

export interface Matcher {
  /** Index of the first rule that fits, or -1. */
  readonly first: (path: string, method: string, host: string) => number
}

/**
 * Builds the matcher once. What a walk keeps (the segments read, the best rule so far) lives here rather than in each
 * call, since walks never interleave and this is on the way of every request.
 */
export const createMatcher = (entries: readonly Entry[]): Matcher => {
  const { root, middles } = createTrie(entries)
  const { reach, anyReached, search } = createMiddles(middles)
  const segments: string[] = []
  let count = 0
  let unread = 0
  let path = ''
  let method = ''
  let host = ''
  let best = noRule

  const readNext = (): boolean => {
    if (unread > path.length) return false
    const slash = path.indexOf('/', unread)
    const end = slash === -1 ? path.length : slash
    segments[count++] = path.slice(unread, end)
    unread = end + 1
    return true
  }

  const accept = (choices: readonly Choice[]): void => {
    for (const { index, methods } of choices) {
      if (index >= best) return
      if (methods === null || methods.has(method)) best = index
    }
  }

  const fit = ({ first, methods, later, byHost }: Node): void => {
    if (first < best && (methods === null || methods.has(method))) best = first
    if (later !== null) accept(later)
    const forHost = byHost?.get(host)
    if (forHost !== undefined) accept(forHost)
  }

  /** What follows a `**` begins at `floor` or after it, and ends where the path does. */
  const walkBack = (deep: Node, floor: number): void => {
    while (readNext());
    walk(deep, count - 1, -1, floor)
  }

  const enterDeep = (deep: Node, floor: number): void => {
    if (deep.literals !== null || deep.one !== null || deep.globs !== null) walkBack(deep, floor)
    else if (deep.least < best) fit(deep)
  }

  /** Forwards, a rule fits where the path ends; backwards, at once, and segments before `floor` are not to be taken. */
  const walk = (start: Node, from: number, step: 1 | -1, floor: number): void => {
    let node: Node | null = start
    for (let at = from; node !== null && node.least < best; at += step) {
      if (node.deep !== null) enterDeep(node.deep, at)
      if (node.site !== null) reach(node.site)
      const isOver = step === 1 ? at === count && !readNext() : at < floor
      if (isOver || step === -1) fit(node)
      if (isOver) return
      const segment = segments[at] ?? ''
      const literal: Node | null = node.literals?.get(segment) ?? null
      // No wildcard takes an empty segment.
      const one: Node | null = segment === '' ? null : node.one
      if (node.globs !== null)
        for (const { fits, node: child } of node.globs.values()) if (fits(segment)) walk(child, at + step, step, floor)
      if (literal !== null && one !== null) walk(literal, at + step, step, floor)
      node = one ?? literal
    }
  }

  const isWanted = (deep: Node): boolean => deep.least < best

  const first = (soughtPath: string, soughtMethod: string, soughtHost: string): number => {
    path = soughtPath
    method = soughtMethod
    host = soughtHost
    unread = 1
    count = 0
    best = noRule
    walk(root, 0, 1, 0)
    if (anyReached()) {
      while (readNext());
      search(segments, count, isWanted, walkBack)
    }
    return best === noRule ? -1 : best
  }

  return { first }
}
