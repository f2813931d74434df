/**
 * The nouns that two or more rooms share, and the verbs of what must last. No code, no state.
 * Times named `…At` are NumericDate (seconds since 1970, RFC 7519 §2); durations are named `…Ms`.
 */
import type { CanonicalPath } from './canonical-path.js'
import type { ProblemCode } from './problems.js'

export type Scalar = string | number | boolean
export type Claims = Readonly<Record<string, unknown>>

// --- Who asks ---

/** Who a credential says is asking, after every check on the credential held. */
export interface Principal {
  /** Opaque and stable (`sub`), never empty. */
  readonly subject: string
  /** The issuer's name in the settings; `self` for tokens of this gateway. */
  readonly issuer: string
  readonly username: string | null
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
  readonly clientId: string | null
  readonly sessionId: string | null
  readonly tokenId: string | null
  /** The user's generation when the token was issued; a later one of the user revokes it. */
  readonly generation: number | null
  readonly expiresAt: number
  /** All claims of the token, as verified; in a foreign one `sub`, `username` and `roles` are as above. */
  readonly claims: Claims
}

/** What authentication found: nobody, somebody, or a credential that does not hold, and why. It refuses nothing. */
export type Authentication =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'principal'; readonly principal: Principal }
  | { readonly kind: 'bad'; readonly because: ProblemCode }

// --- What the policy file says ---

export interface PathTolerance {
  /** Whether the upstream tells `/A` from `/a`; `insensitive` refuses paths whose other-case spelling selects another rule. */
  readonly case: 'sensitive' | 'insensitive'
  readonly encodedSlash: 'refuse' | 'allow'
  readonly semicolon: 'refuse' | 'allow'
  readonly emptySegments: 'refuse' | 'allow'
}

/** What a claim must equal: a scalar, or the path's segment captured under a name. */
export type ClaimExpectation = { readonly equals: Scalar } | { readonly segment: string }

/** One alternative of `allow`: every entry present must hold. */
export interface Condition {
  /** Any of. */
  readonly roles?: readonly string[]
  readonly allRoles?: readonly string[]
  /** All of. */
  readonly scopes?: readonly string[]
  /** Claim name → any of. */
  readonly claims?: Readonly<Record<string, readonly ClaimExpectation[]>>
  /** CIDRs, any of; the only entry that needs no identity. */
  readonly networks?: readonly string[]
  /** Names of the settings, any of; `self` is this gateway. */
  readonly issuers?: readonly string[]
}

export type Allow =
  | { readonly kind: 'anyone' }
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'nobody' }
  | { readonly kind: 'any'; readonly of: readonly Condition[] }

/** How long a WebSocket may go on when neither of its ends closes it. */
export interface WebSocketTerms {
  /** What ends it by itself; whatever revokes the access token always does. */
  readonly endsWith: 'token' | 'session' | 'client'
  /** Without a byte either way. */
  readonly idleTimeoutMs: number
}

/** One rule of the file, parsed. Immutable. */
export interface Rule {
  /** Place in the file, from 0; the first rule that fits is chosen. */
  readonly index: number
  readonly line: number
  /** The pattern, canonical as request paths are: `/api/users/{id}/**`. */
  readonly path: string
  /** Lower case, without port; null: every host. */
  readonly hosts: readonly string[] | null
  /** null: every method, even an unknown one. GET covers HEAD. */
  readonly methods: readonly string[] | null
  readonly allow: Allow
  /** Name of the upstream; null only for `allow: nobody`. */
  readonly upstream: string | null
  /** Names of limits, defaults resolved. */
  readonly limits: readonly string[]
  readonly paths: PathTolerance
  /** The most octets that a forwarded body may have; null: any number. */
  readonly maxBody: number | null
  /** null: WebSockets are refused. */
  readonly websocket: WebSocketTerms | null
}

/**
 * What must hold of all rules together, proved rather than sampled. `never`: nobody passes, on any path of the pattern,
 * unless `unless` lets them; `always`: whoever `allow` lets passes, on every path of the pattern.
 */
export type Assertion = {
  readonly path: string
  /** Lower case, without port; null: every host. */
  readonly hosts: readonly string[] | null
  /** null: every method. GET covers HEAD. */
  readonly methods: readonly string[] | null
} & ({ readonly kind: 'never'; readonly unless: Allow } | { readonly kind: 'always'; readonly allow: Allow })

export interface Limit {
  readonly name: string
  readonly by: 'user' | 'ip'
  readonly requests: number
  readonly windowMs: number
  readonly algorithm: 'fixed_window' | 'token_bucket'
}

// --- What was decided ---

/** The part of a request that rules are chosen by and conditions read. */
export interface JudgedRequest {
  readonly method: string
  /** Lower case, without port. */
  readonly host: string
  readonly path: CanonicalPath
  /** Client address, IPv4-mapped IPv6 already unmapped. */
  readonly address: string
}

/** The part of a principal that a decision read. */
export interface JudgedSubject {
  readonly subject: string
  readonly issuer: string
  readonly username: string | null
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
  /** Only the claims that the rule's conditions name; null: the token has none of that name. */
  readonly claims: Claims
}

/**
 * A verdict and every input it used, so that it can be logged, explained and replayed without the request.
 */
export interface Decision {
  readonly id: string
  /** Which policy judged. */
  readonly revision: string
  readonly request: JudgedRequest
  readonly rule: Rule | null
  /** Segments captured by `{name}`, percent-decoded. */
  readonly parameters: Readonly<Record<string, string>>
  /** `none`, `valid`, or why the offered credential did not hold. */
  readonly credential: 'none' | 'valid' | ProblemCode
  readonly subject: JudgedSubject | null
  readonly allow: boolean
  /** null exactly when `allow`. */
  readonly because: ProblemCode | null
  /** Scopes that would have been enough, for `insufficient_scope` (RFC 6750 §3.1). */
  readonly missingScopes: readonly string[]
}

// --- What must last: atomic verbs, implemented by `store` ---

export interface User {
  /** Opaque, never changes, never reused: the `sub` of tokens. */
  readonly id: string
  /** Canonical form, unique. */
  readonly username: string
  readonly roles: readonly string[]
  readonly attributes: Readonly<Record<string, Scalar>>
  readonly disabled: boolean
  /** Grows with every change that must end older access tokens. */
  readonly generation: number
  readonly createdAt: number
  readonly lastLoginAt: number | null
}

export interface StoredUser extends User {
  /** PHC string. */
  readonly passwordHash: string
  /** Networks that the user has signed in from, the latest first; a bounded number. */
  readonly networks: readonly string[]
  /** The directory that really keeps the user, whose mirror this is; null: kept here. */
  readonly directory: string | null
  /** Its key there. */
  readonly directoryKey: string | null
}

/** A user as another directory keeps it. */
export interface DirectoryUser {
  /** Stable and unique in its directory, such as a primary key. */
  readonly key: string
  readonly username: string
  /** In any format that `users` reads; null: no password fits. */
  readonly passwordHash: string | null
  readonly roles: readonly string[]
  readonly attributes: Readonly<Record<string, Scalar>>
  readonly disabled: boolean
}

/** Users that somebody else keeps, asked at sign-in and refresh; rejects with `store_unavailable` when it is away. */
export interface UserDirectory {
  /** By the canonical name, whatever the case it is kept in; two that differ in no more are nobody. */
  readonly findUser: (username: string) => Promise<DirectoryUser | null>
  readonly readUser: (key: string) => Promise<DirectoryUser | null>
  /** A few password hashes, to tell of what kinds they are. */
  readonly samplePasswordHashes: () => Promise<readonly string[]>
  /** Told after a sign-in; null: nothing is written there. */
  readonly noteLogin: ((key: string, now: number) => Promise<void>) | null
  readonly close: () => Promise<void>
}

/** A user of a directory as the store mirrors it. */
export interface MirroredUser extends Omit<DirectoryUser, 'passwordHash'> {
  /** The id, if the user is new here. */
  readonly newId: string
  /** Differs when the password does; tells nothing of it. */
  readonly passwordMark: string
}

export interface NewUser {
  readonly id: string
  readonly username: string
  readonly passwordHash: string
  readonly roles: readonly string[]
  readonly attributes: Readonly<Record<string, Scalar>>
  /** Default: no. */
  readonly disabled?: boolean
}

/** `exists`: a user of that name is kept here already, and was left alone. */
export type ImportOutcome = 'added' | 'updated' | 'exists'

export interface UserStore {
  /** Adds all of them if there is no user at all, else none; says whether it did. */
  addFirstUsers: (users: readonly NewUser[], now: number) => Promise<boolean>
  /** null: the name is taken. */
  addUser: (user: NewUser, now: number) => Promise<User | null>
  findUser: (username: string) => Promise<StoredUser | null>
  readUser: (id: string) => Promise<User | null>
  listUsers: () => Promise<readonly User[]>
  /** The next three raise the generation; null: no such user is kept here. A new password and disabling also end every session. */
  setPassword: (username: string, passwordHash: string, now: number) => Promise<User | null>
  setRoles: (username: string, roles: readonly string[], now: number) => Promise<User | null>
  setDisabled: (username: string, disabled: boolean, now: number) => Promise<User | null>
  /**
   * Puts other attributes in the place of `before`, if those are still the ones, and raises the generation where they
   * differ; null: they are not, or no such user is kept here.
   */
  replaceAttributes: (username: string, before: User['attributes'], after: User['attributes']) => Promise<User | null>
  /** Puts the same password's new hash in the place of `before`, if that is still the one; the generation stays. */
  replacePasswordHash: (id: string, before: string, after: string) => Promise<boolean>
  /**
   * Takes over users as they are, all in one transaction. Users of the same name are left alone, or, if it `overwrites`,
   * become what is taken over; mirrors always do, and keep their id and sessions.
   */
  importUsers: (users: readonly NewUser[], overwrites: boolean, now: number) => Promise<readonly ImportOutcome[]>
  /** What `importUsers` would answer for users of these names; nothing is written. */
  foreseeImport: (usernames: readonly string[], overwrites: boolean) => Promise<readonly ImportOutcome[]>
  /** At most so many hashes of users that are kept here, to tell of what kinds they are. */
  samplePasswordHashes: (most: number) => Promise<readonly string[]>
  /**
   * Finds or makes the mirror of a directory's user and brings it up to date. Other roles raise the generation; another
   * password, or being disabled, ends every session as well. `changed` says whether older access tokens have ended.
   * null: the name belongs to a user that is kept here.
   */
  mirrorUser: (
    directory: string,
    user: MirroredUser,
    now: number
  ) => Promise<{ readonly user: StoredUser; readonly changed: boolean } | null>
  /** Whose mirror a user is; null: kept here, or unknown. */
  findMirror: (id: string) => Promise<{ readonly directory: string; readonly key: string } | null>
  /** The ids of the users that mirror this directory and are not disabled. */
  listMirrors: (directory: string) => Promise<readonly string[]>
  /** Disables a mirror, whose user is gone or whose directory is asked no more, and ends every session. */
  retireMirror: (id: string, now: number) => Promise<User | null>
  /** Retires what mirrors any directory but this one; null: all of them. */
  retireOtherMirrors: (directory: string | null, now: number) => Promise<readonly User[]>
  /**
   * Ends every session and forgets all of the user but the id, which is never given out again, and the generation,
   * raised, for as long as older access tokens can live. null: no such user.
   */
  removeUser: (username: string, now: number) => Promise<User | null>
}

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

export interface Rotation {
  readonly tokenHash: Uint8Array
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
  endSession: (
    which: { readonly id: string } | { readonly tokenHash: Uint8Array },
    now: number
  ) => Promise<Session | null>
  /**
   * Ends all sessions of the user and raises the generation, in one transaction; null: no such user. By any refresh
   * token of a session that has not ended, spent or not; null: there is none.
   */
  endSessionsOf: (
    whose: { readonly userId: string } | { readonly tokenHash: Uint8Array },
    now: number
  ) => Promise<User | null>
  /** Reads without using: null when it would not rotate, spent ones in their window of reuse included. */
  findRefreshToken: (tokenHash: Uint8Array, now: number) => Promise<LiveRefreshToken | null>
  /**
   * Whom a refresh token would be good for, once more included, as far as can be told without using it; null when it
   * would be refused, or end its session.
   */
  findRefreshOwner: (tokenHash: Uint8Array, now: number) => Promise<User | null>
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
