import { readFileSync } from 'node:fs'

/** For the store, its log and index, keys, logs, watches, the operator's doors, and Node itself. */
const RESERVED = 64
const FEWEST_CONNECTIONS = 16

/** How many descriptors the process may have open; null where the system does not say. */
export function readDescriptorLimit(): number | null {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? []
    return soft === undefined ? null : Number(soft)
  } catch {
    return null
  }
}

/**
 * How many connections can be let in without taking the descriptors that their requests need to reach an upstream: one
 * for a connection, one more for a request in flight. Where there are too few for both, half of them are for connections.
 */
export function affordableConnections(
  { maxConnections, maxRequests }: { readonly maxConnections: number; readonly maxRequests: number },
  descriptors: number | null
): number {
  if (descriptors === null) return maxConnections
  const left = descriptors - RESERVED
  return Math.min(maxConnections, Math.max(left - maxRequests, Math.floor(left / 2), FEWEST_CONNECTIONS))
}
