import { hash, randomBytes, randomInt } from 'node:crypto'
import { generatePassword } from './generate-password.js'
import type { PasswordHasher } from './password-hasher.js'

/** How long a sample of the hashes that are kept is believed before another is taken. */
const SAMPLE_MS = 10 * 60_000

/** As many hashes of users that a directory keeps are remembered, as they are met. */
const MOST_MET = 64

export interface Decoys {
  /** A hash to hold a stranger's password against, whose cost is some user's; what comes of it is thrown away. */
  readonly of: (username: string) => Promise<string>
  /** Somebody tried to sign in as a user of a directory who has this hash. */
  readonly meet: (passwordHash: string) => void
}

/**
 * Makes up what a stranger costs. Where every hash is of one kind, it is that; where hashes of other programs are kept
 * too, each name, known or not, has a cost of its own that stays: a stranger's is that of a user drawn by the name
 * under a secret, so that the time tells at most what kinds of hashes there are. Nobody waits for a sample: whoever keeps
 * the hashes may be slow or away, and this gateway's own users sign in all the same. Some
 * directories cannot list their users: of those count, in each, whom somebody tried to sign in as.
 */
export function createDecoys(hasher: PasswordHasher, sampleHashes: () => Promise<readonly string[]>): Decoys {
  const secret = randomBytes(32).toString('base64')
  const ownDecoy = createOwnDecoy(hasher)
  let kept: readonly Drawable[] = []
  const met = new Map<string, Drawable>()
  let meetings = 0
  let takenMs = Number.NEGATIVE_INFINITY
  let taking = false

  // Of 32 bits that nobody is shown, nothing can be gone on with: it need not be an HMAC.
  const drawOf = (text: string) => Number.parseInt(hash('sha256', secret + text).slice(0, 8), 16)
  const toDrawable = (hash: string): Drawable => ({ hash, draw: drawOf(hash) })

  async function sample(): Promise<void> {
    taking = true
    try {
      // What no password fits costs nobody anything.
      kept = (await sampleHashes()).filter(hasher.reads).map(toDrawable)
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
      const drawn = drawFor(drawOf(username), kept, met.values())
      return drawn === undefined || drawn.startsWith(hasher.prefix()) ? own : drawn
    },
    meet(passwordHash) {
      if (met.has(passwordHash)) return
      meetings += 1
      // Each of all that were ever met is as likely to be among them (Vitter's algorithm R), so that they settle.
      if (met.size >= MOST_MET) {
        const place = randomInt(meetings)
        const [replaced] = place < MOST_MET ? [...met.keys()].slice(place) : []
        if (replaced === undefined) return
        met.delete(replaced)
      }
      met.set(passwordHash, toDrawable(passwordHash))
    }
  }
}

/** A hash, and where it stands when names draw. */
interface Drawable {
  readonly hash: string
  readonly draw: number
}

/**
 * The hash that ranks highest for the name (rendezvous hashing), so that one which comes or goes moves only the names
 * that draw it: a stranger's cost stays while more users are met.
 */
function drawFor(name: number, ...samples: readonly Iterable<Drawable>[]): string | undefined {
  let [drawn, highest]: [string | undefined, number] = [undefined, -1]
  for (const sample of samples) {
    for (const { hash, draw } of sample) {
      const rank = mix(name ^ draw)
      if (rank > highest) [drawn, highest] = [hash, rank]
    }
  }
  return drawn
}

/** Every bit of it depends on every bit of the argument: the last step of MurmurHash3. */
function mix(bits: number): number {
  const once = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35)
  return (twice ^ (twice >>> 16)) >>> 0
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
