import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { LiveSession, PasswordChange, Principal, Session, SessionStore, User } from '../domain.js'
import { Problem } from '../problems.js'
import {
  type Attempt,
  type AuthEndpointOptions,
  type AuthEvent,
  acceptBodies,
  isThrottled,
  noStore,
  readFields,
  readText,
  sendGrant
} from './auth-endpoints.js'
import type { OwnTokens } from './own-tokens.js'
import type { OpenSession, SignInContext } from './sessions.js'
import type { SimpleJwt } from './simplejwt/create-simplejwt.js'

export interface AccountEndpointOptions extends AuthEndpointOptions {
  readonly ownTokens: () => Pick<OwnTokens, 'verify'>
  /** null: there are no tokens of that kind. */
  readonly simpleJwt: () => SimpleJwt | null
  readonly store: Pick<SessionStore, 'listSessions' | 'endSessionOf' | 'endOtherSessions' | 'changePassword'>
  /** Throws `invalid_request` for a password that breaks the rules; the answer hashes it. */
  readonly readNewPassword: (username: string, password: string) => () => Promise<string>
}

/** Whose valid access token a request carries. */
interface Caller {
  readonly subject: string
  readonly sessionId: string
  readonly username: string
  /** Not null: the token is of simplejwt's kind. */
  readonly simpleJwt: { readonly sessions: SimpleJwt['sessions']; readonly principal: Principal } | null
}

/** What a changed password is answered with: tokens of the kind by which it was asked for. */
interface Renewed {
  readonly sessionId: string
  readonly send: (reply: FastifyReply) => FastifyReply
}

/** As many sessions as are listed; who has more sees the newest. */
const MOST_LISTED = 1000

const seconds = () => Math.floor(Date.now() / 1000)

/** Times are NumericDate, as everywhere in OAuth (RFC 7662 §2.2). */
const listed = (session: LiveSession, currentId: string) => ({
  id: session.id,
  current: session.id === currentId,
  created_at: session.createdAt,
  last_used_at: session.lastUsedAt,
  expires_at: session.expiresAt,
  address: session.address,
  user_agent: session.userAgent
})

/** What users do about their own sessions and password, by access token. */
export async function accountEndpoints(app: FastifyInstance, options: AccountEndpointOptions): Promise<void> {
  const { store, sessions, report } = options
  acceptBodies(app)

  function readCaller(request: FastifyRequest): Caller {
    const token = options.readToken(request)
    if (token === null) throw new Problem('missing_token')
    // Our own tokens alone: what another issuer calls its users is nobody's account here.
    const verified = options.ownTokens().verify(token)
    if (typeof verified === 'string') throw new Problem(verified)
    const { subject, sessionId, username } = verified
    if (sessionId === null || username === null) {
      throw new Problem('access_denied', { detail: 'A service has no account.' })
    }
    const offered = options.simpleJwt()
    const simpleJwt = offered?.tokens.isKnown(token) ? { sessions: offered.sessions, principal: verified } : null
    return { subject, sessionId, username, simpleJwt }
  }

  app.get('/sessions', async (request, reply) => {
    const { subject, sessionId } = readCaller(request)
    const own = await store.listSessions(subject, MOST_LISTED, seconds())
    return noStore(reply).send({ sessions: own.map((session) => listed(session, sessionId)) })
  })

  /** Stored already: a revocation that a restart would forget is not confirmed. */
  function noteEnded(ended: readonly Session[]): void {
    for (const { id } of ended) sessions().noteEndedSession(id)
  }

  app.delete('/sessions', async (request, reply) => {
    const { subject, sessionId } = readCaller(request)
    noteEnded(await store.endOtherSessions(subject, sessionId, seconds()))
    report(request, { event: 'other_sessions_ended', subject, sessionId })
    return noStore(reply).code(204).send()
  })

  app.delete<{ Params: { id: string } }>('/sessions/:id', async (request, reply) => {
    const { subject } = readCaller(request)
    const ended = await store.endSessionOf(subject, request.params.id, seconds())
    if (ended === null) throw new Problem('not_found', { detail: 'You have no such session.' })
    noteEnded([ended])
    report(request, { event: 'session_ended', subject, sessionId: ended.id })
    return noStore(reply).code(204).send()
  })

  app.post('/password', async (request, reply) => {
    const caller = readCaller(request)
    const fields = readFields(request)
    const current = readText(fields, 'current_password')
    const hashNew = options.readNewPassword(caller.username, readText(fields, 'new_password'))
    const failed = (event: AuthEvent['event']) =>
      report(request, { event, subject: caller.subject, username: caller.username, sessionId: caller.sessionId })
    let attempt: Attempt | null = null
    let renewed: Renewed
    try {
      attempt = options.admitLogin(caller.username, request)
      const user = await options.authenticateUser(caller.username, current, attempt.knows)
      if (user === null || user.id !== caller.subject) throw new Problem('invalid_credentials')
      attempt.succeeded()
      renewed = await change(request, caller, user, await hashNew())
    } catch (error) {
      const wrong = error instanceof Problem && error.code === 'invalid_credentials'
      if (!wrong) attempt?.withdrawn()
      if (wrong) failed('password_change_failed')
      else if (isThrottled(error)) failed('login_throttled')
      throw error
    }
    const { subject, username } = caller
    report(request, { event: 'password_changed', subject, username, sessionId: renewed.sessionId })
    return renewed.send(reply)
  })

  /**
   * Whoever else knew the old password, or stole a token, is out: all sessions end, this one too, and the answer
   * opens another (CWE-384). One transaction: a refresh or a logout comes before all of it or after.
   */
  async function change(request: FastifyRequest, caller: Caller, user: User, passwordHash: string): Promise<Renewed> {
    const renewed = await open(caller, user, options.signInContext(request), async (successor, generation) => {
      const asked: PasswordChange = { passwordHash, sessionId: caller.sessionId, generation, successor }
      const changed = await store.changePassword(asked)
      if (changed !== null) sessions().noteChangedUser(changed.user)
      return changed
    })
    // Another change of the user, or a logout, came first: the token that asks for this holds no longer.
    if (renewed === null) throw new Problem('revoked_token')
    return renewed
  }

  async function open(
    { simpleJwt }: Caller,
    user: User,
    context: SignInContext,
    openSession: OpenSession
  ): Promise<Renewed | null> {
    if (simpleJwt === null) {
      const grant = await sessions().signIn(user, context, openSession)
      return grant === null ? null : { sessionId: grant.sessionId, send: (reply) => sendGrant(reply, grant) }
    }
    const obtain = simpleJwt.sessions.obtainAs(simpleJwt.principal)
    const answered = await obtain(user, context, openSession)
    return answered === null
      ? null
      : { sessionId: answered.sessionId, send: (reply) => noStore(reply).send(answered.body) }
  }
}
