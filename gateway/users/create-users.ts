import { randomUUID } from 'node:crypto'
import type { NewUser, Scalar, User, UserStore } from '../domain.js'
import { parseAttributes, parseRoles, parseUsername, quoted } from './account-rules.js'
import { type Admit, createAuthenticate } from './authenticate.js'
import type { HashCost, PasswordHasher } from './password-hasher.js'
import { createPasswordRules, type PasswordPolicy, type PasswordRules } from './password-rules.js'
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
  readonly authenticate: (username: unknown, password: unknown, admit?: Admit) => Promise<User | null>
  readonly add: (registration: Registration) => Promise<User>
  /** Adds all of them if there is no user at all, else none; says whether it did. */
  readonly addFirst: (registrations: readonly Registration[]) => Promise<boolean>
  readonly list: () => Promise<readonly User[]>
  /** Ends the user's sessions. */
  readonly setPassword: (username: string, password: string) => Promise<User>
  readonly setRoles: (username: string, roles: readonly string[]) => Promise<User>
  /** Disabling ends the user's sessions. */
  readonly setDisabled: (username: string, disabled: boolean) => Promise<User>
  /** Ends the user's sessions; the name is free again, the id is not. */
  readonly remove: (username: string) => Promise<User>
  /** The user, and the networks that the user has signed in from. */
  readonly show: (username: string) => Promise<{ readonly user: User; readonly networks: readonly string[] }>
  /** Holds a new password against the rules at once, and hashes it when the answer is called. */
  readonly readNewPassword: (username: string, password: string) => () => Promise<string>
  /** Passwords set, and hashes made, from now on follow this. */
  readonly adopt: (policy: AccountPolicy) => void
}

export interface AccountPolicy {
  readonly password: PasswordPolicy
  readonly hash: HashCost
}

export interface UsersOptions {
  readonly store: UserStore
  readonly hasher: PasswordHasher
  readonly password?: PasswordPolicy
}

export function createUsers({ store, hasher, password = { minLength: 8 } }: UsersOptions): Users {
  let policy = password
  const rules = createPasswordRules(() => policy)
  const register = (registration: Registration) => toNewUser(registration, rules, hasher)
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
      const passwordHash = await hasher.hash(rules(username, password))
      return known(username, (name) => store.setPassword(name, passwordHash, numericDate()))
    },
    setRoles: async (username, roles) => {
      const parsed = parseRoles(roles)
      return known(username, (name) => store.setRoles(name, parsed, numericDate()))
    },
    setDisabled: (username, disabled) => known(username, (name) => store.setDisabled(name, disabled, numericDate())),
    remove: (username) => known(username, (name) => store.removeUser(name, numericDate())),
    show: async (username) => {
      const { passwordHash: _, networks, ...user } = await known(username, store.findUser)
      return { user, networks }
    },
    readNewPassword: (username, password) => {
      const accepted = rules(username, password)
      return () => hasher.hash(accepted)
    },
    adopt: ({ password, hash }) => {
      policy = password
      hasher.adopt(hash)
    }
  }
}

async function toNewUser(registration: Registration, rules: PasswordRules, hasher: PasswordHasher): Promise<NewUser> {
  const username = parseUsername(registration.username)
  const roles = parseRoles(registration.roles ?? [])
  const attributes = parseAttributes(registration.attributes ?? {})
  const passwordHash = await hasher.hash(rules(username, registration.password))
  return { id: randomUUID(), username, passwordHash, roles, attributes }
}

async function known<Found extends User>(
  username: string,
  ask: (username: string) => Promise<Found | null>
): Promise<Found> {
  const found = await ask(parseUsername(username))
  if (found !== null) return found
  throw new UserMistake('no_such_user', `There is no user ${quoted(username)}.`)
}

function numericDate(): number {
  return Math.floor(Date.now() / 1000)
}
