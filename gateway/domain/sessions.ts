/** Sessions, and the verbs by which they last: atomic, implemented by `store`. */
import type { User } from './users.js'

/** One sign-in and all that was refreshed from it. */
export interface Session {
  readonly id: string
  readonly userId: string
  readonly createdAt: number
  readonly absoluteExpiresAt: number
  readonly endedAt: number | null
}

/** A session that can be refreshed, as its owner or an operator sees it. */
export interface LiveSession {
  readonly id: string
  readonly userId: string
  readonly username: string
  readonly createdAt: number
  /** Of the sign-in or the last refresh. */
  readonly lastUsedAt: number
  /** Unless it is refreshed before. */
  readonly expiresAt: number
  /** Of the sign-in, as is the user agent. */
  readonly address: string
  readonly userAgent: string
}

export interface NewSession {
  readonly id: string
  readonly userId: string
  /** SHA-256 of the refresh token. */
  readonly tokenHash: Uint8Array
  readonly now: number
  readonly idleExpiresAt: number
  readonly absoluteExpiresAt: number
  /** When the access token issued with it expires. */
  readonly accessExpiresAt: number
  readonly address: string
  readonly userAgent: string
  /** Remembered as one that the user signs in from; null: nobody signed in, and it is no login of the user's. */
  readonly network: string | null
}

/** A new password for whoever showed the old one in a session of theirs. */
export interface PasswordChange {
  readonly passwordHash: string
  /** The session that asks; it must not have ended. */
  readonly sessionId: string
  /** The user's, when the old password was verified. */
  readonly generation: number
  /** Takes the place of all the user's sessions. */
  readonly successor: NewSession
}

/** What the store knows a refresh token by. */
export interface RefreshTokenKey {
  /** The session that the token names. */
  readonly sessionId: string
  /** SHA-256 of what is secret in it. */
  readonly tokenHash: Uint8Array
}

export interface Rotation extends RefreshTokenKey {
  readonly successorHash: Uint8Array
  /** The successor, readable only with its predecessor. */
  readonly sealedSuccessor: Uint8Array
  readonly now: number
  readonly idleMs: number
  readonly accessMs: number
  readonly reuseGraceMs: number
}

export type RotationOutcome =
  | { readonly outcome: 'rotated'; readonly session: Session; readonly user: User; readonly refreshExpiresAt: number }
  /** Used again in time, and the successor is unused: it may be handed out again. */
  | {
      readonly outcome: 'repeated'
      readonly session: Session
      readonly user: User
      readonly sealedSuccessor: Uint8Array
      readonly refreshExpiresAt: number
    }
  /** A spent token came back: the session has been ended by this very call. */
  | { readonly outcome: 'reused'; readonly session: Session }
  | { readonly outcome: 'refused'; readonly because: 'unknown' | 'expired' | 'ended' | 'disabled' }

/** The one live refresh token of a session, as it can be told without using it. */
export interface LiveRefreshToken {
  readonly session: Session
  readonly user: User
  readonly issuedAt: number
  readonly expiresAt: number
}

/** What ends access tokens before they expire; bounded by what can still be alive. */
export interface Revocations {
  /** Access tokens that belong to no session, by `jti`. */
  readonly tokens: readonly { readonly tokenId: string; readonly until: number }[]
  readonly sessions: readonly { readonly sessionId: string; readonly until: number }[]
  /** Tokens of the user with a smaller generation are revoked. */
  readonly generations: readonly { readonly userId: string; readonly generation: number; readonly until: number }[]
}

/** Every promise of both stores resolves only when the change is durable, and rejects with `store_unavailable` otherwise. */
export interface SessionStore {
  /** null: the user is gone or disabled, or changed generation since `generation` was read. Sets the last login. */
  openSession: (session: NewSession, generation: number) => Promise<Session | null>
  /** One transaction: of any number of parallel calls with one token, one rotates. */
  rotate: (rotation: Rotation) => Promise<RotationOutcome>
  /** By id or by any refresh token of it, spent or not; null: there is none. Ending twice is no error. */
  endSession: (which: { readonly id: string } | RefreshTokenKey, now: number) => Promise<Session | null>
  /**
   * Ends all sessions of the user and raises the generation, in one transaction; null: no such user. By any refresh
   * token of a session that has not ended, spent or not; null: there is none.
   */
  endSessionsOf: (whose: { readonly userId: string } | RefreshTokenKey, now: number) => Promise<User | null>
  /** Reads without using: null when it would not rotate, spent ones in their window of reuse included. */
  findRefreshToken: (token: RefreshTokenKey, now: number) => Promise<LiveRefreshToken | null>
  /**
   * Whom a refresh token would be good for, once more included, as far as can be told without using it; null when it
   * would be refused, or end its session.
   */
  findRefreshOwner: (token: RefreshTokenKey, now: number) => Promise<User | null>
  /** Revokes one access token that belongs to no session; it expires at `until`. Twice is no error. */
  revokeToken: (tokenId: string, until: number) => Promise<void>
  /** The newest sessions that can be refreshed, at most `most`; of one user, or with null of all. */
  listSessions: (userId: string | null, most: number, now: number) => Promise<readonly LiveSession[]>
  /** Ends one session of this user; null: the user has no such session, or it has ended. */
  endSessionOf: (userId: string, sessionId: string, now: number) => Promise<Session | null>
  /** Ends all sessions of the user but one; answers those that it ended. The generation stays. */
  endOtherSessions: (userId: string, keptId: string, now: number) => Promise<readonly Session[]>
  /**
   * Sets the password, ends every session of the user, raises the generation and opens one new session, all in one
   * transaction. null: the user is gone, disabled or changed since, or the session that asks has ended.
   */
  changePassword: (change: PasswordChange) => Promise<{ readonly session: Session; readonly user: User } | null>
  readRevocations: (now: number) => Promise<Revocations>
  /** Forgets sessions that nothing alive can refer to; returns how many. */
  prune: (now: number) => Promise<number>
}
