import { generateKeyPair, type KeyObject, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'

/** What an algorithm signs with: RFC 7518 §3.2 (HMAC), §3.3 and §3.5 (RSA), §3.4 (curves), RFC 8037 §3.1 (EdDSA). */
export type KeyKind =
  | { readonly type: 'ec'; readonly curve: string; readonly curveName: string }
  | { readonly type: 'ed25519' }
  | { readonly type: 'rsa' }
  | { readonly type: 'secret'; readonly leastBytes: number }

const table = {
  ES256: { type: 'ec', curve: 'prime256v1', curveName: 'P-256' },
  ES384: { type: 'ec', curve: 'secp384r1', curveName: 'P-384' },
  ES512: { type: 'ec', curve: 'secp521r1', curveName: 'P-521' },
  EdDSA: { type: 'ed25519' },
  RS256: { type: 'rsa' },
  RS384: { type: 'rsa' },
  RS512: { type: 'rsa' },
  PS256: { type: 'rsa' },
  PS384: { type: 'rsa' },
  PS512: { type: 'rsa' },
  HS256: { type: 'secret', leastBytes: 32 },
  HS384: { type: 'secret', leastBytes: 48 },
  HS512: { type: 'secret', leastBytes: 64 }
} as const satisfies Record<string, KeyKind>

export type Algorithm = keyof typeof table

export const algorithms: Readonly<Record<Algorithm, KeyKind>> = table
export const algorithmNames = Object.keys(table) as readonly Algorithm[]

export const isAlgorithm = (name: unknown): name is Algorithm => typeof name === 'string' && Object.hasOwn(table, name)

/** About as strong as P-256 (NIST SP 800-57 part 1, table 2). */
const RSA_BITS = 3072
const generatePair = promisify(generateKeyPair)

async function generatePrivateKey(kind: Exclude<KeyKind, { type: 'secret' }>): Promise<KeyObject> {
  switch (kind.type) {
    case 'ec':
      return (await generatePair('ec', { namedCurve: kind.curve })).privateKey
    case 'ed25519':
      return (await generatePair('ed25519')).privateKey
    case 'rsa':
      return (await generatePair('rsa', { modulusLength: RSA_BITS })).privateKey
  }
}

/** The text of a new key: PKCS #8 in PEM, or a secret of 512 random bits. Off the main thread. */
export async function generateKeyText(algorithm: Algorithm): Promise<string> {
  const kind = algorithms[algorithm]
  if (kind.type === 'secret') return `${randomBytes(64).toString('base64url')}\n`
  return (await generatePrivateKey(kind)).export({ type: 'pkcs8', format: 'pem' }).toString()
}
