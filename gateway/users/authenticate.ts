import type { StoredUser, User, UserStore } from '../domain.js'
import { canonicalUsername } from './canonical-username.js'
import { generatePassword } from './generate-password.js'
import { opaquePassword } from './opaque-password.js'
import type { PasswordHasher } from './password-hasher.js'

/**
 * Makes the function that finds out whether a name and a password belong together. It hashes exactly once, at the same
 * cost, whatever it is given, so that its time does not tell an unknown name from a wrong password (OWASP, CWE-208).
 */
export function createAuthenticate(
  store: UserStore,
  hasher: PasswordHasher
): (username: unknown, password: unknown) => Promise<User | null> {
  // Nobody knows the decoy's password, so that no guess fits it.
  const decoy = hasher.hash(generatePassword())
  // A failure is met by the first to authenticate, known name or not; until then it is nobody's.
  decoy.catch(() => undefined)

  return async (username, password) => {
    const decoyHash = await decoy
    const user = await findUser(store, username)
    const opaque = opaquePassword(password)
    // An unusable password is hashed as another one: an oversized text would take no time, or too much.
    const fits = await hasher.verify(user?.passwordHash ?? decoyHash, opaque ?? 'unusable')
    return fits && opaque !== null && user !== null && !user.disabled ? withoutHash(user) : null
  }
}

async function findUser(store: UserStore, username: unknown): Promise<StoredUser | null> {
  const canonical = typeof username === 'string' ? canonicalUsername(username) : null
  return canonical === null ? null : store.findUser(canonical)
}

function withoutHash({ passwordHash: _, ...user }: StoredUser): User {
  return user
}
