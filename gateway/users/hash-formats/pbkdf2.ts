import { pbkdf2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { HashReader } from './read-hash.js'

const derive = promisify(pbkdf2)

const encoded = /^pbkdf2_(sha256|sha1)\$([1-9]\d{0,7})\$([^$]{1,256})\$([A-Za-z0-9+/]{27,43}=)$/

/** Django's present default is below a million; this takes a few seconds. */
const mostIterations = 10_000_000

const lengths = { sha256: 32, sha1: 20 } as const

/** Django's `pbkdf2_sha256$iterations$salt$hash` and `pbkdf2_sha1$…` (RFC 8018 §5.2); the salt is text. */
export const readPbkdf2: HashReader = (text) => {
  const [, digest, iterations, salt, hash] = encoded.exec(text) ?? []
  if (digest === undefined || salt === undefined || hash === undefined) return null
  const expected = Buffer.from(hash, 'base64')
  const algorithm = digest === 'sha1' ? 'sha1' : 'sha256'
  if (expected.length !== lengths[algorithm] || Number(iterations) > mostIterations) return null
  return {
    of: 'raw',
    verify: async (password) =>
      timingSafeEqual(await derive(password, salt, Number(iterations), expected.length, algorithm), expected)
  }
}
