import { type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import type { HashReader } from './read-hash.js'

const encoded = /^scrypt\$([1-9]\d{0,7})\$([^$]{1,256})\$([1-9]\d?)\$([1-9]\d?)\$([A-Za-z0-9+/]{86}==)$/

const mostBytes = 256 * 1024 * 1024

function derive(password: string, salt: string, length: number, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, length, options, (error, key) => (error === null ? resolve(key) : reject(error)))
  })
}

/** Django's `scrypt$N$salt$r$p$hash` (RFC 7914); the salt is text. */
export const readScrypt: HashReader = (text) => {
  const [, work, salt, blockSize, parallelism, hash] = encoded.exec(text) ?? []
  if (salt === undefined || hash === undefined) return null
  const [N, r, p] = [Number(work), Number(blockSize), Number(parallelism)]
  const isPowerOfTwo = N > 1 && Number.isInteger(Math.log2(N))
  // RFC 7914 §2: N is less than 2^(128 * r / 8).
  if (!isPowerOfTwo || Math.log2(N) >= 16 * r || 128 * N * r * p > mostBytes) return null
  const expected = Buffer.from(hash, 'base64')
  return {
    of: 'raw',
    verify: async (password) =>
      timingSafeEqual(await derive(password, salt, expected.length, { N, r, p, maxmem: 2 * mostBytes }), expected)
  }
}
