import type { Algorithm } from './algorithms.js'
import type { Key, SigningKey } from './key.js'
import type { KeyState } from './key-schedule.js'

export type KeySource =
  | {
      readonly kind: 'directory'
      readonly path: string
      /** How long a key signs; null or absent: until told. */
      readonly rotateEveryMs?: number | null
      /** How long before it signs a key is published. */
      readonly publishBeforeMs?: number
    }
  | { readonly kind: 'secret'; readonly secret: { readonly reveal: () => string } }
  /** The first signs. */
  | { readonly kind: 'files'; readonly paths: readonly string[] }

/** A key as an operator sees it: nothing of its private part. Times are NumericDate. */
export interface KeyStatus {
  readonly keyId: string
  readonly algorithm: Algorithm
  readonly state: KeyState
  /** null: not known, as of keys that the settings name. */
  readonly publishedAt: number | null
  readonly activatedAt: number | null
  readonly promoteAt: number | null
  /** Of a retiring key, when it ends; of a retired one, when it ended; null: no time is set. */
  readonly until: number | null
  readonly jwk: Readonly<Record<string, string>> | null
  /** SPKI PEM; null for a secret and for a retired key. */
  readonly publicPem: string | null
}

export interface KeyEvent {
  readonly event: 'key_published' | 'key_rotated' | 'key_retired'
  readonly keyId: string
  readonly algorithm: Algorithm
  /** Of a rotation: the key that signed before. */
  readonly previous?: string
}

export interface KeyringOptions {
  /** The longest life of what is signed at first. */
  readonly accessMs?: number
  /** Accepts a secret from the settings that is shorter than the hash. */
  readonly allowShortSecret?: boolean
  /** Where the settings name the keys. */
  readonly setting?: 'tokens.keys' | 'identity.assertion.keys'
  readonly report?: (event: KeyEvent) => void
  /** Something that should have been written down could not be; it is tried again at the next look. */
  readonly onFailure?: (error: unknown) => void
}

export interface KeySet {
  readonly keys: readonly Readonly<Record<string, string>>[]
}

/** Keys in memory; every answer is of one immutable snapshot, which a rotation replaces whole. */
export interface Keyring {
  readonly signing: () => SigningKey
  /** NumericDate since when it signs; null: not known. */
  readonly signingSince: () => number | null
  /** The key of that very id, unless it was removed. */
  readonly find: (keyId: string) => Key | null
  /** The key set for `/.well-known/jwks.json`. */
  readonly jwks: () => KeySet
  /** For how many seconds others may keep the key set: not past the publication of the next key. */
  readonly keySetMaxAge: number
  /**
   * From now on what is signed shall live for so many seconds. Answers how many it may: fewer while that could not be
   * written down, because a key goes when nothing it signed can be alive.
   */
  readonly coverLifetime: (seconds: number) => number
  readonly list: () => readonly KeyStatus[]
  /** Appoints the next key, published before it signs; with `now` it signs at once. Rejects with KeyRefused. */
  readonly rotate: (now: boolean) => Promise<KeyStatus>
  /** Ends a key when nothing it signed can be alive; with `now` at once, and all it signed. Rejects with KeyRefused. */
  readonly retire: (keyId: string, now: boolean) => Promise<KeyStatus>
  /** Takes over what has changed in the folder and does what is due. When that fails it rejects and the keys stay as they were. */
  readonly look: () => Promise<void>
}

/** How long, in seconds, others keep a key set at most. */
export const KEY_SET_MAX_AGE = 300

export const statusOf = (key: Key, state: KeyState): KeyStatus => ({
  keyId: key.keyId,
  algorithm: key.algorithm,
  state,
  publishedAt: null,
  activatedAt: null,
  promoteAt: null,
  until: null,
  jwk: key.jwk,
  publicPem: typeof key.verifyingKey === 'string' ? key.verifyingKey : null
})

export const keySetOf = (keys: Iterable<Key>): KeySet => ({
  keys: [...keys].flatMap(({ jwk }) => (jwk === null ? [] : [jwk]))
})
