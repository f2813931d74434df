import { createHmac, createPublicKey, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import { type PublicKeyAlgorithm, verifySignature } from './jws-signature.js'
import type { Key } from './key.js'

/** Whether a signature is over `signed`, by one key of ours with its one algorithm. */
export type SignatureCheck = (signed: string, signature: Uint8Array) => boolean

const HASHES = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' } as const

/** RFC 7518 §3.2; compared in a time that tells nothing of where they differ. */
function createMacCheck(hash: string, secret: KeyObject): SignatureCheck {
  return (signed, signature) => {
    const mac = createHmac(hash, secret).update(signed).digest()
    return mac.length === signature.length && timingSafeEqual(mac, signature)
  }
}

/** Reads the key once, so that a token costs its signature alone. */
export function createSignatureCheck({ algorithm, verifyingKey }: Key): SignatureCheck {
  if (algorithm in HASHES) {
    const secret = createSecretKey(Buffer.from(verifyingKey))
    return createMacCheck(HASHES[algorithm as keyof typeof HASHES], secret)
  }
  const key = createPublicKey(verifyingKey)
  return (signed, signature) => verifySignature(algorithm as PublicKeyAlgorithm, key, signed, signature)
}
