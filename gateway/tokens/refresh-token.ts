import { createCipheriv, createDecipheriv, hash, hkdfSync, randomBytes } from 'node:crypto'
import type { RefreshTokenKey } from '../domain.js'

const REFRESH_TOKEN = /^prt_[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}$/

/**
 * A new refresh token of a session: opaque, 256 random bits. The session's id stands in front so that a store spread
 * over several machines knows where to look; the prefix lets scanners of leaked secrets know what they found.
 */
export const createRefreshToken = (sessionId: string) => `prt_${sessionId}.${randomBytes(32).toString('base64url')}`

/** A new session id: 128 random bits. */
export const createSessionId = () => randomBytes(16).toString('base64url')

/** The session that a refresh token names. */
export const sessionIdOf = (refreshToken: string) => refreshToken.slice(4, 26)

/** What the store knows a refresh token by; of any other text it is what no store knows. */
export const refreshTokenKey = (token: string): RefreshTokenKey => ({
  sessionId: sessionIdOf(token),
  tokenHash: hashRefreshToken(token)
})

export const isRefreshToken = (token: unknown): token is string =>
  typeof token === 'string' && REFRESH_TOKEN.test(token)

/** What the store knows a refresh token by. Its bits are random, so one round of SHA-256 is enough. */
export const hashRefreshToken = (token: string): Uint8Array => hash('sha256', token, 'buffer')

const sealingKey = (predecessor: string) =>
  Buffer.from(hkdfSync('sha256', predecessor, '', 'portcullis refresh successor', 32))

/** The successor, readable only with its predecessor: AES-256-GCM, nonce (12) ‖ tag (16) ‖ ciphertext. */
export function sealSuccessor(predecessor: string, successor: string): Uint8Array {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', sealingKey(predecessor), nonce)
  const text = Buffer.concat([cipher.update(successor, 'utf8'), cipher.final()])
  // Octets of their own: a Buffer would lie in a pool, all of which would be copied to the thread of the store.
  return new Uint8Array(Buffer.concat([nonce, cipher.getAuthTag(), text]))
}

/** The reverse; throws when the seal was made for another predecessor or has been changed. */
export function unsealSuccessor(predecessor: string, sealed: Uint8Array): string {
  const decipher = createDecipheriv('aes-256-gcm', sealingKey(predecessor), sealed.subarray(0, 12))
  decipher.setAuthTag(sealed.subarray(12, 28))
  return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]).toString('utf8')
}
