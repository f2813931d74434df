import type { DirectoryUser, UserDirectory } from '../domain.js'

/** A directory whose users are all at hand, as those of a file are; their keys are their names. */
export interface ListedDirectory extends UserDirectory {
  readonly name: string
  /** From now on these, whole. */
  readonly replace: (users: readonly DirectoryUser[]) => void
}

const SAMPLED = 64

/** Every `nth`, so that a sorted file is sampled all over. */
const sampleOf = (users: readonly DirectoryUser[]) => {
  const nth = Math.max(1, Math.ceil(users.length / SAMPLED))
  return users.flatMap(({ passwordHash }, index) => (index % nth === 0 && passwordHash !== null ? [passwordHash] : []))
}

export function createListedDirectory(name: string, users: readonly DirectoryUser[]): ListedDirectory {
  let byName = new Map<string, DirectoryUser>()
  let sample: readonly string[] = []

  function replace(next: readonly DirectoryUser[]): void {
    byName = new Map(next.map((user) => [user.key, user]))
    sample = sampleOf(next)
  }
  replace(users)

  return {
    name,
    replace,
    findUser: async (username) => byName.get(username) ?? null,
    readUser: async (key) => byName.get(key) ?? null,
    samplePasswordHashes: async () => sample,
    noteLogin: null,
    close: async () => {}
  }
}
