import { Problem } from '../problems.js'
import { requireClient } from './client-authentication.js'
import { USERS_CLIENT_ID } from './issue-access-tokens.js'
import type { OAuthRequest } from './oauth-endpoints.js'
import { isRefreshToken } from './refresh-token.js'
import { requireParameter } from './request-parameters.js'
import type { Sessions } from './sessions.js'

export interface IntrospectionOptions {
  readonly sessions: () => Sessions
  readonly issuer: () => string
}

/** RFC 7662 §2.2: of a token that does not hold, nothing is said but that. */
const INACTIVE = { active: false }

/**
 * What an access token says of itself: one of ours, or of another issuer whose tokens pass here, with `sub` and `roles`
 * as upstreams are told them. The generation is between the gateway and its own tokens.
 */
async function introspectAccessToken(token: string, { sessions, issuer }: IntrospectionOptions): Promise<object> {
  const inspected = await sessions().inspect(token)
  if ('because' in inspected) {
    // The token may be good: whoever asks must not take it for a bad one.
    if (inspected.because === 'issuer_unavailable') throw new Problem('issuer_unavailable')
    return INACTIVE
  }
  const { gen: _, ...own } = inspected.claims
  const claims = own.iss === issuer() ? own : inspected.claims
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
