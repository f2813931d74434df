import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { isText } from './claim-types.js'
import { algorithmsOf, type PublicKeyAlgorithm } from './jws-signature.js'

/** A public key of another issuer, with the algorithms it may be used with: a token's header never adds to them. */
export interface VerificationKey {
  /** null: the issuer gave it none. */
  readonly keyId: string | null
  readonly algorithms: readonly PublicKeyAlgorithm[]
  readonly key: KeyObject
  /** Everything that the issuer says of it, so that the same key is known again. */
  readonly fingerprint: string
}

/** More keys than this nobody needs; the others are not looked at. */
const MOST_KEYS = 100
const FEWEST_RSA_BITS = 2048
/** Verifying with longer keys would take milliseconds. */
const MOST_RSA_BITS = 8192

/** Members of a public key, and no others: a private key that an issuer lets out is not read. */
const PUBLIC_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  RSA: ['n', 'e'],
  EC: ['crv', 'x', 'y'],
  OKP: ['crv', 'x']
}

/** RFC 7517 §4.2, §4.3: whether the issuer lets the key verify signatures. */
function mayVerify({ use, key_ops: operations }: Readonly<Record<string, unknown>>): boolean {
  if (use !== undefined && use !== 'sig') return false
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify'))
}

function isStrong(key: KeyObject): boolean {
  if (key.asymmetricKeyType !== 'rsa') return true
  const { modulusLength = 0, publicExponent = 1n } = key.asymmetricKeyDetails ?? {}
  // With the exponent 1 a signature is the message itself.
  return modulusLength >= FEWEST_RSA_BITS && modulusLength <= MOST_RSA_BITS && publicExponent > 1n
}

function readKey(jwk: unknown): VerificationKey | null {
  if (typeof jwk !== 'object' || jwk === null) return null
  const members: Readonly<Record<string, unknown>> = { ...jwk }
  const { kty, crv, alg, kid } = members
  const fitting = algorithmsOf(kty, crv)
  const algorithms = alg === undefined ? fitting : fitting.filter((name) => name === alg)
  if (algorithms.length === 0 || !mayVerify(members) || (kid !== undefined && !isText(kid))) return null
  const names = ['kty', ...(PUBLIC_MEMBERS[String(kty)] ?? [])]
  const publicPart = Object.fromEntries(names.map((name) => [name, members[name]]))
  try {
    const key = createPublicKey({ key: publicPart as JsonWebKey, format: 'jwk' })
    if (!isStrong(key)) return null
    return { keyId: kid ?? null, algorithms, key, fingerprint: JSON.stringify([kid ?? null, algorithms, publicPart]) }
  } catch {
    return null
  }
}

/**
 * The keys of a JWK Set (RFC 7517 §5) that can verify signatures; those of other kinds, uses and sizes are passed over,
 * as the RFC has it. A key that was in `before` is the same object again. null: it is no key set.
 */
export function readKeySet(
  set: Readonly<Record<string, unknown>>,
  before: readonly VerificationKey[] = []
): readonly VerificationKey[] | null {
  if (!Array.isArray(set.keys)) return null
  const known = new Map(before.map((key) => [key.fingerprint, key]))
  const keys = new Map<string, VerificationKey>()
  for (const jwk of set.keys.slice(0, MOST_KEYS)) {
    const key = readKey(jwk)
    if (key !== null) keys.set(key.fingerprint, known.get(key.fingerprint) ?? key)
  }
  return [...keys.values()]
}

/** The one key that a token's header can mean; null: there is none, or more than one, and trying all is no way to tell. */
export function chooseKey(
  keys: readonly VerificationKey[],
  algorithm: PublicKeyAlgorithm,
  keyId: string | null
): VerificationKey | null {
  const [key, ...others] = keys.filter((candidate) => {
    return (keyId === null || candidate.keyId === keyId) && candidate.algorithms.includes(algorithm)
  })
  return key !== undefined && others.length === 0 ? key : null
}
