import { randomUUID } from 'node:crypto'
import type { DirectoryUser, ImportOutcome, NewUser, UserStore } from '../domain.js'
import { parseAttributes, parseRoles, parseUsername, quoted } from './account-rules.js'
import { readsHash } from './hash-formats/read-hash.js'
import { isReservedRole } from './reserved-roles.js'
import { UserMistake } from './user-mistake.js'

/** What became of one user; `refused` says why. */
export type Imported =
  | { readonly username: string; readonly outcome: ImportOutcome; readonly passwordless: boolean }
  | { readonly username: string; readonly outcome: 'refused'; readonly why: string }

export interface ImportManner {
  /** Users of a name that is taken become what is taken over; otherwise they are left alone. */
  readonly overwrites: boolean
  /** Nothing is written: it is told what would be. */
  readonly foresees: boolean
}

/** No password fits it. */
const UNUSABLE = '!'

/** Makes the verb that takes users over as they are, hashes and all; each hash is renewed when its user signs in. */
export function createImportUsers(store: UserStore, refuseExcess: (user: NewUser) => void) {
  return async (users: readonly DirectoryUser[], manner: ImportManner): Promise<readonly Imported[]> => {
    const { overwrites, foresees } = manner
    const read = users.map((user) => readUser(user, refuseExcess))
    const accepted = read.flatMap((user) => ('why' in user ? [] : [user]))
    const names = accepted.map(({ username }) => username)
    const outcomes = foresees
      ? await store.foreseeImport(names, overwrites)
      : await store.importUsers(accepted, overwrites, Math.floor(Date.now() / 1000))
    const outcomeOf = new Map(accepted.map((user, index) => [user, outcomes[index]]))
    return read.map((user): Imported => {
      if ('why' in user) return { ...user, outcome: 'refused' }
      const { username, passwordHash } = user
      return { username, outcome: outcomeOf.get(user) ?? 'exists', passwordless: passwordHash === UNUSABLE }
    })
  }
}

function readUser(
  user: DirectoryUser,
  refuseExcess: (user: NewUser) => void
): NewUser | { readonly username: string; readonly why: string } {
  try {
    const { passwordHash, disabled } = user
    const reserved = user.roles.find(isReservedRole)
    if (reserved !== undefined)
      throw new UserMistake(
        'bad_role',
        `${quoted(user.username)} has the role ${quoted(reserved)}, which only "user roles" gives.`
      )
    const taken: NewUser = {
      id: randomUUID(),
      username: parseUsername(user.username),
      passwordHash: passwordHash !== null && readsHash(passwordHash) ? passwordHash : UNUSABLE,
      roles: parseRoles(user.roles),
      attributes: parseAttributes(user.attributes),
      disabled
    }
    refuseExcess(taken)
    return taken
  } catch (error) {
    if (error instanceof UserMistake) return { username: user.username, why: reasonOf(error, user.username) }
    throw error
  }
}

/** Rules for roles and attributes do not know whose they are. */
const reasonOf = ({ message }: UserMistake, username: string) =>
  message.includes(quoted(username)) ? message : `${quoted(username)}: ${message}`
