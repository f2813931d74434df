import { createHash, timingSafeEqual } from 'node:crypto'
import type { HashReader } from './read-hash.js'

const encoded = /^\$apr1\$([./A-Za-z0-9]{1,8})\$([./A-Za-z0-9]{22})$/
const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const rounds = 1000

const md5 = (...parts: readonly (Buffer | string)[]) => {
  const hash = createHash('md5')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** Apache's MD5, which `htpasswd` makes unless told otherwise; one takes about a millisecond. */
export const readApr1: HashReader = (text) => {
  const [, salt, hash] = encoded.exec(text) ?? []
  if (salt === undefined || hash === undefined) return null
  return {
    of: 'raw',
    verify: async (password) => timingSafeEqual(Buffer.from(apr1(Buffer.from(password), salt)), Buffer.from(hash))
  }
}

/** `apr_md5_encode` of the Apache Portable Runtime, after Poul-Henning Kamp's md5-crypt. */
function apr1(password: Buffer, salt: string): string {
  const mixed = md5(password, salt, password)
  const first: (Buffer | string)[] = [password, '$apr1$', salt]
  for (let left = password.length; left > 0; left -= 16) first.push(mixed.subarray(0, Math.min(16, left)))
  // The length's bits choose between a zero byte and the first one of the password, lowest bit first.
  for (let bits = password.length; bits > 0; bits >>= 1) {
    first.push(bits & 1 ? Buffer.of(0) : password.subarray(0, 1))
  }
  let digest = md5(...first)
  for (let round = 0; round < rounds; round += 1) {
    const odd = round % 2 === 1
    const parts: (Buffer | string)[] = [odd ? password : digest]
    if (round % 3 !== 0) parts.push(salt)
    if (round % 7 !== 0) parts.push(password)
    parts.push(odd ? digest : password)
    digest = md5(...parts)
  }
  return spell(digest)
}

/** Its own order of bytes, and base64 with the lowest bits first. */
function spell(digest: Buffer): string {
  const at = (index: number) => digest[index] ?? 0
  const groups = [0, 1, 2, 3, 4].map((i) => (at(i) << 16) | (at(i + 6) << 8) | at(i === 4 ? 5 : i + 12))
  const digits = (value: number, count: number) =>
    Array.from({ length: count }, (_, digit) => alphabet[(value >> (6 * digit)) & 63]).join('')
  return groups.map((group) => digits(group, 4)).join('') + digits(at(11), 2)
}
