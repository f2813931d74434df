import { createHmac, randomBytes } from 'node:crypto'
import { generatePassword } from './generate-password.js'
import type { PasswordHasher } from './password-hasher.js'

/** How long a sample of the hashes that are kept is believed before another is taken. */
const SAMPLE_MS = 10 * 60_000

export interface Decoys {
  /** A hash to hold a stranger's password against, whose cost is some user's; what comes of it is thrown away. */
  readonly of: (username: string) => Promise<string>
}

/**
 * Makes up what a stranger costs. Where every hash is of one kind, it is that; where hashes of other programs are kept
 * too, each name, known or not, has a cost of its own that stays: a stranger's is that of a user drawn by the name
 * under a secret, so that the time tells at most what kinds of hashes there are. Nobody waits for a sample: whoever keeps
 * the hashes may be slow or away, and this gateway's own users sign in all the same.
 */
export function createDecoys(hasher: PasswordHasher, sampleHashes: () => Promise<readonly string[]>): Decoys {
  const secret = randomBytes(32)
  const ownDecoy = createOwnDecoy(hasher)
  let kept: readonly string[] = []
  let takenMs = Number.NEGATIVE_INFINITY
  let taking = false

  async function sample(): Promise<void> {
    taking = true
    try {
      kept = await sampleHashes()
      takenMs = performance.now()
    } catch {
      // A store or directory that fails says so by itself, to whoever signs in.
    } finally {
      taking = false
    }
  }
  void sample()

  return {
    async of(username) {
      const own = await ownDecoy()
      if (!taking && performance.now() - takenMs > SAMPLE_MS) void sample()
      const draw = createHmac('sha256', secret).update(username).digest().readUInt32BE()
      const drawn = kept[draw % Math.max(1, kept.length)]
      const isForeign = drawn !== undefined && hasher.reads(drawn) && !hasher.isOwn(drawn)
      return isForeign ? drawn : own
    }
  }
}

/** A hash of the present cost whose password nobody knows, so that no guess fits it. */
function createOwnDecoy(hasher: PasswordHasher): () => Promise<string> {
  let decoy: { readonly prefix: string; readonly hash: Promise<string> } | null = null
  const make = () => {
    const made = { prefix: hasher.prefix(), hash: hasher.hash(generatePassword()) }
    // A failure is met by whoever authenticates now, known name or not, and is not kept for those who come later.
    made.hash.catch(() => {
      if (decoy === made) decoy = null
    })
    decoy = made
    return made
  }
  make()
  return () => (decoy === null || decoy.prefix !== hasher.prefix() ? make() : decoy).hash
}
