/**
 * All patterns of a policy as one trie over segments, walked with the set of nodes that are still possible. Work is at
 * most segments × nodes, whatever the file and the path; there is nothing to backtrack to.
 */
import { createGlob, type Glob } from './glob.js'
import { anyRun, anySegment, anySegments } from './readings.js'

/** A rule as the trie sees it; entries come in the order of the file. */
export interface Entry {
  readonly template: string
  readonly index: number
  /** null: every one. */
  readonly methods: ReadonlySet<string> | null
  readonly hosts: ReadonlySet<string> | null
}

export interface Trie {
  /** Index of the first rule that fits, or -1. */
  readonly first: (path: string, method: string, host: string) => number
}

interface Node {
  /** The smallest index in this subtree. */
  least: number
  readonly entries: Entry[]
  literals: Map<string, Node> | null
  readonly globs: { readonly template: string; readonly fits: Glob; readonly node: Node }[]
  one: Node | null
  /** What follows a `**` here; it stays possible whatever comes. */
  deep: Node | null
  readonly isDeep: boolean
  /** Whether anything can follow. */
  isLeaf: boolean
  /** The step at which a `**` was last entered: it can be entered from above and from itself. */
  enteredAt: number
}

const none = Number.MAX_SAFE_INTEGER

const createNode = (isDeep: boolean): Node => ({
  least: none,
  entries: [],
  literals: null,
  globs: [],
  one: null,
  deep: null,
  isDeep,
  isLeaf: true,
  enteredAt: -1
})

const literalChild = (node: Node, segment: string): Node => {
  node.literals ??= new Map()
  const known = node.literals.get(segment)
  if (known !== undefined) return known
  const child = createNode(false)
  node.literals.set(segment, child)
  return child
}

const globChild = (node: Node, template: string): Node => {
  const known = node.globs.find((glob) => glob.template === template)
  if (known !== undefined) return known.node
  const child = createNode(false)
  node.globs.push({ template, fits: createGlob(template), node: child })
  return child
}

const childFor = (node: Node, segment: string): Node => {
  // Two `**` in a row are one.
  if (segment === anySegments && node.isDeep) return node
  node.isLeaf = false
  if (segment === anySegments) {
    node.deep ??= createNode(true)
    return node.deep
  }
  if (segment === anySegment || segment === anyRun) {
    node.one ??= createNode(false)
    return node.one
  }
  return segment.includes(anyRun) ? globChild(node, segment) : literalChild(node, segment)
}

const plant = (root: Node, entry: Entry): void => {
  let node = root
  node.least = Math.min(node.least, entry.index)
  for (const segment of entry.template.slice(1).split('/')) {
    node = childFor(node, segment)
    node.least = Math.min(node.least, entry.index)
  }
  node.entries.push(entry)
}

/**
 * Builds the trie once. What a walk keeps (the nodes possible, the best rule so far) lives here rather than in each
 * call, since walks never interleave and this is on the way of every request.
 */
export const createTrie = (entries: readonly Entry[]): Trie => {
  const root = createNode(false)
  for (const entry of entries) plant(root, entry)
  let active: Node[] = []
  let next: Node[] = []
  let possible = 0
  let best = none
  let step = 0
  let begin = 0

  const accept = (node: Node, method: string, host: string): void => {
    for (const { index, methods, hosts } of node.entries) {
      if (index >= best) return
      if ((methods === null || methods.has(method)) && (hosts === null || hosts.has(host))) best = index
    }
  }

  const enter = (node: Node, method: string, host: string): void => {
    if (node.least >= best) return
    next[possible++] = node
    const deep = node.deep
    if (deep === null || deep.enteredAt === step) return
    // A final `**` takes whatever follows, so its rules fit already now; only what stands behind it has to go on.
    if (deep.enteredAt < begin) accept(deep, method, host)
    deep.enteredAt = step
    if (!deep.isLeaf && deep.least < best) next[possible++] = deep
  }

  const advance = (node: Node, segment: string, method: string, host: string): void => {
    if (node.isLeaf || node.least >= best) return
    if (node.isDeep && node.enteredAt !== step) {
      node.enteredAt = step
      next[possible++] = node
    }
    const literal = node.literals?.get(segment)
    if (literal !== undefined) enter(literal, method, host)
    if (segment === '') return
    if (node.one !== null) enter(node.one, method, host)
    for (const glob of node.globs) if (glob.fits(segment)) enter(glob.node, method, host)
  }

  const first = (path: string, method: string, host: string): number => {
    begin = ++step
    best = none
    possible = 0
    enter(root, method, host)
    for (let from = 1, slash = 0; slash !== -1 && possible > 0; from = slash + 1) {
      slash = path.indexOf('/', from)
      const segment = slash === -1 ? path.slice(from) : path.slice(from, slash)
      const count = possible
      const spare = active
      active = next
      next = spare
      possible = 0
      step++
      // By index, since both lists keep the nodes of longer walks behind their end.
      for (let index = 0; index < count; index++) advance(active[index] ?? root, segment, method, host)
    }
    for (let index = 0; index < possible; index++) accept(next[index] ?? root, method, host)
    return best === none ? -1 : best
  }

  return { first }
}
