import type { Rotation, RotationOutcome } from '../domain.js'
import type { Database } from './driver.js'
import type { Endings } from './endings.js'
import type { FindByToken, FoundSession } from './find-by-token.js'
import { sessionOf } from './session-row.js'
import type { UserVerbs } from './verbs.js'

/**
 * Refresh token rotation with reuse detection (RFC 9700 §4.14.2), as one step of a transaction.
 *
 * The clock may be set back between two calls. What was found spent, ended or expired is written down, so that no
 * earlier hour revives it; the times kept only ever grow; and a repeat that seems to come before the first use is
 * still a repeat, since taking it for theft would sign its owner out.
 */
export function createRotate(
  database: Database,
  users: Pick<UserVerbs, 'readUser'>,
  endings: Endings,
  findByToken: FindByToken
): (rotation: Rotation) => RotationOutcome {
  const spend = createSpend(database)
  const extendAccess = database.prepare('UPDATE sessions SET access_until = max(access_until, ?) WHERE id = ?')

  return (rotation) => {
    const { now, accessMs } = rotation
    const found = findByToken(rotation)
    if (found === null) return { outcome: 'refused', because: 'unknown' }
    const session = sessionOf(found)
    if (found.ended_at !== null) {
      return { outcome: 'refused', because: found.end_reason === 'expired' ? 'expired' : 'ended' }
    }
    const user = users.readUser(found.user_id)
    if (user === null || user.disabled) return { outcome: 'refused', because: 'disabled' }
    if (now >= Math.min(found.idle_expires_at, found.absolute_expires_at)) {
      endings.endSession(found.id, 'expired', now)
      return { outcome: 'refused', because: 'expired' }
    }
    if (found.is_current === 1) {
      return { outcome: 'rotated', session, user, refreshExpiresAt: spend(found, rotation) }
    }
    const sealedSuccessor = repeatableSeal(found, rotation)
    if (sealedSuccessor !== null) {
      extendAccess.run(now + accessMs / 1000, found.id)
      return { outcome: 'repeated', session, user, sealedSuccessor, refreshExpiresAt: found.idle_expires_at }
    }
    endings.endSession(found.id, 'reuse', now)
    return { outcome: 'reused', session: { ...session, endedAt: now } }
  }
}

/** The seal, if the token was the last one spent, not too long ago; it is replaced as soon as its successor is used. */
function repeatableSeal(found: FoundSession, rotation: Rotation): Uint8Array | null {
  const elapsedMs = (rotation.now - found.last_used_at) * 1000
  return found.is_previous === 1 && elapsedMs <= rotation.reuseGraceMs ? found.sealed_current : null
}

/** Makes the successor the session's one live token; answers when it expires. */
function createSpend(database: Database): (found: FoundSession, rotation: Rotation) => number {
  const keepSpent = database.prepare('INSERT INTO spent_tokens (session_id, hash) VALUES (?, ?)')
  const update = database.prepare(`
    UPDATE sessions SET previous_hash = current_hash, current_hash = ?, sealed_current = ?, sealed_until = ?,
      last_used_at = max(last_used_at, ?), idle_expires_at = ?, access_until = max(access_until, ?)
    WHERE id = ?`)

  return (found, rotation) => {
    const { now, successorHash, reuseGraceMs } = rotation
    const idleExpiresAt = Math.min(now + rotation.idleMs / 1000, found.absolute_expires_at)
    // Without a window there is nothing to repeat, and within one and the same second no time would seem to elapse.
    const sealed = reuseGraceMs > 0 ? rotation.sealedSuccessor : null
    if (found.previous_hash !== null) keepSpent.run(found.id, found.previous_hash)
    const times = [now + reuseGraceMs / 1000, now, idleExpiresAt, now + rotation.accessMs / 1000]
    update.run(successorHash, sealed, ...times, found.id)
    return idleExpiresAt
  }
}
