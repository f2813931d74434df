/**
 * Which patterns of a policy can fit a path that another pattern fits too, in any letter case: a trie that is walked by
 * a pattern. It may name a few too many (two globs count as overlapping), and never one too few.
 */
import { createGlob } from '../glob.js'
import { anyRun, anySegment, anySegments, baseWay, read } from '../readings.js'

interface Node {
  readonly places: number[]
  readonly literals: Map<string, Node>
  readonly globs: Map<string, Node>
  one: Node | null
  /** Behind a `**`; a node of its own, which any segment leaves where it is. */
  deep: Node | null
  readonly isDeep: boolean
}

const createNode = (isDeep: boolean): Node => ({
  places: [],
  literals: new Map(),
  globs: new Map(),
  one: null,
  deep: null,
  isDeep
})

const childIn = (map: Map<string, Node>, segment: string): Node => {
  const child = map.get(segment) ?? createNode(false)
  map.set(segment, child)
  return child
}

const isAny = (segment: string): boolean => segment === anySegment || segment === anyRun

const childFor = (node: Node, segment: string): Node => {
  if (segment === anySegments) {
    if (node.isDeep) return node
    node.deep ??= createNode(true)
    return node.deep
  }
  if (isAny(segment)) {
    node.one ??= createNode(false)
    return node.one
  }
  return childIn(segment.includes(anyRun) ? node.globs : node.literals, segment)
}

const segmentsOf = (template: string): string[] => read(template, baseWay(true)).slice(1).split('/')

const childrenOf = ({ literals, globs, one, deep }: Node): Node[] => [
  ...literals.values(),
  ...globs.values(),
  ...[one, deep].filter((child) => child !== null)
]

/** Children that a segment of a pattern can lead to. */
const matching = (node: Node, segment: string): Node[] => {
  const { literals, globs, one } = node
  const found: Node[] = []
  if (segment === '') {
    const empty = literals.get('')
    return empty === undefined ? [] : [empty]
  }
  if (isAny(segment) || segment.includes(anyRun)) {
    const fits = isAny(segment) ? (text: string) => text !== '' : createGlob(segment)
    for (const [text, child] of literals) if (fits(text)) found.push(child)
    found.push(...globs.values())
  } else {
    const literal = literals.get(segment)
    if (literal !== undefined) found.push(literal)
    for (const [text, child] of globs) if (createGlob(text)(segment)) found.push(child)
  }
  if (one !== null) found.push(one)
  return found
}

/** Answers, for a template, the places of the templates that overlap it, in ascending order. */
export const createOverlaps = (templates: readonly string[]): ((template: string) => readonly number[]) => {
  const root = createNode(false)
  for (const [place, template] of templates.entries()) segmentsOf(template).reduce(childFor, root).places.push(place)

  return (template) => {
    const segments = segmentsOf(template)
    const places = new Set<number>()
    const seen = segments.map(() => new Set<Node>()).concat(new Set<Node>())
    const visit = (node: Node, at: number): void => {
      if (seen[at]?.has(node) !== false) return
      seen[at].add(node)
      if (node.deep !== null) visit(node.deep, at)
      const segment = segments[at]
      if (segment === undefined) {
        for (const place of node.places) places.add(place)
        return
      }
      if (node.isDeep) visit(node, at + 1)
      if (segment === anySegments) {
        visit(node, at + 1)
        for (const child of childrenOf(node)) visit(child, at)
      } else for (const child of matching(node, segment)) visit(child, at + 1)
    }
    visit(root, 0)
    return [...places].sort((one, other) => one - other)
  }
}
