import { randomBytes } from 'node:crypto'
import type { SessionStore, User } from '../domain.js'
import type { AccessTokens } from './access-tokens.js'
import type { Issued } from './issue-access-tokens.js'
import { createSessionId, hashRefreshToken } from './refresh-token.js'

export interface MintOptions {
  readonly store: Pick<SessionStore, 'openSession'>
  readonly accessTokens: AccessTokens
}

/** What a minted token's session says of where it comes from. */
const MINTED_BY = 'portcullis token mint'

/**
 * An access token as the user would get it, for an operator. It has a session like any other, so that it can be seen
 * and ended and is revoked when the user changes; nobody has that session's refresh token. null: the user may not
 * sign in.
 */
export async function mintToken(
  { store, accessTokens }: MintOptions,
  user: User,
  ttlMs: number
): Promise<Issued | null> {
  const now = Math.floor(Date.now() / 1000)
  const endsAt = now + Math.ceil(ttlMs / 1000)
  const session = await store.openSession(
    {
      id: createSessionId(),
      userId: user.id,
      tokenHash: hashRefreshToken(randomBytes(32).toString('base64url')),
      now,
      idleExpiresAt: endsAt,
      absoluteExpiresAt: endsAt,
      accessExpiresAt: endsAt,
      address: '',
      userAgent: MINTED_BY,
      network: null
    },
    user.generation
  )
  return session === null ? null : accessTokens.issue(user, session.id, endsAt, ttlMs)
}
