import { existsSync } from 'node:fs'
import type {
  ImportedUser,
  InspectedToken,
  MintedToken,
  OperatorAccounts,
  OperatorPrincipals,
  OperatorUsers,
  ShownUser
} from '../admin/index.js'
import type { Authentication, LiveSession, Session, User } from '../domain.js'
import { createAuthenticate } from '../identity/index.js'
import { createOperator, type Operator } from '../operator.js'
import { createNetworks } from '../policy/index.js'
import { Problem, problems } from '../problems.js'
import { createVerifyAccessToken, openSimpleJwt } from '../serving.js'
import type { Settings } from '../settings/index.js'
import { openStore, type Store, StoreRefused } from '../store/index.js'
import {
  createAccessTokens,
  createClients,
  createIssuers,
  createOwnTokens,
  createRevocations,
  createTokenSizes,
  KeyRefused
} from '../tokens/index.js'
import { createPasswordHasher, createUsers, UserMistake } from '../users/index.js'
import { Fault } from './fault.js'
import { createLocalAudit } from './local-audit.js'
import { openKeyring } from './open-keyring.js'
import { openStoreOf } from './open-store-of.js'
import { connectOperator, type OperatorClient } from './operator-socket.js'
import { requireUnproved } from './read-settings.js'

const userPath = (username: string, what?: string) =>
  `/api/users/${encodeURIComponent(username)}${what === undefined ? '' : `/${what}`}`

/** The verbs on users as spoken to a running gateway. */
function remoteUsers({ call }: OperatorClient): OperatorUsers {
  return {
    list: async () => ((await call('GET', '/api/users')) as { users: User[] }).users,
    add: async (user) => (await call('POST', '/api/users', user)) as User,
    import: async (users, manner) =>
      ((await call('POST', '/api/users/import', { users, ...manner })) as { imported: ImportedUser[] }).imported,
    setPassword: async (username, password) =>
      (await call('PUT', userPath(username, 'password'), { password })) as User,
    setRoles: async (username, roles) => (await call('PUT', userPath(username, 'roles'), { roles })) as User,
    setAttributes: async (username, changes) =>
      (await call('PUT', userPath(username, 'attributes'), { changes })) as User,
    setDisabled: async (username, disabled) => (await call('PUT', userPath(username, 'disabled'), { disabled })) as User
  }
}

function remoteAccounts({ call }: OperatorClient): OperatorAccounts {
  return {
    show: async (username) => (await call('GET', userPath(username))) as ShownUser,
    remove: async (username) => (await call('DELETE', userPath(username))) as User,
    unlock: async (username) => (await call('DELETE', userPath(username, 'guesses'))) as User,
    listSessions: async (username) => {
      const path = username === null ? '/api/sessions' : userPath(username, 'sessions')
      return ((await call('GET', path)) as { sessions: LiveSession[] }).sessions
    },
    endSession: async (id) => (await call('DELETE', `/api/sessions/${encodeURIComponent(id)}`)) as Session,
    endSessionsOf: async (username) => (await call('DELETE', userPath(username, 'sessions'))) as User,
    inspectToken: async (token) => (await call('POST', '/api/tokens/inspect', { token })) as InspectedToken,
    mintToken: async (username, ttlMs) =>
      (await call('POST', '/api/tokens', { username, ttl_ms: ttlMs })) as MintedToken
  }
}

function remotePrincipals({ call }: OperatorClient): OperatorPrincipals {
  return {
    ofToken: async (token) => (await call('POST', '/api/principals', { token })) as Authentication,
    ofUser: async (username) => (await call('GET', userPath(username, 'principal'))) as Authentication
  }
}

/** The verbs on the store itself: what they do is what the next gateway finds there. */
async function openLocalOperator(
  settings: Settings,
  store: Store
): Promise<Operator & { readonly close: () => Promise<void> }> {
  const { tokens } = settings
  const sizes = createTokenSizes(settings)
  const { hash, password } = settings.users
  const revocations = createRevocations(await store.sessions.readRevocations(Math.floor(Date.now() / 1000)))
  const { isCurrent } = createClients({ clients: settings.clients, createNetworks })
  // Only when they are wanted: a folder without keys gets one.
  async function openTokens() {
    const keyring = await openKeyring(settings, {})
    const accessTokens = createAccessTokens({ ...tokens, keyring, revocations, isCurrentClient: isCurrent })
    const simpleJwt = openSimpleJwt(settings, { store, keyring, revocations })
    return { ...tokens, keyring, accessTokens, simpleJwt }
  }
  const operator = createOperator({
    store,
    users: createUsers({ store: store.users, hasher: createPasswordHasher(hash), password }),
    audit: createLocalAudit(settings.logs.audit),
    openTokens,
    issuing: () => tokens,
    sizes: () => sizes,
    async authenticate(token) {
      const { accessTokens, simpleJwt } = await openTokens()
      const issuers = createIssuers({ issuers: Object.values(settings.issuers), onFetch() {} })
      const verifyAccessToken = createVerifyAccessToken(createOwnTokens(accessTokens, simpleJwt).verify, issuers)
      try {
        return await createAuthenticate({ verifyAccessToken })(`Bearer ${token}`)
      } finally {
        issuers.close()
      }
    },
    // Nobody is served here who would have to be told.
    sessions: () => ({ noteChangedUser() {}, noteEndedSession() {} }),
    forgetGuesses() {}
  })
  return { ...operator, close: store.close }
}

/** Runs `verb` on the running gateway that the client speaks to, or, when there is none, on the store itself. */
export async function operatorOf<T>(
  settings: Settings,
  client: OperatorClient | null,
  verb: (operator: Operator) => Promise<T>
): Promise<T> {
  if (client !== null) {
    return verb({
      operatorUsers: remoteUsers(client),
      operatorAccounts: remoteAccounts(client),
      operatorPrincipals: remotePrincipals(client)
    })
  }
  if (settings.store.kind === 'memory')
    throw new Fault('portcullis: no gateway is running, and `store: memory:` lasts no longer than it')
  return onLocalOperator(settings, openStoreOf, verb)
}

/** Runs `verb` on a store that no gateway has open. */
async function onLocalOperator<T>(
  settings: Settings,
  open: (settings: Settings) => Promise<Store>,
  verb: (operator: Operator) => Promise<T>
): Promise<T> {
  try {
    const local = await openLocalOperator(settings, await open(settings))
    return await verb(local).finally(() => local.close())
  } catch (error) {
    // Whoever has a full disk before them needs no stack, but the reason.
    if (error instanceof Problem && error.cause instanceof Error)
      throw new Fault(`portcullis: ${problems[error.code].title}: ${error.cause.message}`)
    const known = error instanceof StoreRefused || error instanceof UserMistake || error instanceof KeyRefused
    throw known ? new Fault(`portcullis: ${error.message}`) : error
  }
}

/**
 * The same for what only looks ahead: where no store has been made yet, none is made, and what is told is what would be
 * found in an empty one.
 */
export async function withForesight<T>(config: string, verb: (operator: Operator) => Promise<T>): Promise<T> {
  const settings = await requireUnproved(config, process.env)
  const isNew = settings.store.kind === 'sqlite' && !existsSync(settings.store.path)
  return isNew ? onLocalOperator(settings, () => openStore({ path: null }), verb) : withOperator(config, verb)
}

/** The same by the settings of a file. */
export async function withOperator<T>(config: string, verb: (operator: Operator) => Promise<T>): Promise<T> {
  const settings = await requireUnproved(config, process.env)
  const client = await connectOperator(settings.dataDirectory)
  return operatorOf(settings, client, verb).finally(() => client?.close())
}
