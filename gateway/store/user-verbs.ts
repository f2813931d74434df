import type { NewUser, User } from '../domain.js'
import type { Database } from './driver.js'
import type { Endings } from './endings.js'
import { createImportVerbs } from './import-users.js'
import { createMirrorVerbs } from './mirror-verbs.js'
import { createRemoveUser } from './remove-user.js'
import { storedUserOf, type UserRow, userOf } from './user-row.js'
import type { UserVerbs } from './verbs.js'

/** The verbs of `UserStore` as steps of a transaction that the caller has begun. */
export function createUserVerbs(database: Database, endings: Endings): UserVerbs {
  const insert = database.prepare(`
    INSERT INTO users (id, username, password_hash, roles, attributes, disabled, created_at, password_changed_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (username) DO NOTHING RETURNING *`)
  const countAny = database.prepare('SELECT count(*) AS users FROM (SELECT 1 FROM users LIMIT 1)')
  const selectByName = database.prepare('SELECT * FROM users WHERE username = ?')
  const selectById = database.prepare('SELECT * FROM users WHERE id = ?')
  const selectAll = database.prepare('SELECT * FROM users ORDER BY username')

  const addUser = (user: NewUser, now: number): User | null => {
    const { id, username, passwordHash, roles, attributes, disabled = false } = user
    const lists = [JSON.stringify(roles), JSON.stringify(attributes)]
    const row = insert.get(id, username, passwordHash, ...lists, disabled ? 1 : 0, now, now) as UserRow | undefined
    return row === undefined ? null : userOf(row)
  }

  return {
    addUser,
    addFirstUsers: (users, now) => {
      if ((countAny.get() as { users: number }).users > 0) return false
      for (const user of users) {
        if (addUser(user, now) === null) throw new Error('two of the first users have the same name')
      }
      return true
    },
    findUser: (username) => {
      const row = selectByName.get(username) as UserRow | undefined
      return row === undefined ? null : storedUserOf(row)
    },
    readUser: (id) => {
      const row = selectById.get(id) as UserRow | undefined
      return row === undefined ? null : userOf(row)
    },
    listUsers: () => (selectAll.all() as UserRow[]).map(userOf),
    ...createUserChanges(database, endings),
    ...createMirrorVerbs(database, endings),
    ...createImportVerbs(database, { addUser }, endings)
  }
}

function createUserChanges(
  database: Database,
  endings: Endings
): Pick<
  UserVerbs,
  'setPassword' | 'setRoles' | 'setDisabled' | 'replaceAttributes' | 'replacePasswordHash' | 'removeUser'
> {
  // What a directory says of its users is not for us to change.
  const kept = 'AND directory IS NULL'
  const updatePassword = database.prepare(
    `UPDATE users SET password_hash = ?, password_changed_at = ? WHERE username = ? ${kept} RETURNING id`
  )
  const updateRoles = database.prepare(`UPDATE users SET roles = ? WHERE username = ? ${kept} RETURNING id`)
  const updateAttributes = database.prepare(
    `UPDATE users SET attributes = ? WHERE username = ? AND attributes = ? ${kept} RETURNING *`
  )
  const updateHash = database.prepare('UPDATE users SET password_hash = ? WHERE id = ? AND password_hash = ?')
  const updateDisabled = database.prepare(`UPDATE users SET disabled = ? WHERE username = ? ${kept} RETURNING id`)

  return {
    setPassword: (username, passwordHash, now) => {
      const row = updatePassword.get(passwordHash, now, username) as { id: string } | undefined
      return row === undefined ? null : endings.endAll(row.id, 'password', now)
    },
    setRoles: (username, roles) => {
      const row = updateRoles.get(JSON.stringify(roles), username) as { id: string } | undefined
      return row === undefined ? null : endings.raiseGeneration(row.id)
    },
    setDisabled: (username, disabled, now) => {
      const row = updateDisabled.get(disabled ? 1 : 0, username) as { id: string } | undefined
      if (row === undefined) return null
      return disabled ? endings.endAll(row.id, 'disabled', now) : endings.raiseGeneration(row.id)
    },
    replaceAttributes: (username, before, after) => {
      const [old, fresh] = [JSON.stringify(before), JSON.stringify(after)]
      const row = updateAttributes.get(fresh, username, old) as UserRow | undefined
      if (row === undefined) return null
      return old === fresh ? userOf(row) : endings.raiseGeneration(row.id)
    },
    replacePasswordHash: (id, before, after) => Number(updateHash.run(after, id, before).changes) === 1,
    removeUser: createRemoveUser(database, endings)
  }
}
