import type { MirroredUser, StoredUser, User } from '../domain.js'
import type { Database } from './driver.js'
import type { Endings } from './endings.js'
import { storedUserOf, type UserRow } from './user-row.js'
import type { UserVerbs } from './verbs.js'

type MirrorVerbs = Pick<
  UserVerbs,
  'samplePasswordHashes' | 'mirrorUser' | 'findMirror' | 'listMirrors' | 'retireMirror' | 'retireOtherMirrors'
>

/** The verbs on users that another directory keeps, as steps of a transaction that the caller has begun. */
export function createMirrorVerbs(database: Database, endings: Endings): MirrorVerbs {
  // Ids are random, so that the first ones are a sample of all.
  const sample = database.prepare('SELECT password_hash FROM users WHERE directory IS NULL ORDER BY id LIMIT ?')
  const selectMirror = database.prepare(
    'SELECT directory, directory_key AS key FROM users WHERE id = ? AND directory IS NOT NULL'
  )
  const selectLive = database.prepare('SELECT id FROM users WHERE directory = ? AND disabled = 0')
  const selectOthers = database.prepare(
    'SELECT id FROM users WHERE directory IS NOT NULL AND directory IS NOT ? AND disabled = 0'
  )
  const disable = database.prepare('UPDATE users SET disabled = 1 WHERE id = ? AND directory IS NOT NULL')

  const retireMirror = (id: string, now: number): User | null =>
    Number(disable.run(id).changes) === 0 ? null : endings.endAll(id, 'disabled', now)

  return {
    samplePasswordHashes: (most) => (sample.all(most) as { password_hash: string }[]).map((row) => row.password_hash),
    mirrorUser: createMirrorUser(database, endings),
    findMirror: (id) => {
      const row = selectMirror.get(id) as { directory: string; key: string } | undefined
      return row === undefined ? null : { directory: row.directory, key: row.key }
    },
    listMirrors: (directory) => (selectLive.all(directory) as { id: string }[]).map(({ id }) => id),
    retireMirror,
    retireOtherMirrors: (directory, now) =>
      (selectOthers.all(directory) as { id: string }[]).flatMap(({ id }) => retireMirror(id, now) ?? [])
  }
}

function createMirrorUser(database: Database, endings: Endings): MirrorVerbs['mirrorUser'] {
  const selectByKey = database.prepare('SELECT * FROM users WHERE directory = ? AND directory_key = ?')
  const selectByName = database.prepare('SELECT * FROM users WHERE username = ?')
  const insert = database.prepare(`
    INSERT INTO users (id, username, password_hash, roles, attributes, disabled, created_at, password_changed_at,
      directory, directory_key)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const update = database.prepare(`
    UPDATE users SET username = ?, roles = ?, attributes = ?, disabled = ?, password_hash = ?,
      password_changed_at = iif(password_hash = ?, password_changed_at, ?) WHERE id = ?`)
  // Somebody else has the name now; whoever had it gets a new one at the next sign-in. Until then it is one that nobody
  // can take: a name has no spaces, while an id, which its owner reads in tokens, may be one.
  const yieldName = database.prepare("UPDATE users SET username = 'former ' || id WHERE id = ?")

  /** Whether the name may be taken; a mirror that has it by what was true once makes way. */
  function freeName(username: string, taker: string | null): boolean {
    const holder = selectByName.get(username) as UserRow | undefined
    if (holder === undefined || holder.id === taker) return true
    if (holder.directory === null) return false
    yieldName.run(holder.id)
    return true
  }

  const read = (directory: string, key: string): StoredUser =>
    storedUserOf(selectByKey.get(directory, key) as unknown as UserRow)

  function bringUpToDate(before: UserRow, user: MirroredUser, now: number): boolean {
    const { passwordMark, disabled } = user
    const lists = [JSON.stringify(user.roles), JSON.stringify(user.attributes)] as const
    const state = disabled ? 1 : 0
    update.run(user.username, ...lists, state, passwordMark, passwordMark, now, before.id)
    if (before.password_hash !== passwordMark) endings.endAll(before.id, 'password', now)
    else if (disabled && before.disabled === 0) endings.endAll(before.id, 'disabled', now)
    else if (before.roles !== lists[0] || before.disabled !== state) endings.raiseGeneration(before.id)
    else return false
    return true
  }

  return (directory, user, now) => {
    const before = selectByKey.get(directory, user.key) as UserRow | undefined
    if (!freeName(user.username, before?.id ?? null)) return null
    if (before !== undefined) {
      const changed = bringUpToDate(before, user, now)
      return { user: read(directory, user.key), changed }
    }
    const lists = [JSON.stringify(user.roles), JSON.stringify(user.attributes)]
    const kept = [user.disabled ? 1 : 0, now, now, directory, user.key]
    insert.run(user.newId, user.username, user.passwordMark, ...lists, ...kept)
    return { user: read(directory, user.key), changed: false }
  }
}
