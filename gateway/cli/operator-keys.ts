import type { KeyPurpose, OperatorKey, OperatorKeys } from '../admin/index.js'
import { KeyRefused, type Keyring, type KeyStatus } from '../tokens/index.js'

/** What an operator does to the keys of both kinds as if they were in one ring. */
export function operatorKeysOf(tokens: Keyring, assertions: Keyring | null): OperatorKeys {
  const rings: readonly (readonly [KeyPurpose, Keyring])[] = [
    ['tokens', tokens],
    ...(assertions === null ? [] : [['assertions', assertions] as const])
  ]
  return {
    list: () => rings.flatMap(([signs, keyring]) => keyring.list().map((key) => shownOf(signs, key))),
    async rotate(signs, now) {
      const ring = rings.find(([purpose]) => purpose === signs)
      if (ring === undefined) throw new KeyRefused('there are no keys for assertions: see identity.assertion')
      return shownOf(signs, await ring[1].rotate(now))
    },
    async retire(keyId, now) {
      const ring = rings.find(([, keyring]) => keyring.list().some((key) => key.keyId === keyId)) ?? rings[0]
      if (ring === undefined) throw new KeyRefused(`there is no key ${keyId}`)
      return shownOf(ring[0], await ring[1].retire(keyId, now))
    }
  }
}

export const shownOf = (signs: KeyPurpose, key: KeyStatus): OperatorKey => ({ signs, ...key })
