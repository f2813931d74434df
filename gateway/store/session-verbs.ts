import type { Revocations } from '../domain.js'
import type { Database } from './driver.js'
import type { Endings } from './endings.js'
import { createOpenSession } from './open-session.js'
import { createOwnerVerbs } from './owner-verbs.js'
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
  const revoke = database.prepare(`
    INSERT INTO revoked_tokens (id, until) VALUES (?, ?)
    ON CONFLICT (id) DO UPDATE SET until = max(until, excluded.until)`)
  const { openSession, insertSession } = createOpenSession(database, users)
  return {
    openSession,
    ...createOwnerVerbs(database, users, endings, insertSession),
    rotate: createRotate(database, users, endings),
    endSession: (which, now) => {
      const row = ('id' in which ? select.get(which.id) : selectByToken.get(which.tokenHash)) as SessionRow | undefined
      if (row === undefined) return null
      if (row.ended_at !== null) return sessionOf(row)
      endings.endSession(row.id, 'logout', now)
      return { ...sessionOf(row), endedAt: now }
    },
    endSessionsOf: (whose, now) => {
      if ('userId' in whose) return endings.endAll(whose.userId, 'logout_all', now)
      const row = selectByToken.get(whose.tokenHash) as SessionRow | undefined
      return row === undefined || row.ended_at !== null ? null : endings.endAll(row.user_id, 'logout_all', now)
    },
    findRefreshToken: createFindRefreshToken(database, users),
    findRefreshOwner: createFindRefreshOwner(database, users),
    revokeToken: (tokenId, until) => void revoke.run(tokenId, until),
    readRevocations: createReadRevocations(database),
    prune: createPrune(database)
  }
}

/** The counterpart of `rotate` that changes nothing; what it finds would rotate at that moment. */
function createFindRefreshToken(
  database: Database,
  users: Pick<UserVerbs, 'readUser'>
): SessionVerbs['findRefreshToken'] {
  const select = database.prepare(`
    SELECT sessions.* FROM refresh_tokens JOIN sessions ON sessions.id = session_id
    WHERE hash = ? AND current_hash = hash AND ended_at IS NULL`)
  return (tokenHash, now) => {
    const row = select.get(tokenHash) as SessionRow | undefined
    if (row === undefined || now >= Math.min(row.idle_expires_at, row.absolute_expires_at)) return null
    const user = users.readUser(row.user_id)
    if (user === null || user.disabled) return null
    return { session: sessionOf(row), user, issuedAt: row.last_used_at, expiresAt: row.idle_expires_at }
  }
}

/** Of a token that `rotate` would take: the live one, or the one before it for as long as its successor is kept. */
function createFindRefreshOwner(
  database: Database,
  users: Pick<UserVerbs, 'readUser'>
): SessionVerbs['findRefreshOwner'] {
  const select = database.prepare(`
    SELECT sessions.* FROM refresh_tokens JOIN sessions ON sessions.id = session_id
    WHERE hash = ? AND ended_at IS NULL
      AND (current_hash = hash OR (previous_hash = hash AND sealed_current IS NOT NULL))`)
  return (tokenHash, now) => {
    const row = select.get(tokenHash) as SessionRow | undefined
    if (row === undefined || now >= Math.min(row.idle_expires_at, row.absolute_expires_at)) return null
    const user = users.readUser(row.user_id)
    return user === null || user.disabled ? null : user
  }
}

function createReadRevocations(database: Database): SessionVerbs['readRevocations'] {
  const selectEnded = database.prepare(
    'SELECT id AS sessionId, access_until AS until FROM sessions WHERE ended_at IS NOT NULL AND access_until > ?'
  )
  const selectRaised = database.prepare(
    `SELECT id AS userId, generation, generation_until AS until FROM users WHERE generation_until > ?1
    UNION ALL
    SELECT id, generation, generation_until FROM removed_users WHERE generation_until > ?1`
  )
  const selectTokens = database.prepare('SELECT id AS tokenId, until FROM revoked_tokens WHERE until > ?')
  return (now) => ({
    tokens: selectTokens.all(now) as Revocations['tokens'],
    sessions: selectEnded.all(now) as Revocations['sessions'],
    generations: selectRaised.all(now) as Revocations['generations']
  })
}
