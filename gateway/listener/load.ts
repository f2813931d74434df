import { totalmem } from 'node:os'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Why a request is not even looked at. */
export type Overload = 'requests' | 'memory'

/** In octets. */
export interface MemoryUse {
  /** Of JavaScript's heap, garbage included. */
  readonly heap: number
  /** Of buffers outside of it. */
  readonly external: number
}

export interface LoadOptions {
  readonly maxRequests: () => number
  /** Octets; null: what the process may have says it. */
  readonly maxMemory: () => number | null
  readonly readUse?: () => MemoryUse
  readonly collect?: () => void
}

const LOOK_EVERY_MS = 250
/** A full collection stops the process for about a millisecond a megabyte in use. */
const COLLECT_EVERY_MS = 10_000
/** Of the heap's own limit, beyond which V8 ends the process: the rest is for the requests in flight. */
const HEAP_SHARE = 0.85
/** Of the memory of the machine or container: the rest is for code, stacks, the store's cache and password hashes. */
const SYSTEM_SHARE = 0.7
/** Under this share of the limit there is enough again. */
const ENOUGH = 0.9

function readHeapUse(): MemoryUse {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics()
  return { heap, external }
}

/** Asks V8 for a full collection; Node offers it behind a flag alone, which may be set late. */
function createCollect(): () => void {
  let collect: (() => void) | null = null
  return () => {
    if (collect === null) {
      setFlagsFromString('--expose-gc')
      collect = runInNewContext('gc') as () => void
    }
    collect()
  }
}

/** What the system lets the process have; a container's limit where there is one. */
function systemMemory(): number {
  const constrained = process.constrainedMemory?.() ?? 0
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
}

/**
 * Tells whether there is too much to do. Of memory, what JavaScript uses counts and not the resident set, which the
 * allocator gives back late or never: a gateway that has once been large would refuse for ever. Garbage does not count,
 * either: before anything is refused it is collected, and again from time to time, since who refuses makes little of it.
 */
export function createLoad(options: LoadOptions) {
  const { maxRequests, maxMemory, readUse = readHeapUse, collect = createCollect() } = options
  const mostHeap = getHeapStatistics().heap_size_limit * HEAP_SHARE
  const mostByDefault = Math.min(mostHeap, systemMemory() * SYSTEM_SHARE)
  let isShort = false
  let collectedMs = Number.NEGATIVE_INFINITY

  /** How much of what may be used is: 1 is all of it. */
  function share(): number {
    const { heap, external } = readUse()
    return Math.max(heap / mostHeap, (heap + external) / (maxMemory() ?? mostByDefault))
  }

  const isOver = () => share() >= (isShort ? ENOUGH : 1)

  function look(): void {
    if (isOver() && performance.now() - collectedMs >= COLLECT_EVERY_MS) {
      collect()
      collectedMs = performance.now()
    }
    isShort = isOver()
  }

  const timer = setInterval(look, LOOK_EVERY_MS)
  timer.unref()

  return {
    look,
    /** Why a request beyond those in flight is refused; null: it is not. */
    overload(inFlight: number): Overload | null {
      if (isShort) return 'memory'
      return inFlight >= maxRequests() ? 'requests' : null
    },
    close: () => clearInterval(timer)
  }
}
