/** Users, and the verbs by which they last: atomic, implemented by `store`. */
import type { Scalar } from './principals.js'

export interface User {
  /** Opaque, never changes, never reused: the `sub` of tokens. */
  readonly id: string
  /** Canonical form, unique. */
  readonly username: string
  readonly roles: readonly string[]
  readonly attributes: Readonly<Record<string, Scalar>>
  readonly disabled: boolean
  /** Grows with every change that must end older access tokens. */
  readonly generation: number
  readonly createdAt: number
  readonly lastLoginAt: number | null
}

export interface StoredUser extends User {
  /** PHC string. */
  readonly passwordHash: string
  /** Networks that the user has signed in from, the latest first; a bounded number. */
  readonly networks: readonly string[]
  /** The directory that really keeps the user, whose mirror this is; null: kept here. */
  readonly directory: string | null
  /** Its key there. */
  readonly directoryKey: string | null
}

/** A user as another directory keeps it. */
export interface DirectoryUser {
  /** Stable and unique in its directory, such as a primary key. */
  readonly key: string
  readonly username: string
  /** In any format that `users` reads; null: no password fits. */
  readonly passwordHash: string | null
  readonly roles: readonly string[]
  readonly attributes: Readonly<Record<string, Scalar>>
  readonly disabled: boolean
}

/** Users that somebody else keeps, asked at sign-in and refresh; rejects with `store_unavailable` when it is away. */
export interface UserDirectory {
  /** By the canonical name, whatever the case it is kept in; two that differ in no more are nobody. */
  readonly findUser: (username: string) => Promise<DirectoryUser | null>
  readonly readUser: (key: string) => Promise<DirectoryUser | null>
  /** A few password hashes, to tell of what kinds they are. */
  readonly samplePasswordHashes: () => Promise<readonly string[]>
  /** Told after a sign-in; null: nothing is written there. */
  readonly noteLogin: ((key: string, now: number) => Promise<void>) | null
  readonly close: () => Promise<void>
}

/** A user of a directory as the store mirrors it. */
export interface MirroredUser extends Omit<DirectoryUser, 'passwordHash'> {
  /** The id, if the user is new here. */
  readonly newId: string
  /** Differs when the password does; tells nothing of it. */
  readonly passwordMark: string
}

export interface NewUser {
  readonly id: string
  readonly username: string
  readonly passwordHash: string
  readonly roles: readonly string[]
  readonly attributes: Readonly<Record<string, Scalar>>
  /** Default: no. */
  readonly disabled?: boolean
}

/** `exists`: a user of that name is kept here already, and was left alone. */
export type ImportOutcome = 'added' | 'updated' | 'exists'

export interface UserStore {
  /** Adds all of them if there is no user at all, else none; says whether it did. */
  addFirstUsers: (users: readonly NewUser[], now: number) => Promise<boolean>
  /** null: the name is taken. */
  addUser: (user: NewUser, now: number) => Promise<User | null>
  findUser: (username: string) => Promise<StoredUser | null>
  readUser: (id: string) => Promise<User | null>
  listUsers: () => Promise<readonly User[]>
  /** The next three raise the generation; null: no such user is kept here. A new password and disabling also end every session. */
  setPassword: (username: string, passwordHash: string, now: number) => Promise<User | null>
  setRoles: (username: string, roles: readonly string[], now: number) => Promise<User | null>
  setDisabled: (username: string, disabled: boolean, now: number) => Promise<User | null>
  /**
   * Puts other attributes in the place of `before`, if those are still the ones, and raises the generation where they
   * differ; null: they are not, or no such user is kept here.
   */
  replaceAttributes: (username: string, before: User['attributes'], after: User['attributes']) => Promise<User | null>
  /** Puts the same password's new hash in the place of `before`, if that is still the one; the generation stays. */
  replacePasswordHash: (id: string, before: string, after: string) => Promise<boolean>
  /**
   * Takes over users as they are, all in one transaction. Users of the same name are left alone, or, if it `overwrites`,
   * become what is taken over; mirrors always do, and keep their id and sessions.
   */
  importUsers: (users: readonly NewUser[], overwrites: boolean, now: number) => Promise<readonly ImportOutcome[]>
  /** What `importUsers` would answer for users of these names; nothing is written. */
  foreseeImport: (usernames: readonly string[], overwrites: boolean) => Promise<readonly ImportOutcome[]>
  /** At most so many hashes of users that are kept here, to tell of what kinds they are. */
  samplePasswordHashes: (most: number) => Promise<readonly string[]>
  /**
   * Finds or makes the mirror of a directory's user and brings it up to date. Other roles raise the generation; another
   * password, or being disabled, ends every session as well. `changed` says whether older access tokens have ended.
   * null: the name belongs to a user that is kept here.
   */
  mirrorUser: (
    directory: string,
    user: MirroredUser,
    now: number
  ) => Promise<{ readonly user: StoredUser; readonly changed: boolean } | null>
  /** Whose mirror a user is; null: kept here, or unknown. */
  findMirror: (id: string) => Promise<{ readonly directory: string; readonly key: string } | null>
  /** The ids of the users that mirror this directory and are not disabled. */
  listMirrors: (directory: string) => Promise<readonly string[]>
  /** Disables a mirror, whose user is gone or whose directory is asked no more, and ends every session. */
  retireMirror: (id: string, now: number) => Promise<User | null>
  /** Retires what mirrors any directory but this one; null: all of them. */
  retireOtherMirrors: (directory: string | null, now: number) => Promise<readonly User[]>
  /**
   * Ends every session and forgets all of the user but the id, which is never given out again, and the generation,
   * raised, for as long as older access tokens can live. null: no such user.
   */
  removeUser: (username: string, now: number) => Promise<User | null>
}
