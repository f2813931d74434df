import type { Scalar, User, UserStore } from '../domain.js'
import { Problem } from '../problems.js'
import { parseAttributes } from './account-rules.js'

/** How often others may have been faster. */
const MOST_TRIES = 100

/**
 * Sets some attributes of a user and forgets those that are null, over whatever others change at the same time. null:
 * no such user is kept here. Throws `UserMistake` for what cannot be an attribute, or is too much with all others.
 */
export async function changeAttributes(
  store: Pick<UserStore, 'findUser' | 'replaceAttributes'>,
  username: string,
  changes: Readonly<Record<string, Scalar | null>>,
  refuseExcess: (user: User) => void
): Promise<User | null> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const before = await store.findUser(username)
    if (before === null || before.directory !== null) return null
    const attributes = parseAttributes(merge(before.attributes, changes))
    refuseExcess({ ...before, attributes })
    const changed = await store.replaceAttributes(username, before.attributes, attributes)
    if (changed !== null) return changed
  }
  throw new Problem('store_unavailable', { cause: new Error('others change the attributes of this user all the time') })
}

function merge(before: User['attributes'], changes: Readonly<Record<string, Scalar | null>>): User['attributes'] {
  const merged = Object.entries({ ...before, ...changes })
  return Object.fromEntries(merged.flatMap(([name, value]) => (value === null ? [] : [[name, value]])))
}
