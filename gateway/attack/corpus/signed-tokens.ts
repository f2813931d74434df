/** Signed by the right key, and wrong: an issuer's slip, or a token that was meant for something or somebody else. */
import type { Attack } from '../attack.js'
import { type Forge, forged } from './forged.js'

const HOUR = 3_600

const WRONG_HEADERS: readonly (readonly [name: string, header: object, source: string])[] = [
  ['typ-jwt', { typ: 'JWT' }, 'RFC 9068 §4; RFC 8725 §3.11'],
  ['typ-absent', { typ: undefined }, 'RFC 9068 §4'],
  ['typ-refresh', { typ: 'refresh+jwt' }, 'RFC 8725 §3.11'],
  ['typ-id-token', { typ: 'id_token' }, 'RFC 8725 §3.11'],
  ['typ-dpop', { typ: 'dpop+jwt' }, 'RFC 9449 §4.2'],
  ['typ-logout', { typ: 'logout+jwt' }, 'RFC 8725 §3.11'],
  ['typ-list', { typ: ['at+jwt'] }, 'RFC 7515 §4.1.9'],
  ['crit-unknown', { crit: ['x'], x: 1 }, 'RFC 7515 §4.1.11; CVE-2025-59420'],
  ['crit-empty', { crit: [] }, 'RFC 7515 §4.1.11'],
  ['crit-known', { crit: ['exp'], exp: 1 }, 'RFC 7515 §4.1.11'],
  ['b64-false', { b64: false }, 'RFC 7797 §6'],
  ['b64-false-in-crit', { b64: false, crit: ['b64'] }, 'RFC 7797 §6'],
  ['alg-list', { alg: ['ES256'] }, 'RFC 7515 §4.1.1']
]

const WRONG_CLAIMS: readonly (readonly [name: string, claims: (now: number) => object, source: string])[] = [
  ['expired', (now) => ({ exp: now - 1 }), 'RFC 7519 §4.1.4'],
  ['long-expired', (now) => ({ exp: now - 1000 * HOUR }), 'RFC 7519 §4.1.4'],
  ['exp-absent', () => ({ exp: undefined }), 'RFC 9068 §2.2'],
  ['exp-null', () => ({ exp: null }), 'RFC 7519 §2'],
  ['exp-text', (now) => ({ exp: String(now + HOUR) }), 'RFC 7519 §2'],
  ['exp-list', (now) => ({ exp: [now + HOUR] }), 'RFC 7519 §2'],
  ['iat-future', (now) => ({ iat: now + HOUR }), 'RFC 7519 §4.1.6'],
  ['nbf-future', (now) => ({ nbf: now + HOUR }), 'RFC 7519 §4.1.5'],
  ['nbf-text', () => ({ nbf: '1' }), 'RFC 7519 §2'],
  ['iss-foreign', () => ({ iss: 'https://attack.invalid' }), 'RFC 9068 §4'],
  ['iss-absent', () => ({ iss: undefined }), 'RFC 9068 §2.2'],
  ['iss-list', () => ({ iss: ['x'] }), 'RFC 7519 §4.1.1'],
  ['aud-foreign', () => ({ aud: 'https://attack.invalid' }), 'RFC 9068 §4; RFC 8725 §3.9'],
  ['aud-absent', () => ({ aud: undefined }), 'RFC 9068 §2.2'],
  ['aud-empty', () => ({ aud: [] }), 'RFC 7519 §4.1.3'],
  ['aud-object', () => ({ aud: { includes: 1 } }), 'CWE-843'],
  ['sub-absent', () => ({ sub: undefined }), 'RFC 9068 §2.2'],
  ['sub-empty', () => ({ sub: '' }), 'RFC 9068 §2.2'],
  ['sub-number', () => ({ sub: 1 }), 'RFC 7519 §4.1.2'],
  ['jti-absent', () => ({ jti: undefined }), 'RFC 9068 §2.2']
]

/** Claims as no serializer writes them. */
const WRONG_TEXTS: readonly (readonly [name: string, claims: (json: string) => string, source: string])[] = [
  ['exp-1e400', (json) => json.replace(/"exp":\d+/, '"exp":1e400'), 'RFC 8259 §6'],
  ['exp-nan', (json) => json.replace(/"exp":\d+/, '"exp":NaN'), 'RFC 8259 §6'],
  ['sub-twice', (json) => json.replace(/\}$/, ',"sub":"admin"}'), 'RFC 8725 §2.4; RFC 7519 §4'],
  ['sub-twice-escaped', (json) => json.replace(/\}$/, ',"s\\u0075b":"admin"}'), 'RFC 8259 §4'],
  ['roles-twice', (json) => json.replace(/\}$/, ',"roles":["admin"]}'), 'RFC 7519 §4'],
  ['list', (json) => `[${json}]`, 'RFC 7519 §7.2'],
  ['text', () => '"claims"', 'RFC 7519 §7.2'],
  ['null', () => 'null', 'RFC 7519 §7.2'],
  ['two-objects', (json) => `${json}{}`, 'RFC 8259 §2'],
  ['byte-order-mark', (json) => `\ufeff${json}`, 'RFC 8259 §8.1'],
  ['comment', (json) => json.replace('{', '{/**/'), 'RFC 8259 §2']
]

const resigned =
  (header: object, claims: (now: number) => object): Forge =>
  ({ sign, ...own }) =>
    sign === null
      ? null
      : sign(
          JSON.stringify({ ...own.header, ...header }),
          JSON.stringify({ ...own.claims, ...claims(Math.floor(Date.now() / 1000)) })
        )

const UNCHANGED = () => ({})
const WHY_SIGNED = 'The signature holds, and the token was meant for something or somebody else.'

export const signedTokens: readonly Attack[] = [
  ...WRONG_HEADERS.map(([name, header, source]) =>
    forged(`signed-${name}`, source, resigned(header, UNCHANGED), WHY_SIGNED)
  ),
  ...WRONG_CLAIMS.map(([name, claims, source]) => forged(`signed-${name}`, source, resigned({}, claims), WHY_SIGNED)),
  ...WRONG_TEXTS.map(([name, claims, source]) =>
    forged(
      `signed-claims-${name}`,
      source,
      ({ sign, header, claims: own }) => sign?.(JSON.stringify(header), claims(JSON.stringify(own))) ?? null,
      WHY_SIGNED
    )
  )
]
