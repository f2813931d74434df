import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { Problem } from '../problems.js'
import { networkOf } from './limits.js'

export interface LoginLimits {
  readonly perAccountAndNetwork: number
  readonly perNetwork: number
  /** From networks that the account has not signed in from, all together. */
  readonly perAccount: number
  readonly windowMs: number
}

export interface Attempt {
  /**
   * Told before the password is hashed which networks the account has signed in from. From any other the attempt is
   * counted once more, with those of all such networks; throws `login_throttled` when there were too many.
   */
  readonly knows: (networks: readonly string[]) => void
  /** The credentials were right: the attempt was no guess, and the account starts afresh from this network. */
  readonly succeeded: () => void
  /** The attempt was not judged at all (overload, a store that is away): it is given back. */
  readonly withdrawn: () => void
}

export interface LoginGuard {
  /** Counts one attempt before any password is hashed; throws `login_throttled` when there were too many. */
  readonly admit: (account: string, address: string) => Attempt
  /** Forgets what was counted against an account, wherever it came from. */
  readonly forget: (account: string) => void
}

interface Window {
  attempts: number
  closesAt: number
}

const REMEMBERED_KEYS = 200_000
/** Stands for all networks that an account has not signed in from; no network is spelled so. */
const ELSEWHERE = '*'

function refuseBeyond({ attempts, closesAt }: Window, most: number, now: number): void {
  if (attempts >= most) throw new Problem('login_throttled', { retryAfter: (closesAt - now) / 1000 })
}

/** An account's name may be of any length; its key is not. */
const keyOf = (account: string) => hash('sha256', account, 'base64')

/**
 * Limits guessing per network (an IPv4 address, an IPv6 /64), per account and network, and per account over the
 * networks that it never signed in from, in windows that open with the first attempt: where owners have signed in
 * before, guesses from elsewhere do not lock them out. `limits` is read at each attempt.
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
      const { perAccountAndNetwork, perNetwork, perAccount, windowMs } = limits()
      const network = networkOf(address)
      const name = keyOf(account)
      const all = open(network, now, windowMs)
      refuseBeyond(all, perNetwork, now)
      // Opened only now, so that a network out of attempts cannot push the windows of others out of memory.
      const both = open(`${network} ${name}`, now, windowMs)
      refuseBeyond(both, perAccountAndNetwork, now)
      const counted = [both, all]
      for (const window of counted) window.attempts += 1
      const giveBack = () => {
        for (const window of counted.splice(0)) window.attempts = Math.max(0, window.attempts - 1)
      }
      return {
        knows(networks) {
          if (networks.includes(network)) return
          // The store has been asked since `now`.
          const later = Date.now()
          const elsewhere = open(`${ELSEWHERE} ${name}`, later, windowMs)
          refuseBeyond(elsewhere, perAccount, later)
          elsewhere.attempts += 1
          counted.push(elsewhere)
        },
        succeeded() {
          giveBack()
          both.attempts = 0
        },
        withdrawn: giveBack
      }
    },
    forget(account) {
      const suffix = ` ${keyOf(account)}`
      for (const key of windows.keys()) if (key.endsWith(suffix)) windows.delete(key)
    }
  }
}
