import type { Database } from './driver.js'
import type { PruneStep } from './verbs.js'

// Each step holds up the calls behind it by a millisecond or a few.
const sessionsWalked = 500
// Deleting a session deletes its spent tokens, up to some thousands.
const sessionsForgotten = 100
const tokensForgotten = 1000

// An access token that has expired is alive again when the clock is set back, and then its revocation must still be
// there. A day covers a wrong time zone and a clock put right by hand.
const clockSetBackSeconds = 24 * 60 * 60

/**
 * Forgets what nothing alive can refer to, a bounded number at a time, on a walk past all sessions. An index of when
 * each runs out would find them sooner, and be written anew by every refresh. The walk goes from the latest row to the
 * first: sessions that are opened meanwhile lie behind it, so it ends however many there are.
 */
export function createPrune(database: Database): (now: number, before: number) => PruneStep {
  const stretchBefore = database.prepare(`
    SELECT min(id_of_row) AS first
    FROM (SELECT rowid AS id_of_row FROM sessions WHERE rowid < ? ORDER BY rowid DESC LIMIT ?)`)
  const eraseSeals = database.prepare(`
    UPDATE sessions SET sealed_current = NULL
    WHERE rowid >= ? AND rowid < ? AND sealed_current IS NOT NULL AND sealed_until < ?`)
  // What has run out is ended for good, so that an earlier hour does not revive it.
  const endExpired = database.prepare(`
    UPDATE sessions SET ended_at = ?3, end_reason = 'expired', sealed_current = NULL
    WHERE rowid >= ?1 AND rowid < ?2 AND ended_at IS NULL AND idle_expires_at <= ?3 AND access_until <= ?3`)
  const forget = database.prepare(`
    DELETE FROM sessions WHERE id IN
      (SELECT id FROM sessions WHERE ended_at IS NOT NULL AND access_until <= ? LIMIT ?)`)
  const forgetToken = database.prepare(
    'DELETE FROM revoked_tokens WHERE id IN (SELECT id FROM revoked_tokens WHERE until <= ? LIMIT ?)'
  )

  return (now, before) => {
    const { first } = stretchBefore.get(before, sessionsWalked) as { first: number | null }
    if (first !== null) {
      eraseSeals.run(first, before, now)
      endExpired.run(first, before, now)
    }
    const forgotten = Number(forget.run(now - clockSetBackSeconds, sessionsForgotten).changes)
    const tokens = Number(forgetToken.run(now - clockSetBackSeconds, tokensForgotten).changes)
    const more = first !== null || forgotten === sessionsForgotten || tokens === tokensForgotten
    // Once past the first row the walk stays there: whatever is opened then has no lower number than 1.
    return { forgotten, next: more ? (first ?? 0) : null }
  }
}
