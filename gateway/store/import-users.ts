import type { ImportOutcome, NewUser } from '../domain.js'
import type { Database } from './driver.js'
import type { Endings } from './endings.js'
import type { UserRow } from './user-row.js'
import type { UserVerbs } from './verbs.js'

/** Whoever is here already is left alone, or overwritten; mirrors always are. */
const outcomeOf = (before: UserRow | undefined, overwrites: boolean): ImportOutcome => {
  if (before === undefined) return 'added'
  return overwrites || before.directory !== null ? 'updated' : 'exists'
}

/**
 * Makes the verbs that take over users of another program, hashes and all, as steps of a transaction, and that foresee it. Whoever was
 * mirrored from a directory until now is kept here from now on, under the same id, so that sessions go on.
 */
export function createImportVerbs(
  database: Database,
  { addUser }: Pick<UserVerbs, 'addUser'>,
  endings: Endings
): Pick<UserVerbs, 'importUsers' | 'foreseeImport'> {
  const select = database.prepare('SELECT * FROM users WHERE username = ?')
  const update = database.prepare(`
    UPDATE users SET password_hash = ?, roles = ?, attributes = ?, disabled = ?, directory = NULL, directory_key = NULL,
      password_changed_at = iif(password_hash = ? OR directory IS NOT NULL, password_changed_at, ?)
    WHERE id = ?`)

  function overwrite(before: UserRow, user: NewUser, now: number): void {
    const lists = [JSON.stringify(user.roles), JSON.stringify(user.attributes)] as const
    const disabled = user.disabled === true ? 1 : 0
    const { passwordHash } = user
    update.run(passwordHash, ...lists, disabled, passwordHash, now, before.id)
    const newPassword = before.directory === null && before.password_hash !== passwordHash
    if (newPassword) endings.endAll(before.id, 'password', now)
    else if (disabled === 1 && before.disabled === 0) endings.endAll(before.id, 'disabled', now)
    else if (before.roles !== lists[0] || before.disabled !== disabled) endings.raiseGeneration(before.id)
  }

  const find = (username: string) => select.get(username) as UserRow | undefined

  return {
    importUsers: (users, overwrites, now) =>
      users.map((user) => {
        const before = find(user.username)
        const outcome = outcomeOf(before, overwrites)
        if (before === undefined) addUser(user, now)
        else if (outcome === 'updated') overwrite(before, user, now)
        return outcome
      }),
    foreseeImport: (usernames, overwrites) => usernames.map((username) => outcomeOf(find(username), overwrites))
  }
}
