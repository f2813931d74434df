import type { LiveSession, PasswordChange, Session } from '../domain.js'
import type { Database } from './driver.js'
import type { Endings } from './endings.js'
import type { InsertSession } from './open-session.js'
import { type SessionRow, sessionOf } from './session-row.js'
import type { SessionVerbs, UserVerbs } from './verbs.js'

type OwnerVerbs = Pick<SessionVerbs, 'listSessions' | 'endSessionOf' | 'endOtherSessions' | 'changePassword'>

/** What users do to their own sessions, as steps of a transaction that the caller has begun. */
export function createOwnerVerbs(
  database: Database,
  users: Pick<UserVerbs, 'readUser'>,
  endings: Endings,
  insertSession: InsertSession
): OwnerVerbs {
  const selectOpen = database.prepare('SELECT * FROM sessions WHERE id = ? AND user_id = ? AND ended_at IS NULL')
  const selectOthers = database.prepare('SELECT * FROM sessions WHERE user_id = ? AND id <> ? AND ended_at IS NULL')
  const updatePassword = database.prepare(
    'UPDATE users SET password_hash = ?, password_changed_at = max(password_changed_at, ?) WHERE id = ?'
  )

  function end(row: SessionRow, now: number): Session {
    endings.endSession(row.id, 'ended', now)
    return { ...sessionOf(row), endedAt: now }
  }

  return {
    listSessions: createListSessions(database),
    endSessionOf: (userId, sessionId, now) => {
      const row = selectOpen.get(sessionId, userId) as SessionRow | undefined
      return row === undefined ? null : end(row, now)
    },
    endOtherSessions: (userId, keptId, now) => {
      return (selectOthers.all(userId, keptId) as SessionRow[]).map((row) => end(row, now))
    },
    changePassword: ({ passwordHash, sessionId, generation, successor }: PasswordChange) => {
      const { userId, now } = successor
      const user = users.readUser(userId)
      if (user === null || user.disabled || user.generation !== generation) return null
      if (selectOpen.get(sessionId, userId) === undefined) return null
      updatePassword.run(passwordHash, now, userId)
      endings.endAll(userId, 'password', now)
      const session = insertSession(successor)
      // Read again, for the generation and the login of this very step.
      const changed = users.readUser(userId)
      return changed === null ? null : { session, user: changed }
    }
  }
}

interface ListedRow extends SessionRow {
  readonly username: string
  readonly address: string
  readonly user_agent: string
}

function createListSessions(database: Database): OwnerVerbs['listSessions'] {
  // The rows are chosen by their numbers: sorted whole, those of some 100,000 sessions hold up every other call.
  // Within one second, which is as fine as the times are, the later row is the newer.
  const newestOf = (whose: string) => `
    SELECT sessions.*, username
    FROM (SELECT rowid AS id_of_row FROM sessions WHERE ended_at IS NULL AND idle_expires_at > ? ${whose}
      ORDER BY created_at DESC, rowid DESC LIMIT ?)
    JOIN sessions ON sessions.rowid = id_of_row JOIN users ON users.id = user_id
    ORDER BY sessions.created_at DESC, sessions.rowid DESC`
  const selectAll = database.prepare(newestOf(''))
  const selectOfUser = database.prepare(newestOf('AND user_id = ?'))

  return (userId, most, now) => {
    const rows = userId === null ? selectAll.all(now, most) : selectOfUser.all(now, userId, most)
    return (rows as ListedRow[]).map(
      (row): LiveSession => ({
        id: row.id,
        userId: row.user_id,
        username: row.username,
        createdAt: row.created_at,
        lastUsedAt: row.last_used_at,
        expiresAt: row.idle_expires_at,
        address: row.address,
        userAgent: row.user_agent
      })
    )
  }
}
