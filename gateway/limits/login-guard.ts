import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { Problem } from '../problems.js'
import { addressKey } from './limits.js'

export interface LoginLimits {
  readonly perAccountAndNetwork: number
  readonly perNetwork: number
  readonly windowMs: number
}

export interface Attempt {
  /** The credentials were right: the attempt was no guess, and the account starts afresh from this network. */
  readonly succeeded: () => void
  /** The attempt was not judged at all (overload, a store that is away): it is given back. */
  readonly withdrawn: () => void
}

export interface LoginGuard {
  /** Counts one attempt before any password is hashed; throws `login_throttled` when there were too many. */
  readonly admit: (account: string, address: string) => Attempt
}

interface Window {
  attempts: number
  closesAt: number
}

const REMEMBERED_KEYS = 200_000

function refuseBeyond({ attempts, closesAt }: Window, most: number, now: number): void {
  if (attempts >= most) throw new Problem('login_throttled', { retryAfter: (closesAt - now) / 1000 })
}

/**
 * Limits guessing per account and network and per network (IPv6: its /64), over windows that open with the first
 * attempt. The owner of an account is not locked out by guesses from elsewhere. `limits` is read at each attempt.
 */
export function createLoginGuard(limits: () => LoginLimits): LoginGuard {
  const windows = new LRUCache<string, Window>({ max: REMEMBERED_KEYS })

  function open(key: string, now: number, windowMs: number): Window {
    let window = windows.get(key)
    if (window === undefined || now >= window.closesAt || window.closesAt - now > windowMs) {
      window = { attempts: 0, closesAt: now + windowMs }
      windows.set(key, window)
    }
    return window
  }

  return {
    admit(account, address) {
      const now = Date.now()
      const { perAccountAndNetwork, perNetwork, windowMs } = limits()
      const network = addressKey(address)
      // An account's name may be of any length; its key is not.
      const name = createHash('sha256').update(account).digest('base64')
      const all = open(network, now, windowMs)
      refuseBeyond(all, perNetwork, now)
      // Opened only now, so that a network out of attempts cannot push the windows of others out of memory.
      const both = open(`${network} ${name}`, now, windowMs)
      refuseBeyond(both, perAccountAndNetwork, now)
      both.attempts += 1
      all.attempts += 1
      return {
        succeeded() {
          both.attempts = 0
          all.attempts = Math.max(0, all.attempts - 1)
        },
        withdrawn() {
          both.attempts = Math.max(0, both.attempts - 1)
          all.attempts = Math.max(0, all.attempts - 1)
        }
      }
    }
  }
}
