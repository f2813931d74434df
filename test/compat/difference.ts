import type { Answer } from './ask.js'

/** An answer that is not the original's, how it differs, and why. */
export interface Difference {
  /** Of a case. */
  readonly name: string
  /** In one of the settings alone. */
  readonly only?: 'rotating' | 'still' | 'lenient' | 'brief'
  readonly ours: Partial<Answer>
  readonly because: string
}

export const JSON_TYPE = 'application/json'
export const ALLOW = 'POST, OPTIONS'
export const CHALLENGE = 'Bearer realm="api"'

export const detail = (words: string) => ({ detail: words })
/** A refused token, whatever the original answers. */
export const notValid = (words: string): Partial<Answer> => ({
  status: 401,
  body: { ...detail(words), code: 'token_not_valid' },
  type: JSON_TYPE,
  challenge: CHALLENGE,
  allow: ALLOW
})
/** Another body of the same 400. */
export const malformed = (words: string): Partial<Answer> => ({ status: 400, body: detail(words), challenge: null })

const token = (kind: string, life: number, userId: number) => ({
  alg: 'HS256',
  typ: 'JWT',
  jti: 'string',
  lives: [life, null],
  claims: { token_type: kind, user_id: userId }
})
export const ACCESS = token('access', 300, 1)
export const REFRESH = token('refresh', 86_400, 1)
/** Tokens for a user, whatever the original answers. */
export const signedIn = (userId = 1): Partial<Answer> => ({
  status: 200,
  body: { refresh: token('refresh', 86_400, userId), access: token('access', 300, userId) },
  type: JSON_TYPE,
  challenge: null,
  allow: ALLOW
})
