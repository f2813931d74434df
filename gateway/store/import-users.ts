import type { ImportOutcome, NewUser } from '../domain.js'
import type { Database } from './driver.js'
import type { Endings } from './endings.js'
import type { UserRow } from './user-row.js'
import type { UserVerbs } from './verbs.js'

/**
 * Makes the verb that takes over users of another program, hashes and all, as a step of a transaction. Whoever was
 * mirrored from a directory until now is kept here from now on, under the same id, so that sessions go on.
 */
export function createImportUsers(
  database: Database,
  { addUser }: Pick<UserVerbs, 'addUser'>,
  endings: Endings
): UserVerbs['importUsers'] {
  const select = database.prepare('SELECT * FROM users WHERE username = ?')
  const update = database.prepare(`
    UPDATE users SET password_hash = ?, roles = ?, attributes = ?, disabled = ?, directory = NULL, directory_key = NULL,
      password_changed_at = iif(password_hash = ? OR directory IS NOT NULL, password_changed_at, ?)
    WHERE id = ?`)

  function overwrite(before: UserRow, user: NewUser, now: number): ImportOutcome {
    const lists = [JSON.stringify(user.roles), JSON.stringify(user.attributes)] as const
    const disabled = user.disabled === true ? 1 : 0
    const { passwordHash } = user
    update.run(passwordHash, ...lists, disabled, passwordHash, now, before.id)
    const newPassword = before.directory === null && before.password_hash !== passwordHash
    if (newPassword) endings.endAll(before.id, 'password', now)
    else if (disabled === 1 && before.disabled === 0) endings.endAll(before.id, 'disabled', now)
    else if (before.roles !== lists[0] || before.disabled !== disabled) endings.raiseGeneration(before.id)
    return 'updated'
  }

  return (users, overwrites, now) =>
    users.map((user) => {
      const before = select.get(user.username) as UserRow | undefined
      if (before === undefined) return addUser(user, now) === null ? 'exists' : 'added'
      return overwrites || before.directory !== null ? overwrite(before, user, now) : 'exists'
    })
}
