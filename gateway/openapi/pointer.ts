/** JSON pointers (RFC 6901), and the `$ref` of one part of a document to another. */
declare const pointer: unique symbol

export type Pointer = string & { readonly [pointer]: true }

export const rootPointer = '' as Pointer

export const below = (around: Pointer, ...steps: readonly (string | number)[]): Pointer =>
  (around + steps.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')) as Pointer

export const stepsOf = (pointer: Pointer): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))

export type Members = Readonly<Record<string, unknown>>

export const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A member that the document itself wrote: `constructor` is a name like any other. */
export const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined

/** Longer chains have no use; a circle has no end. */
const mostHops = 16

export type Resolved = { readonly value: unknown; readonly pointer: Pointer } | { readonly fault: string }

/** What stands at a place of the document once its `$ref`, if it is one, is followed. */
export function resolve(root: unknown, value: unknown, at: Pointer): Resolved {
  let found = value
  let place = at
  for (let hop = 0; hop <= mostHops; hop++) {
    const reference = member(found, '$ref')
    if (typeof reference !== 'string') return { value: found, pointer: place }
    if (!reference.startsWith('#')) {
      return { fault: 'refers to another document: bundle all of them into one first' }
    }
    const steps = stepsOfFragment(reference)
    if (steps === null) return { fault: '$ref is no JSON pointer' }
    found = steps.reduce(member, root)
    place = below(rootPointer, ...steps)
    if (found === undefined) return { fault: '$ref leads nowhere' }
  }
  return { fault: '$ref leads in a circle' }
}

/** RFC 6901 §6: the fragment of a URI, so percent-encoded. */
function stepsOfFragment(reference: string): string[] | null {
  try {
    const decoded = decodeURIComponent(reference.slice(1))
    return decoded === '' || decoded.startsWith('/') ? stepsOf(decoded as Pointer) : null
  } catch {
    return null
  }
}
