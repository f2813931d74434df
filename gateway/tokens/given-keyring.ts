import type { Algorithm } from './algorithms.js'
import { canSign, type Key, KeyRefused, type SigningKey, secretKey } from './key.js'
import { KEY_SET_MAX_AGE, type Keyring, type KeyringOptions, keySetOf, statusOf } from './keyring.js'
import { readKeyFile } from './read-key.js'

/** Keys that the settings name: the first signs, and they stay as they are. */
function createGivenKeyring(keys: readonly Key[], signing: SigningKey, setting = 'tokens.keys'): Keyring {
  const byId = new Map(keys.map((key) => [key.keyId, key]))
  const jwks = keySetOf(keys)
  const refuse = async () => {
    throw new KeyRefused(`the keys are named in the settings: change ${setting} there and restart`)
  }
  return {
    signing: () => signing,
    signingSince: () => null,
    find: (keyId) => byId.get(keyId) ?? null,
    jwks: () => jwks,
    keySetMaxAge: KEY_SET_MAX_AGE,
    coverLifetime: (seconds) => seconds,
    list: () => keys.map((key) => statusOf(key, key === signing ? 'current' : 'retiring')),
    rotate: refuse,
    retire: refuse,
    look: async () => {}
  }
}

/** The keyring of the one secret that the settings hold. Throws KeyRefused. */
export function secretKeyring(secret: string, algorithm: Algorithm, allowShort: boolean): Keyring {
  const key = secretKey(Buffer.from(secret, 'utf8'), 'tokens.keys.secret', algorithm, { allowShort })
  if (!canSign(key)) throw new KeyRefused('tokens.keys.secret cannot sign')
  return createGivenKeyring([key], key)
}

/** The keyring of the files that the settings name. Throws KeyRefused. */
export function filesKeyring(
  paths: readonly string[],
  algorithm: Algorithm,
  setting?: KeyringOptions['setting']
): Keyring {
  const [first = '', ...others] = paths
  const signing = readKeyFile(first, { otherwise: algorithm, groupMayRead: true })
  if (!canSign(signing)) throw new KeyRefused(`${first} is a public key, but the first file must sign`)
  if (signing.algorithm !== algorithm)
    throw new KeyRefused(`${first} is a key for ${signing.algorithm}, but what is signed here is ${algorithm}`)
  const keys: Key[] = [signing]
  for (const path of others) {
    const key = readKeyFile(path, { groupMayRead: true })
    const twin = keys.findIndex(({ keyId }) => keyId === key.keyId)
    if (twin !== -1) throw new KeyRefused(`${path} is the same key as ${paths[twin]}`)
    keys.push(key)
  }
  return createGivenKeyring(keys, signing, setting)
}
