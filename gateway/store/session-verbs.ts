import type { RefreshTokenKey, Revocations } from '../domain.js'
import type { Database } from './driver.js'
import type { Endings } from './endings.js'
import { createFindByToken, type FindByToken } from './find-by-token.js'
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
  const findByToken = createFindByToken(database)
  const revoke = database.prepare(`
    INSERT INTO revoked_tokens (id, until) VALUES (?, ?)
    ON CONFLICT (id) DO UPDATE SET until = max(until, excluded.until)`)
  const { openSession, insertSession } = createOpenSession(database, users)
  return {
    openSession,
    ...createOwnerVerbs(database, users, endings, insertSession),
    rotate: createRotate(database, users, endings, findByToken),
    endSession: (which, now) => {
      const row = 'id' in which ? (select.get(which.id) as SessionRow | undefined) : findByToken(which)
      if (row === undefined || row === null) return null
      if (row.ended_at !== null) return sessionOf(row)
      endings.endSession(row.id, 'logout', now)
      return { ...sessionOf(row), endedAt: now }
    },
    endSessionsOf: (whose, now) => {
      if ('userId' in whose) return endings.endAll(whose.userId, 'logout_all', now)
      const row = findByToken(whose)
      return row === null || row.ended_at !== null ? null : endings.endAll(row.user_id, 'logout_all', now)
    },
    ...createFindRefresh(findByToken, users),
    revokeToken: (tokenId, until) => void revoke.run(tokenId, until),
    readRevocations: createReadRevocations(database),
    prune: createPrune(database)
  }
}

/** The counterparts of `rotate` that change nothing; what they find would rotate, or be repeated, at that moment. */
function createFindRefresh(
  findByToken: FindByToken,
  users: Pick<UserVerbs, 'readUser'>
): Pick<SessionVerbs, 'findRefreshToken' | 'findRefreshOwner'> {
  const find = (token: RefreshTokenKey, now: number) => {
    const row = findByToken(token)
    if (row === null || row.ended_at !== null) return null
    if (now >= Math.min(row.idle_expires_at, row.absolute_expires_at)) return null
    const user = users.readUser(row.user_id)
    return user === null || user.disabled ? null : { row, user }
  }
  return {
    findRefreshToken: (token, now) => {
      const found = find(token, now)
      if (found === null || found.row.is_current !== 1) return null
      const { row, user } = found
      return { session: sessionOf(row), user, issuedAt: row.last_used_at, expiresAt: row.idle_expires_at }
    },
    findRefreshOwner: (token, now) => {
      const found = find(token, now)
      if (found === null) return null
      const repeatable = found.row.is_previous === 1 && found.row.sealed_current !== null
      return found.row.is_current === 1 || repeatable ? found.user : null
    }
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
