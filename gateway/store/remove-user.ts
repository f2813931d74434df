import type { User } from '../domain.js'
import type { Database } from './driver.js'
import type { Endings } from './endings.js'

/**
 * Makes the verb that removes a user. Nothing of the sessions has to be kept: every access token that was issued in
 * them is of an older generation than the one that is left behind.
 */
export function createRemoveUser(database: Database, endings: Endings) {
  const select = database.prepare('SELECT id FROM users WHERE username = ?')
  const bury = database.prepare(`
    INSERT INTO removed_users (id, generation, generation_until, removed_at)
    SELECT id, generation, generation_until, ? FROM users WHERE id = ?`)
  const forgetSessions = database.prepare('DELETE FROM sessions WHERE user_id = ?')
  const forgetUser = database.prepare('DELETE FROM users WHERE id = ?')

  return (username: string, now: number): User | null => {
    const found = select.get(username) as { id: string } | undefined
    if (found === undefined) return null
    // Reads when the last access token expires out of the sessions, so it comes before they go.
    const user = endings.raiseGeneration(found.id)
    bury.run(now, found.id)
    forgetSessions.run(found.id)
    forgetUser.run(found.id)
    return user
  }
}
