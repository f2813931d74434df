import { availableParallelism } from 'node:os'
import { hash, verify } from '@node-rs/argon2'
import { createGate } from './gate.js'
import { opaquePassword } from './opaque-password.js'
import { UserMistake } from './user-mistake.js'

export interface PasswordHasherOptions {
  /** Hashes at once; each takes a core and `memoryKib`. */
  readonly concurrency?: number
  /** Hashes that may wait. */
  readonly queue?: number
  readonly memoryKib?: number
  readonly passes?: number
  readonly parallelism?: number
}

/** Both reject with `overloaded` when too many hashes wait already. */
export interface PasswordHasher {
  /** A PHC string; throws `UserMistake` for a password that cannot be hashed. */
  readonly hash: (password: string) => Promise<string>
  /** Rejects for a hash that is not of this kind. */
  readonly verify: (passwordHash: string, password: string) => Promise<boolean>
}

// Argon2 runs on libuv's threads, four unless told otherwise, which file and name look-ups of all requests need too.
const mostThreads = 3

/** Argon2id off the event loop (RFC 9106), by default with OWASP's least parameters: 19 MiB, two passes. */
export function createPasswordHasher(options: PasswordHasherOptions = {}): PasswordHasher {
  const { memoryKib = 19_456, passes = 2, parallelism = 1, queue = 256 } = options
  const { concurrency = Math.min(mostThreads, Math.max(1, availableParallelism() - 1)) } = options
  const parameters = { memoryCost: memoryKib, timeCost: passes, parallelism }
  const gate = createGate(concurrency, queue)

  return {
    hash: async (password) => {
      const opaque = opaquePassword(password)
      if (opaque === null) throw new UserMistake('bad_password', 'A password has 1 to 1024 bytes of well-formed text.')
      return gate(() => hash(opaque, parameters))
    },
    verify: async (passwordHash, password) => {
      const opaque = opaquePassword(password)
      return opaque !== null && gate(() => verify(passwordHash, opaque))
    }
  }
}
