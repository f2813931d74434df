import type { User } from '../domain.js'
import type { Database } from './driver.js'
import type { EndReason } from './session-row.js'
import { type UserRow, userOf } from './user-row.js'

/** What ends sessions and access tokens, for the verbs of users and of sessions alike. */
export interface Endings {
  /** Ends one session; one that has ended already keeps its time and reason. */
  readonly endSession: (id: string, reason: EndReason, now: number) => void
  /** Ends every session of a user and raises the generation; null: no such user. */
  readonly endAll: (userId: string, reason: EndReason, now: number) => User | null
  /** Revokes the access tokens that the user has, and leaves the sessions; null: no such user. */
  readonly raiseGeneration: (userId: string) => User | null
}

export function createEndings(database: Database): Endings {
  // A seal is worth nothing once its session has ended, so it goes in the same step.
  const ending = 'UPDATE sessions SET ended_at = ?, end_reason = ?, sealed_current = NULL WHERE ended_at IS NULL'
  const endOne = database.prepare(`${ending} AND id = ?`)
  const endOfUser = database.prepare(`${ending} AND user_id = ?`)
  // Every access token of an older generation was issued in one of the sessions that are there: `prune` keeps a session
  // for as long as one may be alive.
  const raise = database.prepare(`
    UPDATE users SET generation = generation + 1, generation_until =
      max(generation_until, (SELECT coalesce(max(access_until), 0) FROM sessions WHERE user_id = users.id))
    WHERE id = ? RETURNING *`)

  const raiseGeneration = (userId: string): User | null => {
    const row = raise.get(userId) as UserRow | undefined
    return row === undefined ? null : userOf(row)
  }
  return {
    raiseGeneration,
    endSession: (id, reason, now) => void endOne.run(now, reason, id),
    endAll: (userId, reason, now) => {
      endOfUser.run(now, reason, userId)
      return raiseGeneration(userId)
    }
  }
}
