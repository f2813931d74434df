import type { DirectoryUser } from '../domain.js'

export interface HtpasswdFault {
  /** From 1. */
  readonly line: number
  readonly message: string
}

export interface HtpasswdOptions {
  /** The name in its one spelling; null: it cannot be a user's. */
  readonly canonicalUsername: (name: string) => string | null
  readonly readsHash: (hash: string) => boolean
  /** Every user's: the format knows none. */
  readonly roles: readonly string[]
}

const MOST_FAULTS = 100

/** Reads `name:hash` lines as Apache and nginx do; empty lines and those that begin with `#` say nothing. */
export function parseHtpasswd(
  text: string,
  { canonicalUsername, readsHash, roles }: HtpasswdOptions
): { readonly users: readonly DirectoryUser[]; readonly faults: readonly HtpasswdFault[] } {
  const users = new Map<string, { readonly line: number; readonly user: DirectoryUser }>()
  const faults: HtpasswdFault[] = []

  function readLine(written: string, line: number): string | null {
    const at = written.indexOf(':')
    if (at < 1) return 'is not name:hash'
    const name = canonicalUsername(written.slice(0, at))
    // Whatever stands behind another colon is a comment to Apache.
    const hash = written.slice(at + 1).split(':')[0] ?? ''
    if (name === null) return 'has a name that cannot be a user name'
    const before = users.get(name)
    if (before !== undefined) return `has the name of line ${before.line}`
    if (!readsHash(hash)) return 'has no hash that is safe to keep; set the password anew with htpasswd -B'
    users.set(name, {
      line,
      user: { key: name, username: name, passwordHash: hash, roles, attributes: {}, disabled: false }
    })
    return null
  }

  for (const [index, written] of text.split(/\r?\n/).entries()) {
    if (written.trim() === '' || written.startsWith('#') || faults.length >= MOST_FAULTS) continue
    const message = readLine(written, index + 1)
    if (message !== null) faults.push({ line: index + 1, message })
  }
  return { users: [...users.values()].map(({ user }) => user), faults }
}
