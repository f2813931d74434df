import { createPrivateKey } from 'node:crypto'
import type { DjangoSettings } from './read-dump.js'
import { type Line, quoted } from './settle-lines.js'

/** What stays in a file of its own, beside the settings. */
export interface KeyFile {
  readonly file: string
  readonly content: string
}

/** How the tokens are signed. */
export interface Signing {
  readonly lines: readonly Line[]
  /** null: the file is there not, or not needed. */
  readonly key: KeyFile | null
  readonly notes: readonly string[]
}

/** RFC 7518 §3.2: a secret has at least the size of the hash. */
const SHORTEST: Readonly<Record<string, number>> = { HS256: 32, HS384: 48, HS512: 64 }
const CURVES: Readonly<Record<string, string>> = { ES256: 'prime256v1', ES384: 'secp384r1', ES512: 'secp521r1' }
const FEWEST_RSA_BITS = 2048
/** As long as a file with a secret may be. */
const LONGEST_KEY = 64 * 1024

const SECRET_FILE = 'simplejwt-signing-key'
const OWN_KEYS =
  "# Signed with the gateway's own keys: JWK_URL of Django is <gateway>/.well-known/jwks.json, ALGORITHM ES256."
const FOLLOW = 'set JWK_URL and ALGORITHM of SIMPLE_JWT as the file says'

const byOwnKeys = (...notes: string[]): Signing => ({
  lines: [{ text: OWN_KEYS }],
  key: null,
  notes: [...notes, FOLLOW]
})

/** Why a private key in PEM cannot sign by the algorithm; null: it can. */
function findKeyFault(pem: string, algorithm: string): string | null {
  try {
    const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = createPrivateKey(pem)
    if (algorithm.startsWith('ES'))
      return details.namedCurve === CURVES[algorithm] ? null : `is no key for ${algorithm}`
    if (type !== 'rsa') return `is no key for ${algorithm}`
    return (details.modulusLength ?? 0) < FEWEST_RSA_BITS ? `has less than ${FEWEST_RSA_BITS} bits` : null
  } catch {
    return 'cannot be read, or is encrypted'
  }
}

/** The key of the tokens as the file refers to it; it is never written into the file itself. */
export function writeSigning(django: DjangoSettings): Signing {
  const { algorithm, signingKey: key, verifiesByUrl } = django
  if (Object.hasOwn(SHORTEST, algorithm)) return bySecret(algorithm, key)
  if (!Object.hasOwn(CURVES, algorithm) && !/^RS(?:256|384|512)$/.test(algorithm))
    return byOwnKeys(`ALGORITHM ${JSON.stringify(algorithm.slice(0, 40))} is none that simplejwt and the gateway share`)
  if (verifiesByUrl || key === null || !key.includes('-----BEGIN')) return byOwnKeys()
  const fault = findKeyFault(key, algorithm)
  if (fault !== null) return byOwnKeys(`SIGNING_KEY ${fault}: the gateway signs with keys of its own`)
  const file = `${SECRET_FILE}.pem`
  const lines = [
    { text: `algorithm: ${quoted(algorithm)}`, of: 'ALGORITHM' },
    { text: `signing_key: { file: ${file} }`, of: 'SIGNING_KEY' }
  ]
  return { lines, key: { file, content: `${key.trim()}\n` }, notes: [] }
}

function bySecret(algorithm: string, given: string | null): Signing {
  // What ends a line at the end of a file is no part of a secret.
  const key = given?.replace(/[\r\n]+$/, '') ?? null
  const isUnusable = key !== null && (/\p{Surrogate}/u.test(key) || Buffer.byteLength(key) > LONGEST_KEY)
  const named = `algorithm: ${quoted(algorithm)}`
  const source = `{ file: ${SECRET_FILE} }`
  if (key === null || isUnusable) {
    const why = isUnusable
      ? 'the signing key is no text of at most 64 KiB'
      : 'the dump has no SIGNING_KEY and no SECRET_KEY'
    const lines = [`# Without the key that Django has, the gateway's own sign. To share it:`, `# ${named}`]
    return {
      lines: [...lines, `# signing_key: { secret: ${source} }`].map((text) => ({ text })),
      key: null,
      notes: [`${why}: put the key into ${SECRET_FILE}, mode 0600, and take in the two lines that name it`]
    }
  }
  const least = SHORTEST[algorithm] ?? 32
  const short = Buffer.byteLength(key) < least ? ', insecure_short_secret: true' : ''
  const lines = [
    { text: named, of: 'ALGORITHM' },
    {
      text: `signing_key: { secret: ${source}${short} }`,
      of: 'SIGNING_KEY',
      proof: `signing_key: { secret: ${quoted(key)}${short} }`
    }
  ]
  const notes = [
    ...(key === given
      ? []
      : ['the signing key ends with the end of a line, which no secret here does: strip it in Django, too']),
    ...(short === '' ? [] : [`the signing key is shorter than ${algorithm} needs: make another one, for Django too`])
  ]
  return { lines, key: { file: SECRET_FILE, content: key }, notes }
}
