import { Problem } from '../problems.js'
import type { AccessTokens } from './access-tokens.js'
import { requireClient } from './client-authentication.js'
import type { Client } from './clients.js'
import { USERS_CLIENT_ID } from './issue-access-tokens.js'
import type { OAuthRequest } from './oauth-endpoints.js'
import { type Parameters, requireParameter } from './request-parameters.js'
import type { Grant, Sessions } from './sessions.js'

export interface TokenEndpointOptions {
  readonly sessions: () => Sessions
  readonly accessTokens: () => AccessTokens
}

/** RFC 6749 §5.1; `refresh_expires_in` stands beside a refresh token, as in every grant of this gateway. */
export interface TokenResponse {
  readonly access_token: string
  readonly token_type: 'Bearer'
  readonly expires_in: number
  readonly scope?: string
  readonly refresh_token?: string
  readonly refresh_expires_in?: number
}

const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** RFC 6749 §3.3: what is asked for, each word once; everything the client has when it asks for nothing. */
function grantScopes(parameters: Parameters, { scopes }: Client): readonly string[] {
  const asked = parameters.get('scope')
  if (asked === undefined) return scopes
  const words = [...new Set(asked.split(' '))]
  if (!words.every((word) => SCOPE_TOKEN.test(word))) {
    throw new Problem('invalid_scope', { detail: 'A scope is words, one space apart.' })
  }
  if (!words.every((word) => scopes.includes(word))) throw new Problem('invalid_scope')
  return words
}

/** A service asks for itself (RFC 6749 §4.4). There is no refresh token (§4.4.3): it can ask again. */
function grantClient({ parameters, client, report }: OAuthRequest, options: TokenEndpointOptions): TokenResponse {
  const proved = requireClient(client)
  const scopes = grantScopes(parameters, proved)
  const { token, claims, expiresAt } = options.accessTokens().issueToClient({ ...proved, clientId: proved.id, scopes })
  report({ event: 'token_issued', clientId: proved.id, tokenId: String(claims.jti), scopes })
  return {
    access_token: token,
    token_type: 'Bearer',
    expires_in: expiresAt - Number(claims.iat),
    ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') })
  }
}

/**
 * Refresh tokens belong to users, who signed in with a public client: it proves nothing (RFC 6749 §6, §10.4), and a
 * service may not use what was issued to it.
 */
function refuseOtherClients({ parameters, client }: OAuthRequest): void {
  if (client !== null)
    throw new Problem('invalid_grant', { detail: 'The refresh token was not issued to this client.' })
  if ((parameters.get('client_id') ?? USERS_CLIENT_ID) !== USERS_CLIENT_ID) throw new Problem('invalid_client')
}

/** A user's refresh token, spent as at /auth/refresh (RFC 6749 §6). */
async function refresh(request: OAuthRequest, options: TokenEndpointOptions): Promise<TokenResponse> {
  const { parameters, report } = request
  const token = requireParameter(parameters, 'refresh_token')
  refuseOtherClients(request)
  // Users' tokens have no scope, so that none can be among those originally granted.
  if (parameters.has('scope')) throw new Problem('invalid_scope', { detail: 'Tokens of users have no scope.' })
  let grant: Grant
  try {
    grant = await options
      .sessions()
      .refresh(token, ({ id, userId }) => report({ event: 'refresh_reuse', subject: userId, sessionId: id }))
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'invalid_refresh_token') throw error
    report({ event: 'refresh_failed' })
    throw new Problem('invalid_grant')
  }
  report({ event: 'refresh', subject: grant.user.id, sessionId: grant.sessionId })
  return {
    access_token: grant.accessToken,
    token_type: 'Bearer',
    expires_in: grant.accessExpiresAt - grant.issuedAt,
    refresh_token: grant.refreshToken,
    refresh_expires_in: grant.refreshExpiresAt - grant.issuedAt
  }
}

/** Answers a request to the token endpoint (RFC 6749 §3.2), or throws the Problem that refuses it. */
export async function grantTokens(request: OAuthRequest, options: TokenEndpointOptions): Promise<TokenResponse> {
  switch (requireParameter(request.parameters, 'grant_type')) {
    case 'client_credentials':
      return grantClient(request, options)
    case 'refresh_token':
      return refresh(request, options)
    default:
      throw new Problem('unsupported_grant_type')
  }
}
