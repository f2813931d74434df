/** An order in which the first rule that fits an operation's path is that operation's. */
import type { Operation } from './operation.js'

interface Node {
  readonly operations: Operation[]
  readonly children: Map<string, Node>
}

const createNode = (): Node => ({ operations: [], children: new Map() })

/** Literal before glob before whole segment before `**`. */
export function rankOf(segment: string): number {
  if (segment === '**') return 3
  if (segment === '*' || segment.startsWith('{')) return 2
  return segment.includes('*') ? 1 : 0
}

/**
 * Segment by segment, literal before template, as OpenAPI matches paths ("concrete definitions are matched before
 * their templated counterparts"); otherwise in the order of the document, what lies below a path right behind it.
 */
export function orderOperations(operations: readonly Operation[]): readonly Operation[] {
  const root = createNode()
  for (const operation of operations) {
    const segments = operation.pattern.slice(1).split('/')
    const node = segments.reduce((around, segment) => {
      const key = segment.startsWith('{') ? '{}' : segment
      const child = around.children.get(key) ?? createNode()
      around.children.set(key, child)
      return child
    }, root)
    node.operations.push(operation)
  }
  return flatten(root, '')
}

function flatten(node: Node, segment: string): readonly Operation[] {
  const inside = [...node.children]
    // The more of a glob is literal, the fewer segments fit it.
    .toSorted(([one], [other]) => rankOf(one) - rankOf(other) || (rankOf(one) === 1 ? other.length - one.length : 0))
    .flatMap(([key, child]) => flatten(child, key))
  // A final `**` takes whatever follows; any other end of a path takes nothing that is longer.
  return segment === '**' ? [...inside, ...node.operations] : [...node.operations, ...inside]
}
