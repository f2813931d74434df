/**
 * Requests that two templates fit, neither of them being the more concrete: `/a/public/admin` is of `/a/public/{x}` and
 * of `/a/{x}/admin`. OpenAPI leaves open which is meant and services differ in it, so such a request has to meet both.
 */
import type { Allow } from '../domain.js'
import { bothOf } from './both-of.js'
import { keyOf, nameOf, type Operation } from './operation.js'
import { rankOf } from './order-operations.js'

/** Overlaps of overlaps; documents that go deeper than this are made to. */
const mostRounds = 3
const mostOverlaps = 1000

interface Candidate {
  readonly operation: Operation
  readonly segments: readonly string[]
  /** To tell verdicts apart quickly. */
  readonly verdict: string
}

export interface Overlaps {
  /** Further operations, one for each such overlap of operations that ask for different things. */
  readonly overlaps: readonly Operation[]
  /** False: there are more. */
  readonly isComplete: boolean
}

export function findOverlaps(operations: readonly Operation[]): Overlaps {
  const known = new Set(operations.map(keyOf))
  const overlaps: Operation[] = []
  for (let round = 0; round < mostRounds; round++) {
    const before = overlaps.length
    for (const overlap of overlapsAmong([...operations, ...overlaps])) {
      if (known.has(keyOf(overlap))) continue
      if (overlaps.length === mostOverlaps) return { overlaps, isComplete: false }
      known.add(keyOf(overlap))
      overlaps.push(overlap)
    }
    if (overlaps.length === before) return { overlaps, isComplete: true }
  }
  return { overlaps, isComplete: false }
}

function* overlapsAmong(operations: readonly Operation[]): Generator<Operation> {
  for (const candidates of groupByShape(operations)) {
    for (const [index, one] of candidates.entries()) {
      for (const other of candidates.slice(index + 1)) {
        if (one.verdict === other.verdict) continue
        const segments = intersect(one.segments, other.segments)
        if (segments !== null) yield joined(one.operation, other.operation, segments)
      }
    }
  }
}

/** Only patterns of one method and length can fit one path; where `**` makes that untrue, the more concrete is plain. */
function groupByShape(operations: readonly Operation[]): readonly (readonly Candidate[])[] {
  const groups = new Map<string, Candidate[]>()
  for (const operation of operations) {
    const segments = operation.pattern.slice(1).split('/')
    if (segments.includes('**')) continue
    const shape = `${operation.method} ${segments.length}`
    const group = groups.get(shape) ?? []
    groups.set(shape, group)
    group.push({ operation, segments, verdict: verdictOf(operation.allow) })
  }
  return [...groups.values()]
}

const verdictOf = (allow: Allow): string => JSON.stringify(allow)

/** What both fit, segment by segment the more concrete one; null: nothing, or one of them is the more concrete. */
function intersect(one: readonly string[], other: readonly string[]): readonly string[] | null {
  const both: string[] = []
  let [oneIsCloser, otherIsCloser] = [false, false]
  for (const [index, mine] of one.entries()) {
    const yours = other[index] ?? ''
    const order = rankOf(mine) - rankOf(yours)
    if (order === 0 ? isLiteral(mine) && mine !== yours : !mayFit(order < 0 ? mine : yours, order < 0 ? yours : mine)) {
      return null
    }
    oneIsCloser ||= order < 0
    otherIsCloser ||= order > 0
    both.push(order > 0 ? yours : mine)
  }
  return oneIsCloser && otherIsCloser ? both : null
}

const isLiteral = (segment: string): boolean => rankOf(segment) === 0

/** Whether a literal fits a wildcard; an empty segment fits none. */
function mayFit(closer: string, wider: string): boolean {
  if (closer === '') return false
  const [prefix = '', ...rest] = wider.includes('*') && wider !== '*' ? wider.split('*') : ['', '']
  return !isLiteral(closer) || (closer.startsWith(prefix) && closer.endsWith(rest.at(-1) ?? ''))
}

function joined(one: Operation, other: Operation, segments: readonly string[]): Operation {
  return {
    ...one,
    // Two names of one pattern may come from both sides; a rule names no segment twice.
    pattern: `/${segments.map((segment, index) => (segment.startsWith('{') ? `{segment_${index + 1}}` : segment)).join('/')}`,
    id: null,
    summary: `Both ${nameOf(one)} and ${nameOf(other)}`,
    allow: bothOf(one.allow, other.allow),
    isStated: true,
    notes: [`OpenAPI leaves open which of ${nameOf(one)} and ${nameOf(other)} is meant here, so both must be met`]
  }
}
