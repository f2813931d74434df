import type { Session } from '../domain.js'

export interface SessionRow {
  readonly id: string
  readonly user_id: string
  readonly sealed_current: Uint8Array | null
  readonly created_at: number
  readonly last_used_at: number
  readonly idle_expires_at: number
  readonly absolute_expires_at: number
  readonly ended_at: number | null
  readonly end_reason: EndReason | null
}

export type EndReason = 'logout' | 'logout_all' | 'password' | 'disabled' | 'ended' | 'reuse' | 'expired'

export function sessionOf(row: SessionRow): Session {
  return {
    id: row.id,
    userId: row.user_id,
    createdAt: row.created_at,
    absoluteExpiresAt: row.absolute_expires_at,
    endedAt: row.ended_at
  }
}
