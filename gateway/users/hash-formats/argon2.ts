import { verify } from '@node-rs/argon2'
import type { HashReader } from './read-hash.js'

// Version 16 is what Argon2 was until 2016; a hash that names none is of it.
const phc =
  /^\$argon2(?:id|i|d)\$(?:v=1[69]\$)?m=([1-9]\d{0,7}),t=([1-9]\d{0,3}),p=([1-9]\d{0,2})\$([A-Za-z0-9+/]{11,})\$([A-Za-z0-9+/]{22,})$/

const mostKib = 2 * 1024 * 1024
/** Of all passes together: twice what RFC 9106 §4 recommends first, and some ten seconds. */
const mostKibWritten = 4 * 1024 * 1024
/** RFC 9106 §3.1: each lane has two blocks in each of four slices. */
const leastKibOfLane = 8

/** Base64 without padding, of which each run of bytes has one spelling. */
const isBase64 = (text: string) => Buffer.from(text, 'base64').toString('base64').replace(/=+$/, '') === text

/** PHC strings of Argon2 (RFC 9106), bare or behind Django's `argon2`. */
export const readArgon2: HashReader = (text) => {
  const isDjango = text.startsWith('argon2$argon2')
  const bare = isDjango ? text.slice('argon2'.length) : text
  const [, memory, passes, lanes, salt, hash] = phc.exec(bare) ?? []
  if (salt === undefined || hash === undefined || !isBase64(salt) || !isBase64(hash)) return null
  const kib = Number(memory)
  if (kib > mostKib || kib * Number(passes) > mostKibWritten || kib < leastKibOfLane * Number(lanes)) return null
  return { of: isDjango ? 'raw' : 'opaque', verify: (password) => verify(bare, password) }
}
