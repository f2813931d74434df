import type { LiveRefreshToken, NewSession, Principal, Session, SessionStore, User } from '../../domain.js'
import { Problem } from '../../problems.js'
import { createFollowOwner, type FollowUser } from '../follow-owner.js'
import { createSessionId, sealSuccessor, unsealSuccessor } from '../refresh-token.js'
import { type OpenSession, openFor, type SignInContext } from '../sessions.js'
import type { TokenSizes } from '../token-size.js'
import {
  createTokenId,
  hashTokenId,
  INVALID,
  isDate,
  type ReadToken,
  refreshTokenKey,
  type SimpleJwtTokenOptions,
  type SimpleJwtTokens
} from './simplejwt-tokens.js'

export interface SimpleJwtSessionOptions extends SimpleJwtTokenOptions {
  readonly store: Pick<
    SessionStore,
    'openSession' | 'rotate' | 'findRefreshToken' | 'findRefreshOwner' | 'endSession' | 'endSessionOf'
  >
  /** null: there is no such user. */
  readonly readUser: (id: string) => Promise<User | null>
  readonly followUser: FollowUser
  readonly sizes: TokenSizes
  readonly tokens: SimpleJwtTokens
  readonly rotate: boolean
  readonly sessionMs: number
  readonly reuseGraceMs: number
}

/** Who was answered, for the audit stream, and the body of the answer. */
export interface Answered {
  readonly user: User
  readonly sessionId: string
  readonly body: Readonly<Record<string, string>>
}

/** A new session of this user, whose first token is dated so and lives so long. */
interface Opened {
  readonly user: User
  readonly session: Session
  readonly issuedAt: number
  readonly expiresAt: number
}

/** A token that does not hold, in simplejwt's words: 401, or where `status` says so 400. */
export class TokenRefused extends Problem {
  readonly words: string
  readonly status: 400 | 401
  readonly kind: 'token' | 'account'

  constructor(words: string, { status = 401, kind = 'token' }: Partial<Pick<TokenRefused, 'status' | 'kind'>> = {}) {
    super('invalid_refresh_token')
    this.words = words
    this.status = status
    this.kind = kind
  }
}

export type SimpleJwtSessions = ReturnType<typeof createSimpleJwtSessions>

const BLACKLISTED = 'Token is blacklisted'
/** No setting makes an access or sliding token live longer. */
const LONGEST_ACCESS_SECONDS = 24 * 60 * 60
/** A token is dated before the store has answered, which may take this long. */
const STORE_ANSWER_SECONDS = 10
/** No setting makes leeway longer. */
const LONGEST_LEEWAY_SECONDS = 60

const seconds = () => Math.floor(Date.now() / 1000)
const inSeconds = (ms: number) => Math.floor(ms / 1000)

/** Whether a token ends with its session, which outlives it by leeway alone, whatever that was when it began. */
const lastsAsLong = (token: number, session: number) => token + LONGEST_LEEWAY_SECONDS >= session

/** A successor as it is kept: made again of these two, it is the same token. */
const writeSuccessor = (tokenId: string, issuedAt: number) => `${tokenId} ${issuedAt}`
const readSuccessor = (kept: string) => {
  const [tokenId = '', issuedAt = ''] = kept.split(' ')
  return { tokenId, issuedAt: Number(issuedAt) }
}

/**
 * Sessions in simplejwt's manner over the same atomic verbs as all others: a refresh token belongs to one session, which
 * ends with its user's power to sign in, with logout, and with the reuse of a token that was rotated.
 */
export function createSimpleJwtSessions(options: SimpleJwtSessionOptions) {
  const { store, tokens, sliding } = options
  const followOwner = createFollowOwner(store, options.followUser, options.sizes)
  /** For so long after its end a token is still good; the store is told of the time when it no longer is. */
  const leewaySeconds = Math.ceil(options.leewayMs / 1000)
  const slackSeconds = STORE_ANSWER_SECONDS + leewaySeconds
  const accessSeconds = Math.ceil(options.accessMs / 1000) + slackSeconds

  /** For as long as any access token lives, whatever the settings said when it was issued. */
  const noteEnded = (sessionId: string) =>
    options.revocations.addSession(sessionId, seconds() + LONGEST_ACCESS_SECONDS + slackSeconds)

  function expect(presented: string, type: ReadToken['type']): ReadToken {
    const token = tokens.read(presented)
    if ('fault' in token) throw new TokenRefused(token.fault)
    if (token.type !== type) throw new TokenRefused('Token has wrong type')
    return token
  }

  /** Why a token that says it is good is not: its user may no longer sign in, or its session has ended or moved on. */
  async function refuse({ subject }: ReadToken): Promise<never> {
    const user = await options.readUser(subject)
    if (user === null || user.disabled || tokens.userIdOf(user) === null)
      throw new TokenRefused('No active account found for the given token.', { kind: 'account' })
    throw new TokenRefused(BLACKLISTED)
  }

  function grantAccess(user: User, { id, absoluteExpiresAt }: Session): string {
    const issuedAt = seconds()
    const expiresAt = Math.min(absoluteExpiresAt, issuedAt + inSeconds(options.accessMs))
    return tokens.issueAccess({ user, sessionId: id, issuedAt, expiresAt })
  }

  /** Opens a session whose first token has this id, and lives so long. */
  async function open(
    user: User,
    context: SignInContext,
    { tokenId, idle, absolute }: { readonly tokenId: string; readonly idle: number; readonly absolute: number },
    openSession: OpenSession
  ): Promise<Opened | null> {
    // A token without Django's name for its user would be refused there, or be taken for somebody else's.
    if (tokens.userIdOf(user) === null) return null
    options.sizes.requireFit(user)
    const now = seconds()
    const expiresAt = now + Math.min(idle, absolute)
    const absoluteExpiresAt = now + absolute + leewaySeconds
    const session: NewSession = {
      id: createSessionId(),
      userId: user.id,
      tokenHash: hashTokenId(tokenId),
      now,
      idleExpiresAt: expiresAt + leewaySeconds,
      absoluteExpiresAt,
      // Of a session that is only read from now on, this is written once, for all access tokens to come.
      accessExpiresAt: lastsAsLong(idle, absolute) ? absoluteExpiresAt + slackSeconds : now + accessSeconds,
      address: context.address,
      userAgent: context.userAgent.slice(0, 256),
      network: context.network
    }
    const opened = await openSession(session, user.generation)
    return opened === null ? null : { ...opened, issuedAt: now, expiresAt }
  }

  /** Whether the access tokens of the session are accounted for as long as it lives; else each refresh must do so. */
  const isReusable = ({ issuedAt, expiresAt }: ReadToken, { session }: LiveRefreshToken) =>
    !options.rotate && issuedAt === session.createdAt && lastsAsLong(expiresAt, session.absoluteExpiresAt)

  async function rotate(token: ReadToken, onReuse: (session: Session) => void): Promise<Answered> {
    const successor = { tokenId: createTokenId(), issuedAt: seconds() }
    const outcome = await store.rotate({
      ...refreshTokenKey(token),
      successorHash: hashTokenId(successor.tokenId),
      sealedSuccessor: sealSuccessor(token.tokenId, writeSuccessor(successor.tokenId, successor.issuedAt)),
      now: successor.issuedAt,
      idleMs: options.refreshMs + leewaySeconds * 1000,
      accessMs: accessSeconds * 1000,
      reuseGraceMs: options.reuseGraceMs
    })
    if (outcome.outcome === 'reused') {
      noteEnded(outcome.session.id)
      onReuse(outcome.session)
    }
    if (outcome.outcome === 'reused' || outcome.outcome === 'refused') return refuse(token)
    const { user, session, refreshExpiresAt } = outcome
    const expiresAt = refreshExpiresAt - leewaySeconds
    if (tokens.userIdOf(user) === null) return refuse(token)
    const { tokenId, issuedAt } =
      outcome.outcome === 'repeated'
        ? readSuccessor(unsealSuccessor(token.tokenId, outcome.sealedSuccessor))
        : successor
    const refresh = tokens.issueRefresh(tokenId, { user, sessionId: session.id, issuedAt, expiresAt })
    return { user, sessionId: session.id, body: { access: grantAccess(user, session), refresh } }
  }

  /** null: the user was disabled or changed while signing in, or has no name that Django knows. */
  async function obtainPair(
    who: User,
    context: SignInContext,
    openSession = openFor(store, who)
  ): Promise<Answered | null> {
    const tokenId = createTokenId()
    const idle = inSeconds(options.refreshMs)
    const absolute = options.rotate ? inSeconds(options.sessionMs) : idle
    const opened = await open(who, context, { tokenId, idle, absolute }, openSession)
    if (opened === null) return null
    const { user, session, issuedAt, expiresAt } = opened
    const refresh = tokens.issueRefresh(tokenId, { user, sessionId: session.id, issuedAt, expiresAt })
    return { user, sessionId: session.id, body: { refresh, access: grantAccess(user, session) } }
  }

  async function obtainSliding(
    who: User,
    context: SignInContext,
    openSession = openFor(store, who)
  ): Promise<Answered | null> {
    const tokenId = createTokenId()
    // What is exchanged at the last moment is good for as long as any other.
    const age = inSeconds(sliding.refreshMs) + inSeconds(sliding.lifetimeMs)
    const opened = await open(who, context, { tokenId, idle: age, absolute: age }, openSession)
    if (opened === null) return null
    const { user, session, issuedAt } = opened
    const refreshUntil = issuedAt + inSeconds(sliding.refreshMs)
    const token = issueSliding(user, session, { tokenId, issuedAt, refreshUntil })
    return { user, sessionId: session.id, body: { token } }
  }

  return {
    obtainPair,
    obtainSliding,

    /** What obtains tokens of the kind by which this one asks. */
    obtainAs: ({ claims }: Principal) => (tokens.typeOf(claims) === 'sliding' ? obtainSliding : obtainPair),

    /** `onReuse` is told of the session that a spent token has ended. Throws TokenRefused. */
    async refresh(presented: string, onReuse: (session: Session) => void): Promise<Answered> {
      const token = expect(presented, 'refresh')
      const key = refreshTokenKey(token)
      await followOwner(key)
      if (options.rotate) return rotate(token, onReuse)
      const live = await store.findRefreshToken(key, seconds())
      // What is not live any more may be a spent one that comes back.
      if (live === null || !isReusable(token, live)) return rotate(token, onReuse)
      if (tokens.userIdOf(live.user) === null) return refuse(token)
      const { user, session } = live
      return { user, sessionId: session.id, body: { access: grantAccess(user, session) } }
    },

    /** Throws TokenRefused unless the token, of whatever kind, holds. */
    async verify(presented: string): Promise<void> {
      const token = tokens.read(presented)
      if ('fault' in token) throw new TokenRefused(token.fault)
      if (token.type !== 'access') {
        const live = await store.findRefreshToken(refreshTokenKey(token), seconds())
        // simplejwt raises this as an error of validation, not of the token.
        if (live === null) throw new TokenRefused(BLACKLISTED, { status: 400 })
      }
      if (token.type !== 'refresh' && !tokens.isGood(token)) throw new TokenRefused(INVALID.fault)
    },

    /** Ends the session of a refresh token, whether it is spent or not. Throws TokenRefused when it was not the live one. */
    async blacklist(presented: string): Promise<Session> {
      const token = expect(presented, 'refresh')
      const key = refreshTokenKey(token)
      const live = await store.findRefreshToken(key, seconds())
      const ended = live === null ? null : await store.endSessionOf(live.user.id, live.session.id, seconds())
      // A spent token ends its session too, though it is refused; and of several at once one has ended it.
      const session = ended ?? (await store.endSession(key, seconds()))
      if (session !== null) noteEnded(session.id)
      return ended ?? refuse(token)
    },

    /** The same token with a later end, for the user of now. Throws TokenRefused. */
    async refreshSliding(presented: string): Promise<Answered> {
      const token = expect(presented, 'sliding')
      const refreshUntil = token.claims[sliding.refreshExpClaim]
      if (refreshUntil === undefined) throw new TokenRefused(`Token has no '${sliding.refreshExpClaim}' claim`)
      if (!isDate(refreshUntil)) throw new TokenRefused(INVALID.fault)
      if (refreshUntil <= seconds() - leewaySeconds)
        throw new TokenRefused(`Token '${sliding.refreshExpClaim}' claim has expired`)
      const key = refreshTokenKey(token)
      await followOwner(key)
      const live = await store.findRefreshToken(key, seconds())
      if (live === null || tokens.userIdOf(live.user) === null) return refuse(token)
      const { user, session } = live
      const { tokenId } = token
      const fresh = issueSliding(user, session, { tokenId, issuedAt: seconds(), refreshUntil })
      return { user, sessionId: session.id, body: { token: fresh } }
    }
  }

  function issueSliding(
    user: User,
    { id, absoluteExpiresAt }: Session,
    { tokenId, issuedAt, refreshUntil }: { tokenId: string; issuedAt: number; refreshUntil: number }
  ): string {
    const expiresAt = Math.min(absoluteExpiresAt, issuedAt + inSeconds(sliding.lifetimeMs))
    return tokens.issueSliding(tokenId, refreshUntil, { user, sessionId: id, issuedAt, expiresAt })
  }
}
