import { createPrivateKey, createPublicKey, type JsonWebKey } from 'node:crypto'
import { readFileSync, type Stats, statSync } from 'node:fs'
import { basename } from 'node:path'
import { type Algorithm, isAlgorithm } from './algorithms.js'
import { asymmetricKey, type Key, KeyRefused, secretKey } from './key.js'

/** No key is longer; what is would only be read for nothing. */
const LONGEST_FILE = 64 * 1024
const PRIVATE = new Set(['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY'])
const PUBLIC = new Set(['PUBLIC KEY', 'RSA PUBLIC KEY'])
/** What openssl writes before a SEC 1 key; the key says the same itself. */
const EC_PARAMETERS = /-----BEGIN EC PARAMETERS-----[^-]*-----END EC PARAMETERS-----\s*/
const KEY_ID = /^[A-Za-z0-9._~-]{1,128}$/

/** Parsers quote what they choke on in some errors; ours never pass that on. */
function attempt<T>(what: string, parse: () => T): T {
  try {
    return parse()
  } catch {
    throw new KeyRefused(what)
  }
}

function readPem(text: string, where: string, stated: Algorithm | null): Key {
  const pem = text.replace(EC_PARAMETERS, '')
  const labels = [...pem.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----/g)].map(([, label = '']) => label)
  const [label = ''] = labels
  if (labels.length > 1) throw new KeyRefused(`${where} holds ${labels.length} PEM blocks: one key a file`)
  if (label === 'ENCRYPTED PRIVATE KEY' || pem.includes('Proc-Type: 4,ENCRYPTED'))
    throw new KeyRefused(`${where} is encrypted with a passphrase, which nobody could type at a start`)
  if (label.endsWith('CERTIFICATE')) throw new KeyRefused(`${where} is a certificate, where a key is expected`)
  if (!PRIVATE.has(label) && !PUBLIC.has(label)) throw new KeyRefused(`${where} holds no key that can be used`)
  const create = PRIVATE.has(label) ? createPrivateKey : createPublicKey
  const key = attempt(`${where} cannot be read as a ${label.toLowerCase()}`, () => create(pem))
  return asymmetricKey(key, where, stated, null)
}

/** `alg`, `use` and `key_ops` of a JWK (RFC 7517 §4), where it has them, must allow what the key is here for. */
function statedIn(jwk: JsonWebKey, where: string, stated: Algorithm | null): Algorithm | null {
  if (jwk.use !== undefined && jwk.use !== 'sig') throw new KeyRefused(`${where} is a JWK that is not for signatures`)
  const operations = jwk.key_ops
  if (operations !== undefined && !(Array.isArray(operations) && operations.some((one) => /^(sign|verify)$/.test(one))))
    throw new KeyRefused(`${where} is a JWK that is not for signatures`)
  if (jwk.alg === undefined) return stated
  if (!isAlgorithm(jwk.alg)) throw new KeyRefused(`${where} is a JWK for an algorithm that is not known here`)
  if (stated !== null && stated !== jwk.alg) throw new KeyRefused(`${where} is a JWK for ${jwk.alg}, not for ${stated}`)
  return jwk.alg
}

function keyIdIn(jwk: JsonWebKey, where: string): string | null {
  if (jwk.kid === undefined) return null
  if (typeof jwk.kid === 'string' && KEY_ID.test(jwk.kid)) return jwk.kid
  throw new KeyRefused(`${where} is a JWK whose kid is not 1 to 128 letters, digits and . _ ~ -`)
}

function readJwk(text: string, where: string, stated: Algorithm | null): Key {
  const jwk = attempt(`${where} is not JSON`, () => JSON.parse(text) as JsonWebKey | null)
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) throw new KeyRefused(`${where} is not a JWK`)
  if (jwk.keys !== undefined) throw new KeyRefused(`${where} is a set of keys: one JWK a file`)
  const algorithm = statedIn(jwk, where, stated)
  const keyId = keyIdIn(jwk, where)
  if (jwk.kty === 'oct') {
    if (algorithm === null) throw new KeyRefused(`${where} is a secret that does not say its alg`)
    const text = typeof jwk.k === 'string' && /^[A-Za-z0-9_-]*$/.test(jwk.k) ? jwk.k : ''
    return secretKey(Buffer.from(text, 'base64url'), where, algorithm, { keyId })
  }
  const create = jwk.d === undefined ? createPublicKey : createPrivateKey
  const key = attempt(`${where} is not a JWK that can be used`, () => create({ key: jwk, format: 'jwk' }))
  return asymmetricKey(key, where, algorithm, keyId)
}

/** `corp.PS256.pem` says which algorithm its key is for. */
function statedInName(name: string): Algorithm | null {
  const stated = name.split('.').at(-2)
  return isAlgorithm(stated) ? stated : null
}

function withoutLineEnd(content: Buffer): Buffer {
  let end = content.length
  while (end > 0 && (content[end - 1] === 10 || content[end - 1] === 13)) end -= 1
  return content.subarray(0, end)
}

export interface ReadKeyOptions {
  /** The algorithm for a file that does not state its own and could be for several. */
  readonly otherwise?: Algorithm
  /** Whether the file's group may read it, as a mounted secret's often must. */
  readonly groupMayRead?: boolean
}

function refuseOpen(path: string, stat: Stats, groupMayRead: boolean): void {
  if (process.platform === 'win32') return
  const forbidden = groupMayRead ? 0o027 : 0o077
  if ((stat.mode & forbidden) !== 0)
    throw new KeyRefused(`${path} is open to others than its owner: run chmod 600 on it`)
}

/**
 * The key in a file: PEM (PKCS #8, PKCS #1, SEC 1, or SPKI for a public key), one JWK, or, named `*.secret`, the text of
 * a secret. What may sign must be closed to others. Throws KeyRefused.
 */
export function readKeyFile(path: string, { otherwise, groupMayRead = false }: ReadKeyOptions = {}): Key {
  let stat: Stats
  let content: Buffer
  try {
    stat = statSync(path)
    if (!stat.isFile()) throw new KeyRefused(`${path} is no regular file`)
    if (stat.size > LONGEST_FILE) throw new KeyRefused(`${path} is larger than any key`)
    content = readFileSync(path)
  } catch (error) {
    if (error instanceof KeyRefused) throw error
    throw new KeyRefused(`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`, { cause: error })
  }
  const key = readKeyText(content, path, otherwise ?? null)
  if (key.signingKey !== null) refuseOpen(path, stat, groupMayRead)
  return key
}

export function readKeyText(content: Buffer, path: string, otherwise: Algorithm | null): Key {
  const named = statedInName(basename(path))
  if (withoutLineEnd(content).length === 0) throw new KeyRefused(`${path} is empty`)
  if (path.endsWith('.secret'))
    return secretKey(withoutLineEnd(content), path, named ?? (otherwise?.startsWith('HS') ? otherwise : 'HS256'))
  const text = content.toString('utf8')
  if (text.trimStart().startsWith('{')) return readJwk(text, path, named ?? otherwise)
  if (text.includes('-----BEGIN ')) return readPem(text, path, named ?? otherwise)
  throw new KeyRefused(`${path} is neither PEM nor a JWK`)
}
