/**
 * All patterns of a policy as a trie over segments. Where a pattern holds `**`, only its ends stand at a fixed place:
 * what precedes the first is walked from the start of a path, what follows the last, backwards from the end of it, and
 * what stands between two has to be looked for (`middles.ts`).
 */
import { createGlob, type Glob } from './glob.js'
import { anyRun, anySegment, anySegments } from './readings.js'

/** null: every one. */
type Methods = ReadonlySet<string> | null

/** A rule as the trie sees it; entries come in the order of the file. */
export interface Entry {
  readonly template: string
  readonly index: number
  readonly methods: Methods
  /** null: every one. */
  readonly hosts: ReadonlySet<string> | null
}

/** One of the rules that end at one place. */
export interface Choice {
  readonly index: number
  readonly methods: Methods
}

/** Greater than the index of any rule. */
export const noRule = 2 ** 30

export interface Node {
  /** The smallest index at or below: that of the entry which the node was made for. */
  readonly least: number
  /** The first rule that ends here for every host, or `noRule`, and its methods; they save a look into a list. */
  first: number
  methods: Methods
  /** The others for every host, while they can still be chosen. */
  later: Choice[] | null
  /** Those for some hosts. */
  byHost: Map<string, Choice[]> | null
  literals: Map<string, Node> | null
  globs: Map<string, GlobEdge> | null
  one: Node | null
  /** What follows a `**` here, backwards from the end of the pattern. */
  deep: Node | null
  /** What stands between a `**` here and another. */
  site: Site | null
}

interface GlobEdge {
  readonly fits: Glob
  readonly node: Node
}

/** Where a path may begin to have middles. */
export interface Site {
  /** How many segments precede it. */
  readonly from: number
  readonly byText: Map<string, Middle>
  /** Whether the path that is looked up begins so. */
  isReached: boolean
}

export interface Middle {
  readonly segments: readonly string[]
  readonly site: Site
  /** As `deep` of a node, behind the second `**`. */
  readonly deep: Node
}

export interface Trie {
  readonly root: Node
  readonly middles: readonly Middle[]
}

const createNode = (least: number): Node => ({
  least,
  first: noRule,
  methods: null,
  later: null,
  byHost: null,
  literals: null,
  globs: null,
  one: null,
  deep: null,
  site: null
})

export const getOrAdd = <K, T>(map: Map<K, T>, key: K, create: () => T): T => {
  const known = map.get(key)
  if (known !== undefined) return known
  const added = create()
  map.set(key, added)
  return added
}

/** What a segment of a template is that is no `**`. */
export const kindOf = (segment: string): 'one' | 'glob' | 'literal' => {
  if (segment === anySegment || segment === anyRun) return 'one'
  return segment.includes(anyRun) ? 'glob' : 'literal'
}

const childOf = (node: Node, segment: string, index: number): Node => {
  switch (kindOf(segment)) {
    case 'literal':
      node.literals ??= new Map()
      return getOrAdd(node.literals, segment, () => createNode(index))
    case 'glob':
      node.globs ??= new Map()
      return getOrAdd(node.globs, segment, () => ({ fits: createGlob(segment), node: createNode(index) })).node
    case 'one':
      node.one ??= createNode(index)
      return node.one
  }
}

const follow = (from: Node, segments: readonly string[], index: number): Node =>
  segments.reduce((node, segment) => childOf(node, segment, index), from)

const middleBehind = (node: Node, segments: readonly string[], from: number, index: number): Middle => {
  const site = node.site ?? { from, byText: new Map(), isReached: false }
  node.site = site
  return getOrAdd(site.byText, segments.join('/'), () => ({ segments, site, deep: createNode(index) }))
}

const deepBehind = (node: Node, index: number): Node => {
  node.deep ??= createNode(index)
  return node.deep
}

const end = (node: Node, { index, methods, hosts }: Entry): void => {
  if (hosts !== null) {
    node.byHost ??= new Map()
    for (const host of hosts) getOrAdd(node.byHost, host, (): Choice[] => []).push({ index, methods })
  } else if (node.first === noRule) {
    node.first = index
    node.methods = methods
  } else if (node.methods !== null) {
    node.later ??= []
    node.later.push({ index, methods })
  }
}

export const createTrie = (entries: readonly Entry[]): Trie => {
  const root = createNode(entries[0]?.index ?? 0)
  const middles = new Set<Middle>()

  /** A pattern holds two `**` at most, and two in a row are one. */
  const plant = ({ template, index }: Entry): Node => {
    const segments = template.slice(1).split('/')
    const first = segments.indexOf(anySegments)
    if (first === -1) return follow(root, segments, index)
    const last = segments.lastIndexOf(anySegments)
    const begin = follow(root, segments.slice(0, first), index)
    const tail = segments.slice(last + 1).reverse()
    if (last - first < 2) return follow(deepBehind(begin, index), tail, index)
    const middle = middleBehind(begin, segments.slice(first + 1, last), first, index)
    middles.add(middle)
    return follow(middle.deep, tail, index)
  }

  for (const entry of entries) end(plant(entry), entry)
  return { root, middles: [...middles] }
}
