import { createHash, randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { DirectoryUser, MirroredUser, Scalar, StoredUser, User, UserDirectory, UserStore } from '../domain.js'
import { parseAttributes, parseRoles } from './account-rules.js'
import { canonicalUsername } from './canonical-username.js'
import { isReservedRole } from './reserved-roles.js'

/** A directory under the name by which mirrors remember it. */
export interface NamedDirectory extends UserDirectory {
  readonly name: string
  /** Whether it could not be asked of late. */
  readonly isAway?: () => boolean
}

/** Told of users whose older access tokens have ended, and of what a directory says that cannot be said here. */
export interface DirectoryEvents {
  readonly onChange: (user: User) => void
  readonly onDropped: (username: string, dropped: readonly string[]) => void
}

/** A directory whose users are mirrored in the store, so that sessions hang on them as on any other. */
export interface Mirroring {
  /** The user of that canonical name, as the directory has it. */
  readonly find: (username: string) => Promise<DirectoryUser | null>
  /** `known` is what the store has under the name. null: the name belongs to a user who is kept here. */
  readonly mirror: (user: DirectoryUser, known: StoredUser | null) => Promise<StoredUser | null>
  /** Brings the mirror of a user up to date, or ends it when the user is gone; of a user kept here it does nothing. */
  readonly follow: (id: string) => Promise<void>
  readonly followAll: () => Promise<void>
}

/** Together, so that one write to the disk serves several; fewer than may wait for the one connection of a small pool. */
const FOLLOWED_AT_ONCE = 16

const seconds = () => Math.floor(Date.now() / 1000)

/** Tells passwords apart across changes, and not their owners' passwords from each other: hashes are salted. */
const markOf = ({ passwordHash }: DirectoryUser): string =>
  `directory:${createHash('sha256')
    .update(passwordHash ?? '')
    .digest('base64url')}`

export function createMirroring(store: UserStore, directory: NamedDirectory, events: DirectoryEvents): Mirroring {
  const { name } = directory

  function toMirrored(user: DirectoryUser): MirroredUser {
    const dropped: string[] = []
    const roles = acceptRoles(user.roles, dropped)
    const attributes = acceptAttributes(user.attributes, dropped)
    if (dropped.length > 0) events.onDropped(user.username, dropped)
    const { key, username, disabled } = user
    return { key, username, roles, attributes, disabled, newId: randomUUID(), passwordMark: markOf(user) }
  }

  async function mirror(user: DirectoryUser, known: StoredUser | null): Promise<StoredUser | null> {
    const now = toMirrored(user)
    if (known !== null && known.directory === name && isAlike(known, now)) return known
    const mirrored = await store.mirrorUser(name, now, seconds())
    if (mirrored?.changed) events.onChange(mirrored.user)
    return mirrored?.user ?? null
  }

  async function retire(id: string): Promise<void> {
    const retired = await store.retireMirror(id, seconds())
    if (retired !== null) events.onChange(retired)
  }

  async function follow(id: string): Promise<void> {
    const known = await store.findMirror(id)
    if (known === null) return
    const user = known.directory === name ? inOneSpelling(await directory.readUser(known.key)) : null
    // Another user, kept here, may have taken the name since.
    if (user === null || (await mirror(user, null)) === null) await retire(id)
  }

  return {
    find: async (username) => {
      const found = inOneSpelling(await directory.findUser(username))
      return found?.username === username ? found : null
    },
    mirror,
    follow,
    async followAll() {
      const ids = (await store.listMirrors(name)).values()
      const inTurn = async () => {
        for (const id of ids) await follow(id)
      }
      await Promise.all(Array.from({ length: FOLLOWED_AT_ONCE }, inTurn))
    }
  }
}

/** Whether nothing would change; most sign-ins then need not wait for the disk once more. */
function isAlike(known: StoredUser, now: MirroredUser): boolean {
  const { directoryKey, username, roles, attributes, disabled, passwordHash } = known
  return (
    directoryKey === now.key &&
    username === now.username &&
    disabled === now.disabled &&
    passwordHash === now.passwordMark &&
    isDeepStrictEqual(roles, now.roles) &&
    isDeepStrictEqual(attributes, now.attributes)
  )
}

/** Under its canonical name; a name that has none cannot sign in. */
function inOneSpelling(user: DirectoryUser | null): DirectoryUser | null {
  const username = user === null ? null : canonicalUsername(user.username)
  return user === null || username === null ? null : { ...user, username }
}

/** Roles only ever grant, so that one which cannot be named here is left out, and told. */
function acceptRoles(roles: readonly string[], dropped: string[]): readonly string[] {
  const accepted = roles.filter((role) => {
    const fits = !isReservedRole(role) && isAccepted(() => parseRoles([role]))
    if (!fits) dropped.push(`role ${role}`)
    return fits
  })
  if (isAccepted(() => parseRoles(accepted))) return parseRoles(accepted)
  dropped.push('every role, being too many')
  return []
}

function acceptAttributes(attributes: Readonly<Record<string, Scalar>>, dropped: string[]) {
  const accepted = Object.entries(attributes).filter(([name, value]) => {
    const fits = isAccepted(() => parseAttributes({ [name]: value }))
    if (!fits) dropped.push(`attribute ${name}`)
    return fits
  })
  const together = Object.fromEntries(accepted)
  if (isAccepted(() => parseAttributes(together))) return together
  dropped.push('every attribute, being too long together')
  return {}
}

function isAccepted(parse: () => unknown): boolean {
  try {
    parse()
    return true
  } catch {
    return false
  }
}
