import type { Key } from './key.js'

/** What is built of a key when it is first needed, and goes with it. */
export function perKey<K extends Key, T extends object>(build: (key: K) => T): (key: K) => T {
  const built = new WeakMap<K, T>()
  return (key) => {
    const known = built.get(key)
    if (known !== undefined) return known
    const made = build(key)
    built.set(key, made)
    return made
  }
}
