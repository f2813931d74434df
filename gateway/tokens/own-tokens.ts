import type { Principal, RefreshTokenKey } from '../domain.js'
import type { ProblemCode } from '../problems.js'
import type { AccessTokens } from './access-tokens.js'
import { isRefreshToken, refreshTokenKey } from './refresh-token.js'
import type { SimpleJwt } from './simplejwt/create-simplejwt.js'

/** The tokens that this gateway gives to its users, of whichever kind. Nothing here throws. */
export interface OwnTokens extends Pick<AccessTokens, 'verify' | 'verifyExpired'> {
  /** Of a refresh token, spent or expired or not; null: it is none of ours. Whether it is live, the store knows. */
  readonly readRefreshToken: (token: string) => RefreshTokenKey | null
}

/** Of the two kinds of tokens of ours, what was verified before is known without reading it as the other. */
export function createOwnTokens(
  accessTokens: Pick<AccessTokens, 'verify' | 'verifyExpired'>,
  simpleJwt: Pick<SimpleJwt, 'tokens'> | null
): OwnTokens {
  const readOpaque = (token: string): RefreshTokenKey | null => (isRefreshToken(token) ? refreshTokenKey(token) : null)
  if (simpleJwt === null) {
    const { verify, verifyExpired } = accessTokens
    return { verify, verifyExpired, readRefreshToken: readOpaque }
  }
  const { tokens } = simpleJwt
  const either =
    (verify: 'verify' | 'verifyExpired') =>
    (token: string): Principal | ProblemCode => {
      const own = tokens.isKnown(token) ? 'invalid_token' : accessTokens[verify](token)
      return own === 'invalid_token' ? tokens[verify](token) : own
    }
  return {
    verify: either('verify'),
    verifyExpired: either('verifyExpired'),
    readRefreshToken: (token) => readOpaque(token) ?? tokens.readRefreshToken(token)
  }
}
