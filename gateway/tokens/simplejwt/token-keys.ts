import { createSigner } from 'fast-jwt'
import type { Algorithm } from '../algorithms.js'
import { canSign, type Key, KeyRefused, type SigningKey, secretKey } from '../key.js'
import type { Keyring } from '../keyring.js'
import { perKey } from '../per-key.js'
import { readKeyFile } from '../read-key.js'

/** A key that Django has too; without one the gateway's own sign. */
export type SharedKey =
  | { readonly kind: 'secret'; readonly secret: { readonly reveal: () => string }; readonly algorithm: Algorithm }
  | { readonly kind: 'file'; readonly path: string; readonly algorithm: Algorithm }

/** What signs and verifies these tokens. */
export interface TokenKeys {
  /** The claims as a compact JWS. */
  readonly sign: (claims: object) => string
  /** The one key that a header's `kid` can mean: a shared key has none, one of the gateway's own always does. */
  readonly find: (keyId: unknown) => Key | null
  readonly isHeld: (key: Key) => boolean
  readonly signing: () => Key
  /** Whether nobody else can sign with it: a secret is its verifiers' too, and a key of Django's may still be there. */
  readonly isOursAlone: (key: Key) => boolean
  /** For how many of so many seconds what is signed now is sure to be verified. */
  readonly cover: (seconds: number) => number
}

/** PyJWT writes the same header: `typ` tells these tokens from the gateway's own, which are `at+jwt` (RFC 8725 §3.11). */
function createSigning({ signingKey, algorithm, keyId }: SigningKey, withKeyId: boolean): TokenKeys['sign'] {
  const named = withKeyId ? { kid: keyId } : {}
  return createSigner({ key: signingKey, algorithm, header: { alg: algorithm, typ: 'JWT', ...named } })
}

const OF_SECRET = 'compat.simplejwt.signing_key.secret'

function readShared(shared: SharedKey): SigningKey {
  const { algorithm } = shared
  // That a short one was accepted, the settings have said already.
  const key =
    shared.kind === 'secret'
      ? secretKey(Buffer.from(shared.secret.reveal(), 'utf8'), OF_SECRET, algorithm, { allowShort: true })
      : readKeyFile(shared.path, { otherwise: algorithm, groupMayRead: true })
  const where = shared.kind === 'file' ? shared.path : OF_SECRET
  if (!canSign(key)) throw new KeyRefused(`${where} is a public key: the private one is needed, to sign`)
  if (key.algorithm !== algorithm)
    throw new KeyRefused(`${where} is a key for ${key.algorithm}, but compat.simplejwt.algorithm is ${algorithm}`)
  return key
}

/** Throws KeyRefused when the shared key cannot be used. */
export function createTokenKeys(shared: SharedKey | null, keyring: Keyring): TokenKeys {
  if (shared === null) {
    const signingOf = perKey((key: SigningKey) => createSigning(key, true))
    return {
      sign: (claims) => signingOf(keyring.signing())(claims),
      find: (keyId) => (typeof keyId === 'string' ? keyring.find(keyId) : null),
      isHeld: (key) => keyring.find(key.keyId) === key,
      signing: keyring.signing,
      isOursAlone: (key) => key.jwk !== null,
      cover: keyring.coverLifetime
    }
  }
  const key = readShared(shared)
  const sign = createSigning(key, false)
  return {
    sign,
    find: (keyId) => (keyId === undefined ? key : null),
    isHeld: (held) => held === key,
    signing: () => key,
    isOursAlone: () => false,
    cover: (seconds) => seconds
  }
}
