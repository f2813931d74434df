import { readApr1 } from './apr1.js'
import { readArgon2 } from './argon2.js'
import { readBcrypt } from './bcrypt.js'
import { readPbkdf2 } from './pbkdf2.js'
import { readScrypt } from './scrypt.js'

/** A password hash as it is kept, read: what a password has to be held against. */
export interface ReadHash {
  /**
   * Which text was hashed: `opaque`, the one form of RFC 8265 §4.2, as this gateway hashes; or `raw`, whatever was
   * typed, as other programs do.
   */
  readonly of: 'opaque' | 'raw'
  /**
   * Computes off the event loop, where it takes long. Rejects only for want of memory: what nothing can compute is not
   * read, because strangers are held against the hashes of users, too.
   */
  readonly verify: (password: string) => Promise<boolean>
}

/** Reads one family of formats; null: another family's, or malformed, or dearer than anybody means (some ten seconds). */
export type HashReader = (text: string) => ReadHash | null

const readers: readonly HashReader[] = [readArgon2, readPbkdf2, readBcrypt, readScrypt, readApr1]

const longest = 1024

/**
 * Reads a hash in any known format: PHC strings of Argon2; bcrypt; Apache's MD5 (`$apr1$`); and Django's encoding of
 * pbkdf2_sha256, pbkdf2_sha1, argon2, bcrypt, bcrypt_sha256 and scrypt. null: no password fits it, because it is marked
 * as unusable, malformed, of a format that hides nothing, such as plain SHA-1, or made to take an hour.
 */
export function readHash(text: string): ReadHash | null {
  if (text.length > longest) return null
  for (const read of readers) {
    const hash = read(text)
    if (hash !== null) return hash
  }
  return null
}

/** Whether some password could fit the hash. */
export const readsHash = (text: string): boolean => readHash(text) !== null
