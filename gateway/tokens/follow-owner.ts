import type { SessionStore } from '../domain.js'

/** Brings a user whom somebody else keeps up to date; null: nobody else keeps users. */
export type FollowUser = ((id: string) => Promise<void>) | null

/**
 * Makes what has to happen before a refresh token is used, so that its user is the one of now, and nothing is spent
 * when whoever keeps the user is away.
 */
export function createFollowOwner(store: Pick<SessionStore, 'findRefreshToken'>, followUser: FollowUser) {
  return async (tokenHash: Uint8Array): Promise<void> => {
    if (followUser === null) return
    const live = await store.findRefreshToken(tokenHash, Math.floor(Date.now() / 1000))
    if (live !== null) await followUser(live.user.id)
  }
}
