import type { AccessTokenOptions } from '../access-tokens.js'
import { createSimpleJwtSessions, type SimpleJwtSessionOptions } from './simplejwt-sessions.js'
import { createSimpleJwtTokens } from './simplejwt-tokens.js'
import { createTokenKeys, type SharedKey } from './token-keys.js'

export interface SimpleJwtOptions
  extends Omit<SimpleJwtSessionOptions, 'keys' | 'tokens'>,
    Pick<AccessTokenOptions, 'keyring'> {
  /** null: the gateway's own keys sign. */
  readonly signingKey: SharedKey | null
}

export type SimpleJwt = ReturnType<typeof createSimpleJwt>

/** All that one revision of the settings does in simplejwt's manner. Throws KeyRefused. */
export function createSimpleJwt(options: SimpleJwtOptions) {
  const keys = createTokenKeys(options.signingKey, options.keyring)
  const tokens = createSimpleJwtTokens({ ...options, keys })
  return {
    tokens,
    sessions: createSimpleJwtSessions({ ...options, keys, tokens }),
    offersSliding: options.authTokens.includes('sliding')
  }
}
