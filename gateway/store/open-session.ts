import type { NewSession, Session } from '../domain.js'
import type { Database } from './driver.js'
import type { UserVerbs } from './verbs.js'

/** How many networks of a user are remembered: home, office, telephone, and some that change their address. */
const rememberedNetworks = 10

/** Writes a session whose user has been looked at in the same transaction. */
export type InsertSession = (session: NewSession) => Session

/** Makes the verb that opens a session, and its second half for verbs that open one among other things. */
export function createOpenSession(database: Database, users: Pick<UserVerbs, 'readUser'>) {
  const insert = database.prepare(`
    INSERT INTO sessions (id, user_id, current_hash, created_at, last_used_at, idle_expires_at, absolute_expires_at,
      access_until, address, user_agent)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const selectNetworks = database.prepare('SELECT networks FROM users WHERE id = ?')
  const updateLogin = database.prepare(
    'UPDATE users SET last_login_at = max(coalesce(last_login_at, 0), ?), networks = ? WHERE id = ?'
  )

  function noteLogin(userId: string, network: string, now: number): void {
    const row = selectNetworks.get(userId) as { networks: string }
    const others = (JSON.parse(row.networks) as string[]).filter((known) => known !== network)
    updateLogin.run(now, JSON.stringify([network, ...others].slice(0, rememberedNetworks)), userId)
  }

  function insertSession(session: NewSession): Session {
    const { id, userId, tokenHash, now, absoluteExpiresAt, accessExpiresAt, network } = session
    const idleExpiresAt = Math.min(session.idleExpiresAt, absoluteExpiresAt)
    const times = [now, now, idleExpiresAt, absoluteExpiresAt, accessExpiresAt]
    insert.run(id, userId, tokenHash, ...times, session.address, session.userAgent)
    if (network !== null) noteLogin(userId, network, now)
    return { id, userId, createdAt: now, absoluteExpiresAt, endedAt: null }
  }

  function openSession(session: NewSession, generation: number): Session | null {
    const user = users.readUser(session.userId)
    if (user === null || user.disabled || user.generation !== generation) return null
    return insertSession(session)
  }

  return { openSession, insertSession }
}
