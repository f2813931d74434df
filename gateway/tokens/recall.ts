import { LRUCache } from 'lru-cache'
import type { Principal } from '../domain.js'
import type { Key } from './key.js'
import { LONGEST_TOKEN } from './token-too-large.js'

/** Who a token speaks for, and the key that said so. */
export interface Recalled {
  readonly principal: Principal
  readonly key: Key
}

/** Tokens verified before: so many, and so many characters of them together. */
const REMEMBERED_TOKENS = 10_000
const REMEMBERED_CHARACTERS = 16 * 1024 * 1024

/**
 * Remembers tokens that `verifyOnce` found good, never one that it refused. What was verified counts for as long as its
 * key is one of ours, the very same. Nothing that changes with time may be left to `verifyOnce`.
 */
export function createRecall(verifyOnce: (token: string) => Recalled | null, isHeld: (key: Key) => boolean) {
  const verified = new LRUCache<string, Recalled>({
    max: REMEMBERED_TOKENS,
    maxSize: REMEMBERED_CHARACTERS,
    sizeCalculation: (_remembered, token) => token.length
  })
  return {
    recall(token: string): Principal | null {
      if (token.length > LONGEST_TOKEN) return null
      const known = verified.get(token)
      if (known !== undefined && isHeld(known.key)) return known.principal
      const found = verifyOnce(token)
      if (found !== null) verified.set(token, found)
      else verified.delete(token)
      return found?.principal ?? null
    },
    /** Whether the token was found good before. */
    isKnown: (token: string): boolean => verified.has(token)
  }
}
