import type { StoredUser, User, UserStore } from '../domain.js'
import { canonicalUsername } from './canonical-username.js'
import { createDecoys } from './decoys.js'
import type { Mirroring } from './directory.js'
import { opaquePassword } from './opaque-password.js'
import type { PasswordHasher } from './password-hasher.js'

/** Told, before anything is hashed, from which networks the user has signed in, none for a stranger; may throw. */
export type Admit = (networks: readonly string[]) => void

export interface AuthenticateOptions {
  readonly store: UserStore
  readonly hasher: PasswordHasher
  readonly mirroring: Mirroring | null
  /** A few of the hashes that are kept, wherever that is. */
  readonly sampleHashes: () => Promise<readonly string[]>
  /** Told whose hash in the directory is of no kind that is read: no password fits it. */
  readonly onUnreadable: (username: string) => void
}

/** Whoever has the name, wherever the user is kept. */
interface Candidate {
  readonly passwordHash: string | null
  readonly networks: readonly string[]
  /** Called with the right password; null: the user may not sign in all the same. */
  readonly accept: (password: string) => Promise<User | null>
}

/**
 * Makes the function that finds out whether a name and a password belong together. It hashes exactly once, whatever it
 * is given, so that its time does not tell an unknown name from a wrong password (OWASP, CWE-208); only the right
 * password may cost a second hash, to be kept by the parameters of now.
 */
export function createAuthenticate(options: AuthenticateOptions) {
  const { store, hasher, mirroring, sampleHashes, onUnreadable } = options
  const decoys = createDecoys(hasher, sampleHashes)

  /** The password is right, so a hash that cannot be replaced now is left for the next time. */
  async function renewHash({ id, passwordHash }: StoredUser, password: string): Promise<void> {
    if (passwordHash.startsWith(hasher.prefix())) return
    try {
      await store.replacePasswordHash(id, passwordHash, await hasher.hash(password))
    } catch {
      // The sign-in itself asks the same hasher and store, and tells what is wrong with them.
    }
  }

  async function acceptOwn(user: StoredUser, password: string): Promise<User | null> {
    if (user.disabled) return null
    await renewHash(user, password)
    return withoutSecrets(user)
  }

  /** A user kept here goes before one of the same name that the directory keeps. */
  async function find(username: string): Promise<Candidate | null> {
    const known = await store.findUser(username)
    if (known !== null && known.directory === null) {
      const { passwordHash, networks } = known
      return { passwordHash, networks, accept: (password) => acceptOwn(known, password) }
    }
    const user = (await mirroring?.find(username)) ?? null
    if (user === null || mirroring === null) return null
    if (user.passwordHash !== null) {
      if (hasher.reads(user.passwordHash)) decoys.meet(user.passwordHash)
      else onUnreadable(username)
    }
    return {
      passwordHash: user.passwordHash,
      networks: known?.networks ?? [],
      async accept() {
        const mirrored = await mirroring.mirror(user, known)
        return mirrored === null || mirrored.disabled ? null : withoutSecrets(mirrored)
      }
    }
  }

  return async (username: unknown, password: unknown, admit: Admit = () => undefined): Promise<User | null> => {
    const name = typeof username === 'string' ? canonicalUsername(username) : null
    const stranger = await decoys.of(name ?? '')
    const found = name === null ? null : await find(name)
    admit(found?.networks ?? [])
    const typed = typeof password === 'string' && opaquePassword(password) !== null ? password : null
    const kept = found?.passwordHash ?? null
    const usable = kept !== null && hasher.reads(kept)
    // An unusable password is hashed as another one: an oversized text would take no time, or too much.
    const fits = await hasher.verify(usable ? kept : stranger, typed ?? 'unusable')
    return fits && usable && typed !== null && found !== null ? found.accept(typed) : null
  }
}

function withoutSecrets(stored: StoredUser): User {
  const { passwordHash: _, networks: __, directory: ___, directoryKey: ____, ...user } = stored
  return user
}
