/** Tokens as no library would make them. */
import {
  constants,
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  sign as signBytes
} from 'node:crypto'
import type { Forgery } from './attack.js'

export const encode = (text: string): string => Buffer.from(text, 'utf8').toString('base64url')

/** Header and claims as they are written, JSON or not, unsigned. */
export const unsigned = (header: unknown, claims: unknown): string =>
  `${encode(typeof header === 'string' ? header : JSON.stringify(header))}.${encode(typeof claims === 'string' ? claims : JSON.stringify(claims))}`

export function signHmac(header: unknown, claims: unknown, secret: string | Buffer, hash = 'sha256'): string {
  const input = unsigned(header, claims)
  return `${input}.${createHmac(hash, secret).update(input).digest('base64url')}`
}

/** A key of the forger's own; nobody else knows it. */
interface OwnKey {
  readonly jwk: JsonWebKey
  readonly sign: (header: unknown, claims: unknown) => string
}

export function createOwnKey(): OwnKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    jwk: publicKey.export({ format: 'jwk' }),
    sign(header, claims) {
      const input = unsigned(header, claims)
      const signature = signBytes('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
      return `${input}.${signature.toString('base64url')}`
    }
  }
}

/** Forms in which the published key may stand for a secret. */
export function secretsFrom({ keys }: Forgery): Readonly<Record<string, string | Buffer>> {
  const [jwk] = keys
  if (jwk === undefined) return {}
  let key: KeyObject
  try {
    key = createPublicKey({ key: jwk, format: 'jwk' })
  } catch {
    return {}
  }
  const pem = key.export({ format: 'pem', type: 'spki' }).toString()
  return {
    pem,
    'pem-trimmed': pem.trim(),
    'pem-crlf': pem.replaceAll('\n', '\r\n'),
    der: key.export({ format: 'der', type: 'spki' }),
    jwk: JSON.stringify(jwk),
    x: jwk.x ?? jwk.n ?? ''
  }
}

/** The three parts of a token. */
export function partsOf(token: string): readonly [header: string, claims: string, signature: string] {
  const [header = '', claims = '', signature = ''] = token.split('.')
  return [header, claims, signature]
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The same octets with another last character: its lowest bits say nothing (RFC 4648 §3.5). */
export function respell(part: string): string {
  const at = ALPHABET.indexOf(part.at(-1) ?? 'A')
  return part.slice(0, -1) + (ALPHABET[at ^ 1] ?? 'A')
}

/** Signs with a key that was come by (RFC 7518 §3): whatever text, by the algorithm that the key is for. */
export function createSigner(algorithm: string, key: string | Buffer) {
  const bits = algorithm.slice(2)
  const padding = algorithm.startsWith('PS')
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : {}
  return (header: string, claims: string): string => {
    if (algorithm.startsWith('HS')) return signHmac(header, claims, key, `sha${bits}`)
    const input = unsigned(header, claims)
    const hash = algorithm === 'EdDSA' ? null : `sha${bits}`
    const signature = signBytes(hash, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363', ...padding })
    return `${input}.${signature.toString('base64url')}`
  }
}

/** What a token says; null: it cannot be read. */
export function openToken(token: string): Pick<Forgery, 'header' | 'claims'> | null {
  try {
    const [header, claims] = partsOf(token)
      .slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')))
    return { header, claims }
  } catch {
    return null
  }
}
