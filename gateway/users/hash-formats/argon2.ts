import { verify } from '@node-rs/argon2'
import type { HashReader } from './read-hash.js'

const phc =
  /^\$argon2(?:id|i|d)\$(?:v=19\$)?m=(\d{1,8}),t=(\d{1,4}),p=(\d{1,3})\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{22,}$/

const mostKib = 4 * 1024 * 1024
const mostPasses = 100

/** PHC strings of Argon2 (RFC 9106), bare or behind Django's `argon2`. */
export const readArgon2: HashReader = (text) => {
  const isDjango = text.startsWith('argon2$argon2')
  const bare = isDjango ? text.slice('argon2'.length) : text
  const [, memory, passes] = phc.exec(bare) ?? []
  if (memory === undefined || Number(memory) > mostKib || Number(passes) > mostPasses) return null
  return { of: isDjango ? 'raw' : 'opaque', verify: (password) => verify(bare, password) }
}
