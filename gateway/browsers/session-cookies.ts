import { Problem } from '../problems.js'
import { ACCESS, HOST_PREFIX, REFRESH } from './cookie-field.js'

export interface CookieOptions {
  readonly enabled: boolean
  readonly sameSite: 'lax' | 'strict' | 'none'
  /** Where people sign in: a path of the gateway or an absolute URL; null: there is no such page. */
  readonly loginUrl: string | null
  /** False only for plain http beyond this machine, where browsers keep no `Secure` cookie. */
  readonly secure: boolean
}

/** An answer with tokens (RFC 6749 §5.1); lifetimes in seconds. */
export interface TokenAnswer {
  readonly access_token: string
  readonly expires_in: number
  readonly refresh_token: string
  readonly refresh_expires_in: number
}

/** RFC 6265bis §5.7: of a longer pair browsers keep nothing, and say nothing. */
const LONGEST = 4096

export type SessionCookies = ReturnType<typeof createSessionCookies>

/** Makes the two cookies that hold a session: what they are called, and the Set-Cookie fields that set and clear them. */
export function createSessionCookies({ sameSite, secure }: Pick<CookieOptions, 'sameSite' | 'secure'>) {
  const prefix = secure ? HOST_PREFIX : ''
  const attributes = `Path=/; HttpOnly${secure ? '; Secure' : ''}; SameSite=${sameSite[0]?.toUpperCase()}${sameSite.slice(1)}`
  const accessName = `${prefix}${ACCESS}`
  const refreshName = `${prefix}${REFRESH}`
  function write(name: string, value: string, seconds: number): string {
    if (name.length + value.length > LONGEST) {
      throw new Problem('headers_too_large', { detail: 'The access token does not fit into a cookie.' })
    }
    return `${name}=${value}; Max-Age=${Math.max(0, seconds)}; ${attributes}`
  }
  return {
    accessName,
    refreshName,
    set: (answer: TokenAnswer): string[] => [
      write(accessName, answer.access_token, answer.expires_in),
      write(refreshName, answer.refresh_token, answer.refresh_expires_in)
    ],
    clear: (): string[] => [write(accessName, '', 0), write(refreshName, '', 0)]
  }
}
