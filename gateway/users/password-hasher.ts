import { availableParallelism } from 'node:os'
import { hash } from '@node-rs/argon2'
import { createGate } from './gate.js'
import { readHash, readsHash } from './hash-formats/read-hash.js'
import { opaquePassword } from './opaque-password.js'
import { UserMistake } from './user-mistake.js'

/** What a hash costs whoever computes it. */
export interface HashCost {
  readonly memoryKib: number
  readonly passes: number
  readonly parallelism: number
}

export interface PasswordHasherOptions extends Partial<HashCost> {
  /** Hashes at once; each takes a core and `memoryKib`. */
  readonly concurrency?: number
  /** Hashes that may wait. */
  readonly queue?: number
}

/** Hashing and verifying reject with `overloaded` when too many hashes wait already. */
export interface PasswordHasher {
  /** A PHC string; throws `UserMistake` for a password that cannot be hashed. */
  readonly hash: (password: string) => Promise<string>
  /** Of any format that is known; false for another one. */
  readonly verify: (passwordHash: string, password: string) => Promise<boolean>
  /** Whether some password could fit it. */
  readonly reads: (passwordHash: string) => boolean
  /** The start of every hash that is made now, parameters included; one with another start was made otherwise. */
  readonly prefix: () => string
  /** Hashes made from now on cost this. */
  readonly adopt: (cost: HashCost) => void
}

// Argon2 runs on libuv's threads, four unless told otherwise, which file and name look-ups of all requests need too.
const mostThreads = 3

/** Argon2id off the event loop (RFC 9106), by default with OWASP's least parameters: 19 MiB, two passes. */
export function createPasswordHasher(options: PasswordHasherOptions = {}): PasswordHasher {
  const { memoryKib = 19_456, passes = 2, parallelism = 1, queue = 256 } = options
  const { concurrency = Math.min(mostThreads, Math.max(1, availableParallelism() - 1)) } = options
  let cost: HashCost = { memoryKib, passes, parallelism }
  const gate = createGate(concurrency, queue)

  return {
    hash: async (password) => {
      const opaque = opaquePassword(password)
      if (opaque === null) throw new UserMistake('bad_password', 'A password has 1 to 1024 bytes of well-formed text.')
      return gate(() =>
        hash(opaque, { memoryCost: cost.memoryKib, timeCost: cost.passes, parallelism: cost.parallelism })
      )
    },
    verify: async (passwordHash, password) => {
      const opaque = opaquePassword(password)
      const kept = readHash(passwordHash)
      if (opaque === null || kept === null) return false
      return gate(() => kept.verify(kept.of === 'opaque' ? opaque : password))
    },
    reads: readsHash,
    prefix: () => `$argon2id$v=19$m=${cost.memoryKib},t=${cost.passes},p=${cost.parallelism}$`,
    adopt: (next) => {
      cost = next
    }
  }
}
