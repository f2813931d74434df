import { createHash } from 'node:crypto'
import { verify } from '@node-rs/bcrypt'
import type { HashReader } from './read-hash.js'

// `2y` is what PHP and Apache call what everybody else calls `2b`.
const encoded = /^(bcrypt\$|bcrypt_sha256\$)?\$2[aby](\$(\d\d)\$[./A-Za-z0-9]{53})$/

/** Each more doubles the time; 12 is usual and takes a quarter of a second. Of fewer than four there is no bcrypt. */
const leastRounds = 4
const mostRounds = 16

/** All of a password that bcrypt reads. */
const mostRead = 72

/**
 * bcrypt, bare as in an htpasswd file or behind Django's `bcrypt`, which both cut a password after 72 bytes; and
 * Django's `bcrypt_sha256`, which hashes the hexadecimal SHA-256 of it instead.
 */
export const readBcrypt: HashReader = (text) => {
  const [, family, rest, rounds] = encoded.exec(text) ?? []
  if (rest === undefined || Number(rounds) < leastRounds || Number(rounds) > mostRounds) return null
  const read =
    family === 'bcrypt_sha256$'
      ? (password: string) => Buffer.from(createHash('sha256').update(password).digest('hex'))
      : (password: string) => Buffer.from(password).subarray(0, mostRead)
  return { of: 'raw', verify: (password) => verify(read(password), `$2b${rest}`) }
}
