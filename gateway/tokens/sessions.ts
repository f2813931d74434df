import type {
  Claims,
  LiveRefreshToken,
  NewSession,
  Principal,
  RefreshTokenKey,
  RotationOutcome,
  Session,
  SessionStore,
  User
} from '../domain.js'
import { Problem, type ProblemCode } from '../problems.js'
import type { AccessTokens } from './access-tokens.js'
import { createFollowOwner, type FollowUser } from './follow-owner.js'
import type { Verified } from './issuers.js'
import type { OwnTokens } from './own-tokens.js'
import {
  createRefreshToken,
  createSessionId,
  hashRefreshToken,
  isRefreshToken,
  refreshTokenKey,
  sealSuccessor,
  unsealSuccessor
} from './refresh-token.js'
import type { Revocations } from './revocations.js'
import type { TokenSizes } from './token-size.js'

export interface SessionOptions {
  readonly store: SessionStore
  readonly accessTokens: Pick<AccessTokens, 'issue'>
  /** Of every kind: who shows one may end what it belongs to. */
  readonly ownTokens: OwnTokens
  /** Of this gateway and of other issuers. */
  readonly verifyAccessToken: (token: string) => Verified | Promise<Verified>
  readonly revocations: Revocations
  readonly accessMs: number
  readonly refresh: { readonly idleMs: number; readonly absoluteMs: number; readonly reuseGraceMs: number }
  readonly followUser?: FollowUser
  readonly sizes: TokenSizes
}

export interface SignInContext {
  readonly address: string
  readonly userAgent: string
  /** What the address is counted as; null: nobody signs in, an operator asks for it. */
  readonly network: string | null
}

/** Opens a session for a user of this generation, alone or with other changes; null: the user is no longer so. */
export type OpenSession = (
  session: NewSession,
  generation: number
) => Promise<{ readonly session: Session; readonly user: User } | null>

/** What a login or a refresh hands out; times are NumericDate. */
export interface Grant {
  readonly user: User
  readonly sessionId: string
  readonly accessToken: string
  readonly accessExpiresAt: number
  readonly refreshToken: string
  readonly refreshExpiresAt: number
  readonly issuedAt: number
}

export interface SignedOut {
  readonly userId: string
  readonly sessionId: string | null
}

export interface Sessions {
  /** null: the user was disabled or changed while signing in. Rejects with `token_too_large`, as `refresh` does. */
  signIn: (user: User, context: SignInContext, open?: OpenSession) => Promise<Grant | null>
  /**
   * Rejects with `invalid_refresh_token` whatever is wrong with the token; `onReuse` is told of the session first when
   * a spent one came back outside its window and ended it.
   */
  refresh: (refreshToken: string, onReuse: (session: Session) => void) => Promise<Grant>
  /** Who a refresh token would be good for, without using it; null: it would be refused. */
  findRefreshToken: (refreshToken: string) => Promise<LiveRefreshToken | null>
  /**
   * Ends the session that any of its tokens, access or refresh, spent or expired, belongs to; a service's access token,
   * which belongs to none, ends alone.
   */
  signOut: (token: string) => Promise<SignedOut>
  /**
   * Ends every session of the user whose token is shown. An access token must hold for that, and the session of a
   * refresh token must not have ended: else it has no power over other sessions than its own.
   */
  signOutEverywhere: (token: string) => Promise<SignedOut>
  /** The claims of an access token that holds, or why it does not. */
  inspect: (token: unknown) => Promise<{ readonly claims: Claims } | { readonly because: ProblemCode }>
  /** The user was changed elsewhere: access tokens of older generations end now. */
  noteChangedUser: (user: User) => void
  /** The session was ended elsewhere: its access tokens end now. */
  noteEndedSession: (sessionId: string) => void
}

/** A token is dated when the store has answered, which may take this long; its revocation is kept for so much longer. */
const STORE_ANSWER_MS = 10_000

const seconds = () => Math.floor(Date.now() / 1000)

function readOwner(verified: Verified): SignedOut {
  if (typeof verified === 'string') throw new Problem(verified)
  return { userId: verified.subject, sessionId: verified.sessionId }
}

/** Opens a session alone. */
export const openFor =
  (store: Pick<SessionStore, 'openSession'>, user: User): OpenSession =>
  async (session, generation) => {
    const opened = await store.openSession(session, generation)
    return opened === null ? null : { session: opened, user }
  }

/** Sessions of users over a store whose verbs are atomic: nothing here reads and then writes. */
export function createSessions(options: SessionOptions): Sessions {
  const { store, accessTokens, ownTokens, revocations, refresh: lifetimes } = options
  const followOwner = createFollowOwner(store, options.followUser ?? null, options.sizes)

  // Longer than any access token issued so far can live: lifetimes change, and what was issued stays issued.
  const LONGEST_ACCESS_SECONDS = 24 * 60 * 60
  const untilForgotten = () => seconds() + Math.max(LONGEST_ACCESS_SECONDS, Math.ceil(options.accessMs / 1000))

  function grant(user: User, session: Session, refreshToken: string, refreshExpiresAt: number): Grant {
    const { token, expiresAt } = accessTokens.issue(user, session.id, session.absoluteExpiresAt)
    return {
      user,
      sessionId: session.id,
      accessToken: token,
      accessExpiresAt: expiresAt,
      refreshToken,
      refreshExpiresAt,
      issuedAt: seconds()
    }
  }

  function grantRotated(outcome: RotationOutcome, presented: string, successor: string): Grant | null {
    switch (outcome.outcome) {
      case 'rotated':
        return grant(outcome.user, outcome.session, successor, outcome.refreshExpiresAt)
      case 'repeated': {
        const kept = unsealSuccessor(presented, outcome.sealedSuccessor)
        return grant(outcome.user, outcome.session, kept, outcome.refreshExpiresAt)
      }
      case 'reused':
        revocations.addSession(outcome.session.id, untilForgotten())
        return null
      case 'refused':
        return null
    }
  }

  // Stored first, in both: a revocation that a restart would forget is not confirmed.
  async function endByAccessToken(principal: Principal): Promise<SignedOut> {
    const { subject, sessionId } = principal
    if (sessionId === null) return endClientToken(principal)
    await store.endSession({ id: sessionId }, seconds())
    revocations.addSession(sessionId, untilForgotten())
    return { userId: subject, sessionId }
  }

  async function endClientToken({ subject, tokenId, expiresAt }: Principal): Promise<SignedOut> {
    if (tokenId !== null && expiresAt > seconds()) {
      await store.revokeToken(tokenId, expiresAt)
      revocations.addToken(tokenId, expiresAt)
    }
    return { userId: subject, sessionId: null }
  }

  async function endByRefreshToken(token: RefreshTokenKey): Promise<SignedOut> {
    const session = await store.endSession(token, seconds())
    if (session === null) throw new Problem('invalid_refresh_token')
    revocations.addSession(session.id, untilForgotten())
    return { userId: session.userId, sessionId: session.id }
  }

  async function endAllByAccessToken(token: string): Promise<SignedOut> {
    const shown = readOwner(ownTokens.verify(token))
    if (shown.sessionId === null) throw new Problem('access_denied', { detail: 'A service has no sessions to end.' })
    const user = await store.endSessionsOf({ userId: shown.userId }, seconds())
    if (user !== null) noteChangedUser(user)
    return shown
  }

  async function endAllByRefreshToken(token: RefreshTokenKey): Promise<SignedOut> {
    const user = await store.endSessionsOf(token, seconds())
    if (user === null) throw new Problem('invalid_refresh_token')
    noteChangedUser(user)
    return { userId: user.id, sessionId: token.sessionId }
  }

  function noteChangedUser(user: User): void {
    revocations.addGeneration(user.id, user.generation, untilForgotten())
  }

  return {
    async signIn(user, { address, userAgent, network }, open = openFor(store, user)) {
      // First, so that no session is opened that nobody could use.
      options.sizes.requireFit(user)
      const id = createSessionId()
      const refreshToken = createRefreshToken(id)
      const now = seconds()
      const absoluteExpiresAt = now + Math.floor(lifetimes.absoluteMs / 1000)
      const idleExpiresAt = Math.min(absoluteExpiresAt, now + Math.floor(lifetimes.idleMs / 1000))
      const opened = await open(
        {
          id,
          userId: user.id,
          tokenHash: hashRefreshToken(refreshToken),
          now,
          idleExpiresAt,
          absoluteExpiresAt,
          accessExpiresAt: now + Math.ceil((options.accessMs + STORE_ANSWER_MS) / 1000),
          address,
          userAgent: userAgent.slice(0, 256),
          network
        },
        user.generation
      )
      return opened === null ? null : grant(opened.user, opened.session, refreshToken, idleExpiresAt)
    },

    async refresh(refreshToken, onReuse) {
      if (!isRefreshToken(refreshToken)) throw new Problem('invalid_refresh_token')
      const key = refreshTokenKey(refreshToken)
      await followOwner(key)
      const successor = createRefreshToken(key.sessionId)
      const outcome = await store.rotate({
        ...key,
        successorHash: hashRefreshToken(successor),
        sealedSuccessor: sealSuccessor(refreshToken, successor),
        now: seconds(),
        idleMs: lifetimes.idleMs,
        accessMs: options.accessMs + STORE_ANSWER_MS,
        reuseGraceMs: lifetimes.reuseGraceMs
      })
      const granted = grantRotated(outcome, refreshToken, successor)
      if (outcome.outcome === 'reused') onReuse(outcome.session)
      if (granted === null) throw new Problem('invalid_refresh_token')
      return granted
    },

    findRefreshToken: (token) => store.findRefreshToken(refreshTokenKey(token), seconds()),

    async signOut(token) {
      const shown = ownTokens.readRefreshToken(token)
      if (shown !== null) return endByRefreshToken(shown)
      const principal = ownTokens.verifyExpired(token)
      if (typeof principal === 'string') throw new Problem(principal)
      return endByAccessToken(principal)
    },

    async signOutEverywhere(token) {
      const shown = ownTokens.readRefreshToken(token)
      return shown === null ? endAllByAccessToken(token) : endAllByRefreshToken(shown)
    },

    async inspect(token) {
      const verified = typeof token === 'string' ? await options.verifyAccessToken(token) : 'invalid_token'
      return typeof verified === 'string' ? { because: verified } : { claims: verified.claims }
    },

    noteChangedUser,

    noteEndedSession(sessionId) {
      revocations.addSession(sessionId, untilForgotten())
    }
  }
}
