import type { RefreshTokenKey, SessionStore } from '../domain.js'
import type { TokenSizes } from './token-size.js'

/** Brings a user whom somebody else keeps up to date; null: nobody else keeps users. */
export type FollowUser = ((id: string) => Promise<void>) | null

/**
 * Makes what has to happen before a refresh token is used, so that its user is the one of now, and nothing is spent
 * when whoever keeps the user is away, or when the user's next token could not be issued. A token that may be used once
 * more is asked about as a fresh one is: who was deactivated meanwhile must get nothing by it.
 */
export function createFollowOwner(
  store: Pick<SessionStore, 'findRefreshOwner'>,
  followUser: FollowUser,
  sizes: TokenSizes
) {
  const findOwner = (token: RefreshTokenKey) => store.findRefreshOwner(token, Math.floor(Date.now() / 1000))

  return async (token: RefreshTokenKey): Promise<void> => {
    if (followUser === null && !sizes.canExceed) return
    const owner = await findOwner(token)
    if (owner === null) return
    if (followUser !== null) await followUser(owner.id)
    if (!sizes.canExceed) return
    const followed = followUser === null ? owner : await findOwner(token)
    if (followed !== null) sizes.requireFit(followed)
  }
}
