/** What an operator may do, put together from the rooms: for a running gateway and for the command without one. */
import type { OperatorAccounts, OperatorPrincipals, OperatorUsers } from './admin/index.js'
import type { Authentication, User } from './domain.js'
import type { Resources } from './serving.js'
import {
  type AccessTokens,
  inspectToken,
  type Keyring,
  mintToken,
  type PaperIssuing,
  principalOfUser,
  type Sessions,
  type SimpleJwt,
  type TokenSizes
} from './tokens/index.js'
import { type BoundedUser, quoted, UserMistake } from './users/index.js'

export interface OperatorTokens {
  readonly keyring: Keyring
  readonly accessTokens: AccessTokens
  readonly simpleJwt: SimpleJwt | null
  readonly issuer: string
  readonly audience: readonly string[]
}

export interface OperatorParts extends Pick<Resources, 'users' | 'store' | 'audit'> {
  /** Of the settings that serve now. Asked for by what reads and makes tokens, and by nothing else. */
  readonly openTokens: () => Promise<OperatorTokens>
  /** Of the settings that serve now: who must be told of what has ended. */
  readonly sessions: () => Pick<Sessions, 'noteChangedUser' | 'noteEndedSession'>
  /** Takes the canonical name. */
  readonly forgetGuesses: (username: string) => void
  /** Of the settings that serve now: how long tokens become. */
  readonly sizes: () => TokenSizes
  /** Of the settings that serve now: what tokens say. */
  readonly issuing: () => PaperIssuing
  /** Verifies a token as a request's. */
  readonly authenticate: (token: string) => Promise<Authentication>
}

export interface Operator {
  readonly operatorUsers: OperatorUsers
  readonly operatorPrincipals: OperatorPrincipals
  readonly operatorAccounts: OperatorAccounts
}

/** As many sessions as an operator is shown; the newest. */
const MOST_LISTED = 10_000

const seconds = () => Math.floor(Date.now() / 1000)

/** A change of a user ends the access tokens that said otherwise, and every change is audited. */
export function createOperator(parts: OperatorParts): Operator {
  const { users, audit, sessions } = parts
  const refuseExcess = createRefuseExcess(parts)
  users.bound(refuseExcess)
  const changed = (event: string) => (user: User) => {
    sessions().noteChangedUser(user)
    audit(event, { subject: user.id, username: user.username, roles: user.roles, disabled: user.disabled })
    return user
  }
  return {
    operatorUsers: {
      list: users.list,
      add: (user) => users.add(user).then(changed('user_added')),
      import: createImport(parts, changed),
      setPassword: (username, password) => users.setPassword(username, password).then(changed('user_password_set')),
      setRoles: (username, roles) => users.setRoles(username, roles).then(changed('user_roles_set')),
      setAttributes: (username, changes) => users.setAttributes(username, changes).then(changed('user_attributes_set')),
      setDisabled: (username, disabled) =>
        users.setDisabled(username, disabled).then(changed(disabled ? 'user_disabled' : 'user_enabled'))
    },
    operatorPrincipals: {
      ofToken: parts.authenticate,
      ofUser: async (username) => {
        const { user } = await users.show(username)
        // Whatever token a disabled user may have had has been revoked.
        if (user.disabled) return { kind: 'bad', because: 'revoked_token' }
        return { kind: 'principal', principal: principalOfUser(user, parts.issuing()) }
      }
    },
    operatorAccounts: {
      remove: (username) => users.remove(username).then(changed('user_removed')),
      ...createSessionVerbs(parts, changed),
      ...createTokenVerbs(parts, refuseExcess)
    }
  }
}

/** Nobody gets roles and attributes with which no token could be issued, so that nobody could sign in. */
function createRefuseExcess({ sizes }: OperatorParts) {
  return (user: BoundedUser): void => {
    const { of, most } = sizes()
    const characters = of(user)
    if (characters <= most) return
    const { username, roles, attributes } = user
    const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value))
    const parts = `${roles.length} roles of ${bytesOf(roles)} bytes, attributes of ${bytesOf(attributes)}`
    const why = `${quoted(username)} would have tokens of ${characters} characters, and ${most} are the most`
    throw new UserMistake('too_large', `${why} (${parts}; tokens.claims says what of them tokens repeat).`)
  }
}

/** Whoever it changed is told of like anyone who was changed; new ones have no tokens yet. */
function createImport({ users, audit }: OperatorParts, changed: Changed): OperatorUsers['import'] {
  return async (given, manner) => {
    const imported = await users.import(given, manner)
    if (manner.foresees) return imported
    for (const { username, outcome } of imported) {
      if (outcome === 'updated') changed('user_imported')((await users.show(username)).user)
    }
    const count = (wanted: string) => imported.filter(({ outcome }) => outcome === wanted).length
    audit('users_imported', {
      added: count('added'),
      updated: count('updated'),
      exists: count('exists'),
      refused: count('refused')
    })
    return imported
  }
}

type Changed = (event: string) => (user: User) => User

function createSessionVerbs({ users, store, audit, sessions, forgetGuesses }: OperatorParts, changed: Changed) {
  const stored = store.sessions
  return {
    show: async (username: string) => {
      const { user, networks } = await users.show(username)
      const open = await stored.listSessions(user.id, MOST_LISTED, seconds())
      return { user, networks, sessions: open.length }
    },
    unlock: async (username: string) => {
      const { user } = await users.show(username)
      forgetGuesses(user.username)
      audit('user_unlocked', { subject: user.id, username: user.username })
      return user
    },
    listSessions: async (username: string | null) => {
      const owner = username === null ? null : (await users.show(username)).user.id
      return stored.listSessions(owner, MOST_LISTED, seconds())
    },
    endSession: async (id: string) => {
      const session = await stored.endSession({ id }, seconds())
      if (session === null) throw new UserMistake('no_such_session', 'There is no such session.')
      sessions().noteEndedSession(session.id)
      audit('session_revoked', { subject: session.userId, session_id: session.id })
      return session
    },
    endSessionsOf: async (username: string) => {
      const { user } = await users.show(username)
      // null: removed in between, which has ended them all.
      const ended = await stored.endSessionsOf({ userId: user.id }, seconds())
      return changed('sessions_revoked')(ended ?? user)
    }
  }
}

function createTokenVerbs({ users, store, audit, openTokens }: OperatorParts, refuseExcess: (user: User) => void) {
  return {
    inspectToken: async (token: string) => inspectToken(token, await openTokens()),
    mintToken: async (username: string, ttlMs: number) => {
      const { user } = await users.show(username)
      refuseExcess(user)
      const { accessTokens } = await openTokens()
      const issued = await mintToken({ store: store.sessions, accessTokens }, user, ttlMs)
      if (issued === null) throw new UserMistake('user_disabled', `The user "${user.username}" is disabled.`)
      const sessionId = String(issued.claims.sid)
      audit('token_minted', {
        subject: user.id,
        username: user.username,
        session_id: sessionId,
        expires_at: issued.expiresAt
      })
      return { token: issued.token, expiresAt: issued.expiresAt, sessionId, username: user.username }
    }
  }
}
