import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { type Algorithm, algorithms } from './algorithms.js'

/** A key with the one algorithm it is used with (RFC 8725 §3.1): a token's header never chooses. */
export interface Key {
  readonly keyId: string
  readonly algorithm: Algorithm
  /** PKCS #8 PEM, or the bytes of the secret; null: only its public part is here, so it can verify and no more. */
  readonly signingKey: string | Buffer | null
  /** SPKI PEM, or the bytes of the secret. */
  readonly verifyingKey: string | Buffer
  /** Public part (RFC 7517); null for a secret, which is never published. */
  readonly jwk: Readonly<Record<string, string>> | null
}

/** A key that is here with its private part. */
export interface SigningKey extends Key {
  readonly signingKey: string | Buffer
}

export const canSign = (key: Key): key is SigningKey => key.signingKey !== null

/** A key or its folder cannot be used; the message is one line for the operator and shows no key material. */
export class KeyRefused extends Error {
  override name = 'KeyRefused'
}

/** Members that make the thumbprint of a public key, in the order they are hashed (RFC 7638 §3.2, RFC 8037 §2). */
const THUMBPRINT_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  RSA: ['e', 'kty', 'n']
}

function thumbprint(jwk: Readonly<Record<string, unknown>>): string {
  const members = THUMBPRINT_MEMBERS[String(jwk.kty)] ?? []
  const canonical = JSON.stringify(Object.fromEntries(members.map((name) => [name, jwk[name]])))
  return createHash('sha256').update(canonical).digest('base64url')
}

const CURVES: ReadonlyMap<string, Algorithm> = new Map(
  Object.entries(algorithms).flatMap(([name, kind]) => (kind.type === 'ec' ? [[kind.curve, name as Algorithm]] : []))
)
const LEAST_RSA_BITS = 2048
const LEAST_RSA_EXPONENT = 65_537n

const misfit = (where: string, kind: string, stated: Algorithm) =>
  new KeyRefused(`${where} is a key of the kind ${kind}, which does not fit ${stated}`)

function rsaAlgorithm(key: KeyObject, stated: Algorithm | null, where: string): Algorithm {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  if (modulusLength < LEAST_RSA_BITS)
    throw new KeyRefused(`${where} is an RSA key of ${modulusLength} bits: at least ${LEAST_RSA_BITS} are needed`)
  if (publicExponent < LEAST_RSA_EXPONENT)
    throw new KeyRefused(`${where} is an RSA key with the public exponent ${publicExponent}: 65537 is the least`)
  // One key for two algorithms is two ways to attack it: which of the six is meant must be said (RFC 8725 §3.1).
  if (stated === null)
    throw new KeyRefused(`${where} is an RSA key that does not say what it is for: name the file like it.PS256.pem`)
  if (algorithms[stated].type !== 'rsa') throw misfit(where, 'RSA', stated)
  return stated
}

function curveAlgorithm(key: KeyObject, where: string): Algorithm {
  const curve = key.asymmetricKeyDetails?.namedCurve ?? 'unknown'
  const algorithm = key.asymmetricKeyType === 'ed25519' ? 'EdDSA' : CURVES.get(curve)
  if (algorithm === undefined) {
    const what = key.asymmetricKeyType === 'ec' ? `on the curve ${curve}` : `of the type ${key.asymmetricKeyType}`
    throw new KeyRefused(`${where} is ${what}, which no algorithm here uses`)
  }
  return algorithm
}

function algorithmOf(key: KeyObject, where: string, stated: Algorithm | null): Algorithm {
  if (key.asymmetricKeyType === 'rsa') return rsaAlgorithm(key, stated, where)
  const algorithm = curveAlgorithm(key, where)
  const kind = algorithms[algorithm]
  if (stated !== null && stated !== algorithm)
    throw misfit(where, kind.type === 'ec' ? kind.curveName : 'Ed25519', stated)
  return algorithm
}

/** A JWK names both parts by itself; were they of two keys, what is signed here would be refused everywhere. */
function belongTogether(privateKey: KeyObject, publicKey: KeyObject): boolean {
  const probe = Buffer.from('portcullis key probe')
  const digest = privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256'
  try {
    return verify(digest, probe, publicKey, sign(digest, probe, privateKey))
  } catch {
    return false
  }
}

/** A private or public key as one of ours, for the algorithm that it fits and that was `stated`. Throws KeyRefused. */
export function asymmetricKey(key: KeyObject, where: string, stated: Algorithm | null, keyId: string | null): Key {
  const algorithm = algorithmOf(key, where, stated)
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  if (key.type === 'private' && !belongTogether(key, publicKey))
    throw new KeyRefused(`${where} has a private and a public part that do not belong together`)
  const jwk = publicKey.export({ format: 'jwk' }) as Record<string, string>
  const id = keyId ?? thumbprint(jwk)
  return {
    keyId: id,
    algorithm,
    signingKey: key.type === 'private' ? key.export({ type: 'pkcs8', format: 'pem' }).toString() : null,
    verifyingKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    jwk: { ...jwk, kid: id, alg: algorithm, use: 'sig' }
  }
}

/** A shared secret as a key. HMAC needs one as long as its output (RFC 7518 §3.2). Throws KeyRefused. */
export function secretKey(
  secret: Buffer,
  where: string,
  algorithm: Algorithm,
  { keyId = null, allowShort = false }: { readonly keyId?: string | null; readonly allowShort?: boolean } = {}
): Key {
  const kind = algorithms[algorithm]
  if (kind.type !== 'secret') throw new KeyRefused(`${where} is a secret, which does not fit ${algorithm}`)
  if (secret.length === 0) throw new KeyRefused(`${where} is empty`)
  if (secret.includes('-----BEGIN')) throw new KeyRefused(`${where} is a PEM key, where a secret is expected`)
  if (/^\s*\{.*"kty"/s.test(secret.toString('latin1')))
    throw new KeyRefused(`${where} is a JWK, where a secret is expected`)
  if (secret.length < kind.leastBytes && !allowShort)
    throw new KeyRefused(`${where} is shorter than the ${kind.leastBytes} bytes that ${algorithm} needs`)
  // Not a thumbprint: there is no public part to take it of. Any token lets a guess be tried; so does this, no more.
  const digest = createHash('sha256').update('portcullis key id\0').update(secret).digest('base64url')
  return { keyId: keyId ?? `hs-${digest.slice(0, 8)}`, algorithm, signingKey: secret, verifyingKey: secret, jwk: null }
}
