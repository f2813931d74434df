/** The text of an OpenAPI document → its operations in terms of a policy, or every mistake that stands in the way. */
import { findOverlaps } from './find-overlaps.js'
import type { Operation, Server } from './operation.js'
import { orderOperations } from './order-operations.js'
import { below, isMembers, member, type Pointer, rootPointer } from './pointer.js'
import { type Place, readDocument } from './read-document.js'
import { createOperationReader } from './read-operations.js'
import { settleRivals } from './settle-rivals.js'

export interface SpecMistake {
  /** RFC 6901; empty for the document itself. */
  readonly pointer: string
  readonly place: Place | null
  readonly message: string
}

/** An operation that no pattern can say. */
export interface Unwritten {
  readonly operation: Operation
  readonly because: string
}

export interface Api {
  readonly title: string
  readonly version: string
  /** In an order in which the first rule that fits is the right one. */
  readonly operations: readonly Operation[]
  /** Requests that two of the operations fit, as operations of their own. */
  readonly overlaps: readonly Operation[]
  readonly unwritten: readonly Unwritten[]
  readonly servers: readonly Server[]
  /** Of the document as a whole; those of operations are their notes. */
  readonly notes: readonly string[]
  /** null: the document is too large to look lines up in. */
  readonly lineOf: (operation: Operation) => number | null
}

export type ReadApi = { readonly api: Api } | { readonly mistakes: readonly SpecMistake[] }

export interface ApiOptions {
  /** What is wrong with a pattern of a rule; null: nothing. */
  readonly faultOfPattern: (pattern: string) => string | null
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Reads JSON or YAML of OpenAPI 3.0 and 3.1, and of Swagger 2.0. */
export function readApi(text: string, { faultOfPattern }: ApiOptions): ReadApi {
  const read = readDocument(text)
  if ('fault' in read) return { mistakes: [{ pointer: '', place: read.place, message: read.fault }] }
  const { value: root, placeOf } = read
  const mistakes: SpecMistake[] = []
  const told = new Set<string>()
  const refuse = (pointer: Pointer, message: string): void => {
    // What all operations share is read with each of them.
    if (told.has(`${pointer} ${message}`)) return
    told.add(`${pointer} ${message}`)
    mistakes.push({ pointer, place: placeOf(pointer), message })
  }
  const version = versionOf(root)
  if ('fault' in version) refuse(rootPointer, version.fault)
  else if (!isMembers(member(root, 'paths'))) refuse(rootPointer, 'has no paths')
  if (mistakes.length > 0) return { mistakes }
  const reader = createOperationReader(root, refuse)
  const operations = settleRivals(reader.readOperations())
  const faults = new Map(operations.map((operation) => [operation, faultOfPattern(operation.pattern)]))
  const writable = operations.filter((operation) => faults.get(operation) === null)
  if (mistakes.length === 0) {
    const fault = faultOfAll(operations, writable, faults)
    if (fault !== null) refuse(below(rootPointer, 'paths'), fault)
  }
  if (mistakes.length > 0) return { mistakes }
  const { overlaps, isComplete } = findOverlaps(writable)
  return {
    api: {
      title: textOf(member(member(root, 'info'), 'title')) || 'an API',
      version: textOf(member(member(root, 'info'), 'version')),
      operations: orderOperations(writable),
      overlaps,
      unwritten: operations.flatMap((operation) => {
        const because = faults.get(operation) ?? null
        return because === null ? [] : [{ operation, because }]
      }),
      servers: reader.servers(),
      notes: [...reader.notes(), ...(isComplete ? [] : [tooManyOverlaps])],
      lineOf: ({ pointer }) => placeOf(pointer)?.line ?? null
    }
  }
}

/** As many rules as a settings file may hold. */
const mostOperations = 10_000
const tooManyOverlaps = 'more requests fit two of its operations than are looked at: some need only meet one of them'

function faultOfAll(
  operations: readonly Operation[],
  writable: readonly Operation[],
  faults: ReadonlyMap<Operation, string | null>
): string | null {
  const [fault] = faults.values()
  if (operations.length > mostOperations) return `has more than ${mostOperations} operations`
  if (writable.length > 0) return null
  return `has no operation${typeof fault === 'string' ? ` that a rule can be written for: ${fault}` : 's'}`
}

function versionOf(root: unknown): { readonly fault: string } | { readonly version: string } {
  const [openapi, swagger] = [member(root, 'openapi'), member(root, 'swagger')]
  // Without quotes YAML reads 2.0 as a number.
  const version = String(openapi ?? (swagger === 2 ? '2.0' : swagger))
  if (openapi === undefined && swagger === undefined) {
    return { fault: 'is no OpenAPI document: it must begin with openapi: 3.x or swagger: "2.0"' }
  }
  return /^(3\.[01](\.|$)|2\.0$)/.test(version)
    ? { version }
    : { fault: `is of version ${version.slice(0, 20)}: 3.0, 3.1 and 2.0 are read` }
}
