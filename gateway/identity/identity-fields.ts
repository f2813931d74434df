import type { Principal } from '../domain.js'
import { Problem } from '../problems.js'
import { fieldValue } from './field-value.js'
import { readSource } from './read-source.js'

/** All 64 roles of a user fit; beyond 8 KiB common servers read no field line. A longer value is refused, never cut. */
const LONGEST_VALUE = 8_000

/** The value, if it fits into a field. Throws a Problem (431) if not. */
export function fitting(value: string): string {
  if (value.length <= LONGEST_VALUE) return value
  throw new Problem('headers_too_large', { detail: 'The identity does not fit into a header field.' })
}

/**
 * Makes the function from a principal to the fields that tell the upstream who asks, flat (name, value, name, value …).
 * `headers` maps field names to claims. Lists are joined by commas. A value beyond 8000 bytes is a Problem (431).
 */
export function createIdentityFields(headers: Readonly<Record<string, string>>) {
  const fields = Object.entries(headers)
  // A principal lives as long as its token is remembered; its fields are prepared once.
  const prepared = new WeakMap<Principal, readonly string[]>()

  function prepare(principal: Principal): readonly string[] {
    const flat: string[] = []
    for (const [name, source] of fields) {
      const value = fieldValue(readSource(principal, source))
      if (value !== null) flat.push(name, fitting(value))
    }
    return flat
  }

  return function identityFields(principal: Principal): readonly string[] {
    let flat = prepared.get(principal)
    if (flat === undefined) {
      flat = prepare(principal)
      prepared.set(principal, flat)
    }
    return flat
  }
}
