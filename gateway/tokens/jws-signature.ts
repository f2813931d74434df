import { constants, type KeyObject, verify } from 'node:crypto'

/** Signatures with a public key (RFC 7518 §3.1, RFC 8037 §3.1): nobody who can verify one can make one. */
export type PublicKeyAlgorithm = keyof typeof algorithms

interface Algorithm {
  readonly kty: 'RSA' | 'EC' | 'OKP'
  /** Named by Node; null where the algorithm has its own. */
  readonly hash: string | null
  /** Of EC and OKP keys: the one curve that goes with it. */
  readonly curve?: string
  readonly pss?: true
}

const algorithms = {
  RS256: { kty: 'RSA', hash: 'sha256' },
  RS384: { kty: 'RSA', hash: 'sha384' },
  RS512: { kty: 'RSA', hash: 'sha512' },
  PS256: { kty: 'RSA', hash: 'sha256', pss: true },
  PS384: { kty: 'RSA', hash: 'sha384', pss: true },
  PS512: { kty: 'RSA', hash: 'sha512', pss: true },
  ES256: { kty: 'EC', hash: 'sha256', curve: 'P-256' },
  ES384: { kty: 'EC', hash: 'sha384', curve: 'P-384' },
  ES512: { kty: 'EC', hash: 'sha512', curve: 'P-521' },
  EdDSA: { kty: 'OKP', hash: null, curve: 'Ed25519' },
  // RFC 9864 §2.2: the same under a name that says all.
  Ed25519: { kty: 'OKP', hash: null, curve: 'Ed25519' }
} as const satisfies Record<string, Algorithm>

const table: Readonly<Record<PublicKeyAlgorithm, Algorithm>> = algorithms
const names = Object.keys(algorithms) as readonly PublicKeyAlgorithm[]

/** The algorithms that a key of this type and curve can be used with (RFC 8725 §3.1). */
export function algorithmsOf(kty: unknown, curve: unknown): readonly PublicKeyAlgorithm[] {
  return names.filter((name) => table[name].kty === kty && (kty === 'RSA' || table[name].curve === curve))
}

/** Whether the signature is over `signed`, by this key, with this algorithm: which the caller has pinned to the key. */
export function verifySignature(
  algorithm: PublicKeyAlgorithm,
  key: KeyObject,
  signed: string,
  signature: Uint8Array
): boolean {
  const { hash, pss } = table[algorithm]
  const padding = pss
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : undefined
  try {
    // What is signed is base64url and a dot, so that its characters are its octets.
    return verify(hash, Buffer.from(signed, 'latin1'), { key, dsaEncoding: 'ieee-p1363', ...padding }, signature)
  } catch {
    // Whatever OpenSSL says of a signature, it is the token's fault.
    return false
  }
}
