import type { Database } from './driver.js'
import type { PruneStep } from './verbs.js'

// Deleting a session deletes its refresh tokens, up to some thousands, while the calls behind it wait.
const sessionsAtATime = 100
const tokensAtATime = 1000

// An access token that has expired is alive again when the clock is set back, and then its revocation must still be
// there. A day covers a wrong time zone and a clock put right by hand.
const clockSetBackSeconds = 24 * 60 * 60

/** Forgets what nothing alive can refer to, a bounded number at a time. */
export function createPrune(database: Database): (now: number) => PruneStep {
  const eraseSeals = database.prepare(
    'UPDATE sessions SET sealed_current = NULL WHERE sealed_current IS NOT NULL AND sealed_until < ?'
  )
  // What has run out is ended for good, so that an earlier hour does not revive it.
  const endExpired = database.prepare(`
    UPDATE sessions SET ended_at = ?, end_reason = 'expired', sealed_current = NULL WHERE id IN
      (SELECT id FROM sessions WHERE ended_at IS NULL AND idle_expires_at <= ? AND access_until <= ? LIMIT ?)`)
  const forget = database.prepare(`
    DELETE FROM sessions WHERE id IN
      (SELECT id FROM sessions WHERE ended_at IS NOT NULL AND access_until <= ? LIMIT ?)`)
  const forgetToken = database.prepare(
    'DELETE FROM revoked_tokens WHERE id IN (SELECT id FROM revoked_tokens WHERE until <= ? LIMIT ?)'
  )

  return (now) => {
    eraseSeals.run(now)
    const ended = Number(endExpired.run(now, now, now, sessionsAtATime).changes)
    const forgotten = Number(forget.run(now - clockSetBackSeconds, sessionsAtATime).changes)
    const tokens = Number(forgetToken.run(now - clockSetBackSeconds, tokensAtATime).changes)
    const more = Math.max(ended, forgotten) === sessionsAtATime || tokens === tokensAtATime
    return { forgotten, more }
  }
}
