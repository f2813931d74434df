import { Problem, type ProblemCode } from '../problems.js'
import type { AccessTokens } from './access-tokens.js'
import { requireClient } from './client-authentication.js'
import { USERS_CLIENT_ID } from './issue-access-tokens.js'
import type { OAuthRequest } from './oauth-endpoints.js'
import { isRefreshToken } from './refresh-token.js'
import { requireParameter } from './request-parameters.js'
import type { Sessions } from './sessions.js'

export interface RevocationOptions {
  readonly sessions: () => Sessions
  readonly accessTokens: () => AccessTokens
}

const NO_TOKEN_OF_OURS: ReadonlySet<ProblemCode> = new Set<ProblemCode>(['invalid_token', 'invalid_refresh_token'])

/**
 * RFC 7009 §2.1: a client may revoke what was issued to it. Tokens of users were issued to a public client, whose
 * holder may end the session at /auth/logout as well: here any client may.
 */
function refuseOtherClients(token: string, ownId: string, { accessTokens }: RevocationOptions): void {
  const principal = isRefreshToken(token) ? null : accessTokens().verifyExpired(token)
  if (principal === null || typeof principal === 'string') return
  if (principal.clientId === ownId || principal.clientId === USERS_CLIENT_ID) return
  throw new Problem('unauthorized_client', { detail: 'The token was issued to another client.' })
}

/**
 * Ends what the token stands for: a user's session, or a client's one token (RFC 7009 §2.2: a token that means nothing
 * to us is no error). Both kinds of token can be revoked, so `token_type_hint` has nothing to decide.
 */
export async function revoke(request: OAuthRequest, options: RevocationOptions): Promise<void> {
  const { id } = requireClient(request.client)
  const token = requireParameter(request.parameters, 'token')
  refuseOtherClients(token, id, options)
  try {
    const { userId, sessionId } = await options.sessions().signOut(token)
    request.report({ event: 'token_revoked', clientId: id, subject: userId, sessionId })
  } catch (error) {
    if (!(error instanceof Problem) || !NO_TOKEN_OF_OURS.has(error.code)) throw error
  }
}
