import type { NewSession, Revocations, Session } from '../domain.js'
import type { Database } from './driver.js'
import type { Endings } from './endings.js'
import { createPrune } from './prune.js'
import { createRotate } from './rotate.js'
import { type SessionRow, sessionOf } from './session-row.js'
import type { SessionVerbs, UserVerbs } from './verbs.js'

/** The verbs of `SessionStore` as steps of a transaction that the caller has begun. */
export function createSessionVerbs(
  database: Database,
  users: Pick<UserVerbs, 'readUser'>,
  endings: Endings
): SessionVerbs {
  const select = database.prepare('SELECT * FROM sessions WHERE id = ?')
  const selectByToken = database.prepare(
    'SELECT sessions.* FROM refresh_tokens JOIN sessions ON sessions.id = session_id WHERE hash = ?'
  )
  return {
    openSession: createOpenSession(database, users),
    rotate: createRotate(database, users, endings),
    endSession: (which, now) => {
      const row = ('id' in which ? select.get(which.id) : selectByToken.get(which.tokenHash)) as SessionRow | undefined
      if (row === undefined) return null
      if (row.ended_at !== null) return sessionOf(row)
      endings.endSession(row.id, 'logout', now)
      return { ...sessionOf(row), endedAt: now }
    },
    endSessionsOf: (userId, now) => endings.endAll(userId, 'logout_all', now),
    readRevocations: createReadRevocations(database),
    prune: createPrune(database)
  }
}

function createOpenSession(database: Database, users: Pick<UserVerbs, 'readUser'>): SessionVerbs['openSession'] {
  const insertSession = database.prepare(`
    INSERT INTO sessions (id, user_id, current_hash, created_at, last_used_at, idle_expires_at, absolute_expires_at,
      access_until, address, user_agent)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const insertToken = database.prepare('INSERT INTO refresh_tokens (hash, session_id) VALUES (?, ?)')
  const updateLogin = database.prepare(
    'UPDATE users SET last_login_at = max(coalesce(last_login_at, 0), ?) WHERE id = ?'
  )

  return (session: NewSession, generation: number): Session | null => {
    const user = users.readUser(session.userId)
    if (user === null || user.disabled || user.generation !== generation) return null
    const { id, userId, tokenHash, now, absoluteExpiresAt, accessExpiresAt } = session
    const idleExpiresAt = Math.min(session.idleExpiresAt, absoluteExpiresAt)
    const times = [now, now, idleExpiresAt, absoluteExpiresAt, accessExpiresAt]
    insertSession.run(id, userId, tokenHash, ...times, session.address, session.userAgent)
    insertToken.run(tokenHash, id)
    updateLogin.run(now, userId)
    return { id, userId, createdAt: now, absoluteExpiresAt, endedAt: null }
  }
}

function createReadRevocations(database: Database): SessionVerbs['readRevocations'] {
  const selectEnded = database.prepare(
    'SELECT id AS sessionId, access_until AS until FROM sessions WHERE ended_at IS NOT NULL AND access_until > ?'
  )
  const selectRaised = database.prepare(
    'SELECT id AS userId, generation, generation_until AS until FROM users WHERE generation_until > ?'
  )
  return (now) => ({
    sessions: selectEnded.all(now) as Revocations['sessions'],
    generations: selectRaised.all(now) as Revocations['generations']
  })
}
