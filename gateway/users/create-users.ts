import { randomUUID } from 'node:crypto'
import type { NewUser, Scalar, User, UserStore } from '../domain.js'
import { parseAttributes, parsePassword, parseRoles, parseUsername, quoted } from './account-rules.js'
import { createAuthenticate } from './authenticate.js'
import type { PasswordHasher } from './password-hasher.js'
import { UserMistake } from './user-mistake.js'

/** A user to be added, as an operator gives it. */
export interface Registration {
  readonly username: string
  readonly password: string
  readonly roles?: readonly string[]
  readonly attributes?: Readonly<Record<string, Scalar>>
}

/**
 * The verbs on users. Those that write throw `UserMistake` for what cannot be, and all reject with
 * `store_unavailable` when the store fails and with `overloaded` when too many passwords are being hashed.
 */
export interface Users {
  /** null: the name, the password, or both are wrong, or the user is disabled; in the same time whichever it is. */
  readonly authenticate: (username: unknown, password: unknown) => Promise<User | null>
  readonly add: (registration: Registration) => Promise<User>
  /** Adds all of them if there is no user at all, else none; says whether it did. */
  readonly addFirst: (registrations: readonly Registration[]) => Promise<boolean>
  readonly list: () => Promise<readonly User[]>
  /** Ends the user's sessions. */
  readonly setPassword: (username: string, password: string) => Promise<User>
  readonly setRoles: (username: string, roles: readonly string[]) => Promise<User>
  /** Disabling ends the user's sessions. */
  readonly setDisabled: (username: string, disabled: boolean) => Promise<User>
}

export interface UsersOptions {
  readonly store: UserStore
  readonly hasher: PasswordHasher
}

export function createUsers({ store, hasher }: UsersOptions): Users {
  const register = (registration: Registration) => toNewUser(registration, hasher)
  return {
    authenticate: createAuthenticate(store, hasher),
    add: async (registration) => {
      const user = await register(registration)
      const added = await store.addUser(user, numericDate())
      if (added !== null) return added
      throw new UserMistake('username_taken', `The name ${quoted(user.username)} is taken.`)
    },
    addFirst: async (registrations) =>
      store.addFirstUsers(await Promise.all(registrations.map(register)), numericDate()),
    list: () => store.listUsers(),
    setPassword: async (username, password) => {
      const passwordHash = await hasher.hash(parsePassword(password))
      return known(username, (name) => store.setPassword(name, passwordHash, numericDate()))
    },
    setRoles: async (username, roles) => {
      const parsed = parseRoles(roles)
      return known(username, (name) => store.setRoles(name, parsed, numericDate()))
    },
    setDisabled: (username, disabled) => known(username, (name) => store.setDisabled(name, disabled, numericDate()))
  }
}

async function toNewUser(registration: Registration, hasher: PasswordHasher): Promise<NewUser> {
  const username = parseUsername(registration.username)
  const roles = parseRoles(registration.roles ?? [])
  const attributes = parseAttributes(registration.attributes ?? {})
  const passwordHash = await hasher.hash(parsePassword(registration.password))
  return { id: randomUUID(), username, passwordHash, roles, attributes }
}

async function known(username: string, change: (username: string) => Promise<User | null>): Promise<User> {
  const changed = await change(parseUsername(username))
  if (changed !== null) return changed
  throw new UserMistake('no_such_user', `There is no user ${quoted(username)}.`)
}

function numericDate(): number {
  return Math.floor(Date.now() / 1000)
}
