import type { AccessTokens } from './access-tokens.js'
import { requireClient } from './client-authentication.js'
import { USERS_CLIENT_ID } from './issue-access-tokens.js'
import type { OAuthRequest } from './oauth-endpoints.js'
import { isRefreshToken } from './refresh-token.js'
import { requireParameter } from './request-parameters.js'
import type { Sessions } from './sessions.js'

export interface IntrospectionOptions {
  readonly sessions: () => Sessions
  readonly accessTokens: () => AccessTokens
  readonly issuer: () => string
}

/** RFC 7662 §2.2: of a token that does not hold, nothing is said but that. */
const INACTIVE = { active: false }

/** What an access token says of itself; the generation is between the gateway and its tokens. */
function introspectAccessToken(token: string, { accessTokens }: IntrospectionOptions): object {
  const verified = accessTokens().verify(token)
  if (typeof verified === 'string') return INACTIVE
  const { gen: _, ...claims } = verified.claims
  return { ...claims, active: true, token_type: 'Bearer' }
}

/**
 * A refresh token of a user that would be accepted now; it is not used by being asked about. Its type and audience say
 * that it opens nothing but the token endpoint, so that no service takes it for an access token.
 */
async function introspectRefreshToken(token: string, { sessions, issuer }: IntrospectionOptions): Promise<object> {
  const found = await sessions().findRefreshToken(token)
  if (found === null) return INACTIVE
  const { user, session, issuedAt, expiresAt } = found
  return {
    active: true,
    token_type: 'refresh_token',
    client_id: USERS_CLIENT_ID,
    iss: issuer(),
    aud: issuer(),
    sub: user.id,
    sid: session.id,
    username: user.username,
    roles: user.roles,
    iat: issuedAt,
    exp: expiresAt
  }
}

/** Answers any client that proves itself (RFC 7662 §2.1); a hint would save nothing, as the two kinds look different. */
export async function introspect(request: OAuthRequest, options: IntrospectionOptions): Promise<object> {
  requireClient(request.client)
  const token = requireParameter(request.parameters, 'token')
  return isRefreshToken(token) ? introspectRefreshToken(token, options) : introspectAccessToken(token, options)
}
