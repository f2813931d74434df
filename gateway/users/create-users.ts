import { randomUUID } from 'node:crypto'
import type { DirectoryUser, NewUser, Scalar, User, UserStore } from '../domain.js'
import { parseAttributes, parseRoles, parseUsername, quoted } from './account-rules.js'
import { type Admit, createAuthenticate } from './authenticate.js'
import { changeAttributes } from './change-attributes.js'
import { createMirroring, type DirectoryEvents, type NamedDirectory } from './directory.js'
import { createImportUsers, type Imported, type ImportManner } from './import-users.js'
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
  /** Takes over users as another program keeps them, or tells what would become of them. */
  readonly import: (users: readonly DirectoryUser[], manner: ImportManner) => Promise<readonly Imported[]>
  readonly list: () => Promise<readonly User[]>
  /** Ends the user's sessions. */
  readonly setPassword: (username: string, password: string) => Promise<User>
  readonly setRoles: (username: string, roles: readonly string[]) => Promise<User>
  /** Sets some attributes and forgets those that are null; older access tokens end where that changes anything. */
  readonly setAttributes: (username: string, changes: AttributeChanges) => Promise<User>
  /** Disabling ends the user's sessions. */
  readonly setDisabled: (username: string, disabled: boolean) => Promise<User>
  /** Ends the user's sessions; the name is free again, the id is not. */
  readonly remove: (username: string) => Promise<User>
  /** The user, and the networks that the user has signed in from. */
  readonly show: (username: string) => Promise<{ readonly user: User; readonly networks: readonly string[] }>
  /** Holds a new password against the rules at once, and hashes it when the answer is called. */
  readonly readNewPassword: (username: string, password: string) => () => Promise<string>
  /** Before a refresh: the user as the directory has it now, or the end of the user's sessions. null: nobody else keeps users. */
  readonly follow: ((id: string) => Promise<void>) | null
  /** Follows every user of the directory, which has changed. */
  readonly followAll: () => Promise<void>
  /** Retires the users of directories that are asked no more. */
  readonly retireOthers: () => Promise<void>
  /** Whether whoever else keeps users could not be asked of late. */
  readonly isDirectoryAway: () => boolean
  /** After a sign-in: tells the directory. */
  readonly noteLogin: (id: string) => Promise<void>
  /** Names the listener for what the directory changes; there is one. */
  readonly listen: (events: DirectoryEvents) => void
  /** Names what throws `UserMistake` for roles and attributes that are too much together; there is one. */
  readonly bound: (refuseExcess: (user: BoundedUser) => void) => void
  /** Passwords set, and hashes made, from now on follow this. */
  readonly adopt: (policy: AccountPolicy) => void
}

export type AttributeChanges = Readonly<Record<string, Scalar | null>>

/** What is bounded of a user as a whole. */
export type BoundedUser = Pick<User, 'id' | 'username' | 'roles' | 'attributes'>

export interface AccountPolicy {
  readonly password: PasswordPolicy
  readonly hash: HashCost
}

export interface UsersOptions {
  readonly store: UserStore
  readonly hasher: PasswordHasher
  readonly password?: PasswordPolicy
  /** Who else keeps users. */
  readonly directory?: NamedDirectory | null
}

/** How many hashes tell of what kinds they are. */
const SAMPLED_HASHES = 64

export function createUsers(options: UsersOptions): Users {
  const { store, hasher, password = { minLength: 8 }, directory = null } = options
  let events: DirectoryEvents = { onChange: () => {}, onDropped: () => {} }
  const mirroring =
    directory === null
      ? null
      : createMirroring(store, directory, {
          onChange: (user) => events.onChange(user),
          onDropped: (username, dropped) => events.onDropped(username, dropped)
        })
  const refuseMirror = async (name: string) => {
    const user = await store.findUser(name)
    return user?.directory === null ? user : null
  }
  const sampleHashes = async () => [
    ...(await store.samplePasswordHashes(SAMPLED_HASHES)),
    ...((await directory?.samplePasswordHashes()) ?? [])
  ]
  let policy = password
  let refuseExcess: (user: BoundedUser) => void = () => {}
  /** A user kept here as it would be; of one who is not kept here the store tells. */
  async function boundChange(username: string, change: Partial<BoundedUser>): Promise<void> {
    const before = await store.findUser(username)
    if (before?.directory === null) refuseExcess({ ...before, ...change })
  }
  const rules = createPasswordRules(() => policy)
  const register = (registration: Registration) => toNewUser(registration, rules, hasher)
  return {
    authenticate: createAuthenticate({
      store,
      hasher,
      mirroring,
      sampleHashes,
      onUnreadable: (username) => events.onDropped(username, ['password, whose hash is of no kind that is read'])
    }),
    add: async (registration) => {
      const user = await register(registration)
      refuseExcess(user)
      const added = await store.addUser(user, numericDate())
      if (added !== null) return added
      throw new UserMistake('username_taken', `The name ${quoted(user.username)} is taken.`)
    },
    addFirst: async (registrations) =>
      store.addFirstUsers(await Promise.all(registrations.map(register)), numericDate()),
    import: createImportUsers(store, (user) => refuseExcess(user)),
    list: () => store.listUsers(),
    setPassword: async (username, password) => {
      const passwordHash = await hasher.hash(rules(username, password))
      return known(store, username, (name) => store.setPassword(name, passwordHash, numericDate()))
    },
    setRoles: async (username, roles) => {
      const parsed = parseRoles(roles)
      return known(store, username, async (name) => {
        await boundChange(name, { roles: parsed })
        return store.setRoles(name, parsed, numericDate())
      })
    },
    setAttributes: (username, changes) =>
      known(store, username, (name) => changeAttributes(store, name, changes, (user) => refuseExcess(user))),
    setDisabled: (username, disabled) =>
      known(store, username, (name) => store.setDisabled(name, disabled, numericDate())),
    remove: (username) => known(store, username, (name) => store.removeUser(name, numericDate())),
    show: async (username) => {
      const {
        passwordHash: _,
        directory: __,
        directoryKey: ___,
        networks,
        ...user
      } = await known(store, username, store.findUser)
      return { user, networks }
    },
    readNewPassword: (username, password) => {
      const accepted = rules(username, password)
      return () => known(store, username, refuseMirror).then(() => hasher.hash(accepted))
    },
    follow: mirroring?.follow ?? null,
    followAll: mirroring?.followAll ?? (async () => {}),
    async retireOthers() {
      for (const user of await store.retireOtherMirrors(directory?.name ?? null, numericDate())) events.onChange(user)
    },
    isDirectoryAway: () => directory?.isAway?.() ?? false,
    async noteLogin(id) {
      if (directory === null || directory.noteLogin === null) return
      const mirror = await store.findMirror(id)
      if (mirror?.directory === directory.name) await directory.noteLogin(mirror.key, numericDate())
    },
    listen: (listener) => {
      events = listener
    },
    bound: (refuse) => {
      refuseExcess = refuse
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
  store: UserStore,
  username: string,
  ask: (username: string) => Promise<Found | null>
): Promise<Found> {
  const name = parseUsername(username)
  const found = await ask(name)
  if (found !== null) return found
  const { directory = null } = (await store.findUser(name)) ?? {}
  if (directory !== null) {
    const why = `The user ${quoted(username)} is kept by ${directory}: change it there.`
    throw new UserMistake('kept_elsewhere', why)
  }
  throw new UserMistake('no_such_user', `There is no user ${quoted(username)}.`)
}

function numericDate(): number {
  return Math.floor(Date.now() / 1000)
}
