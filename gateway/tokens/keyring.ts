import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes
} from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type Algorithm = 'ES256' | 'EdDSA' | 'HS256'

export type KeySource =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'secret'; readonly secret: { readonly reveal: () => string } }

/** A key with the one algorithm it is used with (RFC 8725 §3.1): a token's header never chooses. */
export interface Key {
  readonly keyId: string
  readonly algorithm: Algorithm
  /** PKCS #8 PEM, or the secret. */
  readonly signingKey: string
  /** SPKI PEM, or the secret. */
  readonly verifyingKey: string
  /** Public part (RFC 7517); null for a secret, which is never published. */
  readonly jwk: Readonly<Record<string, string>> | null
}

export interface Keyring {
  readonly signing: Key
  readonly byId: ReadonlyMap<string, Key>
  /** The key set for `/.well-known/jwks.json`. */
  readonly jwks: { readonly keys: readonly Readonly<Record<string, string>>[] }
}

/** A key or its folder cannot be used; the message is one line for the operator and names no key material. */
export class KeyRefused extends Error {
  override name = 'KeyRefused'
}

/** Members that make the thumbprint of a public key, in the order they are hashed (RFC 7638 §3.2, RFC 8037 §2). */
const THUMBPRINT_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x']
}

function thumbprint(jwk: Readonly<Record<string, unknown>>): string {
  const members = THUMBPRINT_MEMBERS[String(jwk.kty)] ?? []
  const canonical = JSON.stringify(Object.fromEntries(members.map((name) => [name, jwk[name]])))
  return createHash('sha256').update(canonical).digest('base64url')
}

function algorithmOf(key: KeyObject): Algorithm | null {
  if (key.asymmetricKeyType === 'ed25519') return 'EdDSA'
  const curve = key.asymmetricKeyDetails?.namedCurve
  return key.asymmetricKeyType === 'ec' && curve === 'prime256v1' ? 'ES256' : null
}

function asymmetricKey(pem: string, file: string): Key {
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch (cause) {
    throw new KeyRefused(`${file} holds no private key in PEM`, { cause })
  }
  const algorithm = algorithmOf(key)
  if (algorithm === null) throw new KeyRefused(`${file} is neither a P-256 (ES256) nor an Ed25519 (EdDSA) key`)
  const publicKey = createPublicKey(key)
  const jwk = publicKey.export({ format: 'jwk' }) as Record<string, string>
  const keyId = thumbprint(jwk)
  return {
    keyId,
    algorithm,
    signingKey: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    verifyingKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    jwk: { ...jwk, kid: keyId, alg: algorithm, use: 'sig' }
  }
}

/** HMAC needs a key as long as its output (RFC 7518 §3.2). */
const SHORTEST_SECRET = 32

function secretKey(secret: string, where: string, allowShort: boolean): Key {
  if (secret.includes('-----BEGIN')) throw new KeyRefused(`${where} is a PEM key, where a secret is expected`)
  if (secret === '') throw new KeyRefused(`${where} is empty`)
  if (Buffer.byteLength(secret) < SHORTEST_SECRET && !allowShort) {
    throw new KeyRefused(`${where} is shorter than ${SHORTEST_SECRET} bytes`)
  }
  // Not a thumbprint: a key id is public, and a hash of the secret alone would confirm a guess of it.
  const keyId = `hs-${createHash('sha256').update('portcullis key id\0').update(secret).digest('base64url').slice(0, 8)}`
  return { keyId, algorithm: 'HS256', signingKey: secret, verifyingKey: secret, jwk: null }
}

const EXTENSION = { ES256: '.pem', EdDSA: '.pem', HS256: '.secret' } as const

/** Whole or not at all, and readable by nobody else from its first byte on. */
function writeKeyFile(directory: string, name: string, content: string) {
  const temporary = join(directory, `.${name}.${process.pid}`)
  writeFileSync(temporary, content, { mode: 0o600, flush: true })
  renameSync(temporary, join(directory, name))
}

function generateKey(algorithm: Algorithm): { key: Key; content: string } {
  if (algorithm === 'HS256') {
    const secret = randomBytes(64).toString('base64url')
    return { key: secretKey(secret, 'the new secret', false), content: `${secret}\n` }
  }
  const { privateKey } =
    algorithm === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519')
  const content = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { key: asymmetricKey(content, 'the new key'), content }
}

/** Key files of a folder, oldest first. */
function readKeyFiles(directory: string): Key[] {
  const files = readdirSync(directory)
    .filter((name) => /^[^.].*\.(pem|secret)$/.test(name))
    .map((name) => ({ path: join(directory, name), stat: statSync(join(directory, name)) }))
    .sort((a, b) => a.stat.mtimeMs - b.stat.mtimeMs || a.path.localeCompare(b.path))
  return files.map(({ path, stat }) => {
    if (process.platform !== 'win32' && (stat.mode & 0o077) !== 0) {
      throw new KeyRefused(`${path} can be read by others: run chmod 600 on it`)
    }
    const content = readFileSync(path, 'utf8')
    return path.endsWith('.pem') ? asymmetricKey(content, path) : secretKey(content.trim(), path, false)
  })
}

function loadDirectory(directory: string, algorithm: Algorithm): { keys: Key[]; signing: Key } {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const keys = readKeyFiles(directory)
    // The newest key of the wanted kind signs; all of them go on verifying.
    const newest = keys.findLast((key) => key.algorithm === algorithm)
    if (newest !== undefined) return { keys, signing: newest }
    const { key, content } = generateKey(algorithm)
    writeKeyFile(directory, `${key.keyId}${EXTENSION[algorithm]}`, content)
    return { keys: [...keys, key], signing: key }
  } catch (error) {
    if (error instanceof KeyRefused) throw error
    throw new KeyRefused(`the keys in ${directory} cannot be used: ${(error as Error).message}`, { cause: error })
  }
}

/**
 * Loads the keys of a source; a folder without a key for `algorithm` gets a new one (file 0600, folder 0700).
 * Throws KeyRefused.
 */
export function createKeyring(source: KeySource, algorithm: Algorithm, allowShortSecret = false): Keyring {
  const { keys, signing } =
    source.kind === 'directory'
      ? loadDirectory(source.path, algorithm)
      : secretRing(secretKey(source.secret.reveal(), 'tokens.keys.secret', allowShortSecret))
  return {
    signing,
    byId: new Map(keys.map((key) => [key.keyId, key])),
    jwks: { keys: keys.flatMap(({ jwk }) => (jwk === null ? [] : [jwk])) }
  }
}

const secretRing = (key: Key) => ({ keys: [key], signing: key })
