import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Claims, LiveSession, Session, User } from '../domain.js'
import { parseBody } from './operator-requests.js'

/** What an operator sees of one user. */
export interface ShownUser {
  readonly user: User
  /** Signed in from, the latest first. */
  readonly networks: readonly string[]
  /** How many can be refreshed. */
  readonly sessions: number
}

/** A token as it was read; never its signature. */
export interface InspectedToken {
  readonly kind: string
  readonly active: boolean
  readonly because: string | null
  readonly header: Claims | null
  readonly claims: Claims | null
}

export interface MintedToken {
  readonly token: string
  /** NumericDate. */
  readonly expiresAt: number
  readonly sessionId: string
  readonly username: string
}

/** What an operator does to accounts beyond `OperatorUsers`; each rejects with an error whose message is one line. */
export interface OperatorAccounts {
  readonly show: (username: string) => Promise<ShownUser>
  readonly remove: (username: string) => Promise<User>
  /** Forgets the guesses that were counted against the user. */
  readonly unlock: (username: string) => Promise<User>
  /** null: of all users. */
  readonly listSessions: (username: string | null) => Promise<readonly LiveSession[]>
  readonly endSession: (id: string) => Promise<Session>
  readonly endSessionsOf: (username: string) => Promise<User>
  readonly inspectToken: (token: string) => Promise<InspectedToken>
  readonly mintToken: (username: string, ttlMs: number) => Promise<MintedToken>
}

/** Longer than any access token may live, which is for how long revocations are remembered. */
export const LONGEST_MINTED_MS = 24 * 60 * 60_000

const inspection = z.strictObject({ token: z.string() })
const minting = z.strictObject({ username: z.string(), ttl_ms: z.int().min(1000).max(LONGEST_MINTED_MS) })

/** These verbs on the operator's socket; errors are answered by the handler of the scope around. */
export async function operatorAccountEndpoints(
  app: FastifyInstance,
  { accounts }: { readonly accounts: OperatorAccounts }
): Promise<void> {
  type OfUser = { Params: { username: string } }
  app.get<OfUser>('/api/users/:username', (request) => accounts.show(request.params.username))
  app.delete<OfUser>('/api/users/:username', (request) => accounts.remove(request.params.username))
  app.delete<OfUser>('/api/users/:username/guesses', (request) => accounts.unlock(request.params.username))
  app.get<OfUser>('/api/users/:username/sessions', async (request) => ({
    sessions: await accounts.listSessions(request.params.username)
  }))
  app.delete<OfUser>('/api/users/:username/sessions', (request) => accounts.endSessionsOf(request.params.username))
  app.get('/api/sessions', async () => ({ sessions: await accounts.listSessions(null) }))
  app.delete<{ Params: { id: string } }>('/api/sessions/:id', (request) => accounts.endSession(request.params.id))
  app.post('/api/tokens/inspect', async (request) => accounts.inspectToken(parseBody(inspection, request).token))
  app.post('/api/tokens', async (request) => {
    const { username, ttl_ms: ttlMs } = parseBody(minting, request)
    return accounts.mintToken(username, ttlMs)
  })
}
