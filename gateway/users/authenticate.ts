import type { StoredUser, User, UserStore } from '../domain.js'
import { canonicalUsername } from './canonical-username.js'
import { generatePassword } from './generate-password.js'
import { opaquePassword } from './opaque-password.js'
import type { PasswordHasher } from './password-hasher.js'

/** Told, before anything is hashed, from which networks the user has signed in, none for a stranger; may throw. */
export type Admit = (networks: readonly string[]) => void

/**
 * Makes the function that finds out whether a name and a password belong together. It hashes exactly once, at the same
 * cost, whatever it is given, so that its time does not tell an unknown name from a wrong password (OWASP, CWE-208);
 * only the right password may cost a second hash, to be kept by the parameters of now.
 */
export function createAuthenticate(
  store: UserStore,
  hasher: PasswordHasher
): (username: unknown, password: unknown, admit?: Admit) => Promise<User | null> {
  const decoyHash = createDecoy(hasher)

  /** The password is right, so a hash that cannot be replaced now is left for the next time. */
  async function renewHash({ id, passwordHash }: StoredUser, password: string): Promise<void> {
    if (passwordHash.startsWith(hasher.prefix())) return
    try {
      await store.replacePasswordHash(id, passwordHash, await hasher.hash(password))
    } catch {
      // The sign-in itself asks the same hasher and store, and tells what is wrong with them.
    }
  }

  return async (username, password, admit = () => undefined) => {
    const stranger = await decoyHash()
    const user = await findUser(store, username)
    admit(user?.networks ?? [])
    const opaque = opaquePassword(password)
    // An unusable password is hashed as another one: an oversized text would take no time, or too much.
    const fits = await hasher.verify(user?.passwordHash ?? stranger, opaque ?? 'unusable')
    if (!fits || opaque === null || user === null || user.disabled) return null
    await renewHash(user, opaque)
    return withoutSecrets(user)
  }
}

/** A hash of the present cost whose password nobody knows, so that no guess fits it. */
function createDecoy(hasher: PasswordHasher): () => Promise<string> {
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

async function findUser(store: UserStore, username: unknown): Promise<StoredUser | null> {
  const canonical = typeof username === 'string' ? canonicalUsername(username) : null
  return canonical === null ? null : store.findUser(canonical)
}

function withoutSecrets({ passwordHash: _, networks: __, ...user }: StoredUser): User {
  return user
}
