/** Tokens that prove nothing, and proper ones in places where they do not count. */
import { type Attack, type Forgery, line, requestFrom } from '../attack.js'
import { createOwnKey, encode, partsOf, respell, secretsFrom, signHmac, unsigned } from '../forge.js'
import { type Forge, forged } from './forged.js'
import { signedTokens } from './signed-tokens.js'

const none =
  (alg: string, signature: (forgery: Forgery) => string): Forge =>
  (forgery) =>
    `${unsigned({ ...forgery.header, alg }, forgery.claims)}.${signature(forgery)}`

const withKeyOfOwn =
  (more: (jwk: unknown) => object): Forge =>
  ({ header, claims }) => {
    const { jwk, sign } = createOwnKey()
    return sign({ ...header, alg: 'ES256', ...more(jwk) }, claims)
  }

const UNSIGNED: readonly (readonly [name: string, forge: Forge, source: string])[] = [
  ...['none', 'None', 'NONE', 'nOnE'].map(
    (alg) => [`alg-${alg}`, none(alg, () => ''), 'CVE-2015-9235; RFC 8725 §2.1'] as const
  ),
  ['alg-none-signature-kept', none('none', ({ genuine }) => partsOf(genuine ?? '..x')[2]), 'CVE-2018-1000531'],
  [
    'alg-none-without-the-last-dot',
    ({ header, claims }) => unsigned({ ...header, alg: 'none' }, claims),
    'CVE-2022-23540'
  ],
  ['alg-empty', none('', () => ''), 'RFC 8725 §3.1'],
  ['alg-absent', ({ header, claims }) => `${unsigned({ ...header, alg: undefined }, claims)}.`, 'CVE-2022-23540'],
  ['alg-prototype', none('constructor', () => 'x'), 'CWE-1321'],
  ['signature-absent', ({ header, claims }) => `${unsigned(header, claims)}.`, 'CVE-2020-28042'],
  [
    'signature-zero',
    ({ header, claims }) => `${unsigned(header, claims)}.${Buffer.alloc(64).toString('base64url')}`,
    'CVE-2022-21449'
  ],
  ['signature-der-zero', ({ header, claims }) => `${unsigned(header, claims)}.MAYCAQACAQA`, 'CVE-2022-21449'],
  ['signature-short', ({ header, claims }) => `${unsigned(header, claims)}.AAAA`, 'RFC 7515 §5.2'],
  ['claims-changed', ({ genuine, claims }) => changed(genuine, claims), 'RFC 7515 §5.2'],
  [
    'jwe',
    () => `${encode('{"alg":"dir","enc":"A256GCM"}')}..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA`,
    'RFC 8725 §2.7; CVE-2024-33664'
  ],
  [
    'jwe-around-none',
    ({ header, claims }) =>
      `${encode('{"alg":"dir","enc":"A256GCM","cty":"JWT"}')}.${none('none', () => '')({ header, claims } as Forgery)}.`,
    'CVE-2026-29000 (pac4j)'
  ],
  [
    'json-serialization',
    ({ header, claims }) =>
      JSON.stringify({
        payload: encode(JSON.stringify(claims)),
        protected: encode(JSON.stringify(header)),
        signature: ''
      }).replaceAll(' ', ''),
    'RFC 7515 §7.2'
  ],
  ['hundred-dots', () => '.'.repeat(100), 'CVE-2025-30204'],
  ['very-long', ({ header, claims }) => `${unsigned(header, claims)}.${'A'.repeat(12_000)}`, 'CVE-2025-30204'],
  ['deep-claims', ({ header }) => `${unsigned(header, `${'['.repeat(2_000)}${']'.repeat(2_000)}`)}.AAAA`, 'CWE-674']
]

function changed(genuine: string | null, claims: Forgery['claims']): string | null {
  if (genuine === null) return null
  const [header, , signature] = partsOf(genuine)
  return `${header}.${encode(JSON.stringify({ ...claims, sub: 'admin' }))}.${signature}`
}

const SECRETS = ['pem', 'pem-trimmed', 'pem-crlf', 'der', 'jwk', 'x']
const GUESSED = ['', 'secret', 'changeme', 'your-256-bit-secret']

/** Names of keys as no key is called; signed with what such a name might lead to. */
const KEY_IDS: readonly (readonly [name: string, kid: unknown, secret: string, source: string])[] = [
  ['empty', '', '', 'RFC 7515 §4.1.4'],
  ['null', null, '', 'RFC 7515 §4.1.4'],
  ['number', 0, '', 'RFC 7515 §4.1.4'],
  ['list', ['x'], '', 'RFC 7515 §4.1.4'],
  ['object', { $ne: '' }, '', 'CWE-943'],
  ['prototype', '__proto__', '[object Object]', 'CWE-1321'],
  ['constructor', 'constructor', 'function Object() { [native code] }', 'CWE-1321'],
  ['path', '../../../../../../dev/null', '', 'CWE-22; PortSwigger: kid path traversal'],
  ['absolute-path', '/dev/null', '', 'CWE-22'],
  ['url', 'https://attack.invalid/key', 'key', 'CWE-918'],
  ['sql', "x' UNION SELECT 'key", 'key', 'CWE-89'],
  ['command', 'x|echo key', 'key', 'CWE-78'],
  ['nul', 'x\0', '', 'CWE-158'],
  ['wildcard', '*', '', 'CWE-155'],
  ['very-long', 'k'.repeat(5_000), '', 'CWE-770']
]

/** Keys that the token brings along. */
const BROUGHT: readonly (readonly [name: string, more: (jwk: unknown) => object, source: string])[] = [
  ['under-the-own-kid', () => ({}), 'RFC 7515 §5.2'],
  ['without-kid', () => ({ kid: undefined }), 'RFC 7515 §4.1.4'],
  ['as-jwk', (jwk) => ({ jwk }), 'CVE-2018-0114'],
  ['as-jwk-without-kid', (jwk) => ({ jwk, kid: undefined }), 'CVE-2018-0114'],
  ['as-jku', () => ({ jku: 'https://attack.invalid/jwks.json' }), 'RFC 8725 §3.10; CWE-918'],
  ['as-x5u', () => ({ x5u: 'https://attack.invalid/x.pem' }), 'RFC 8725 §3.10'],
  ['as-x5c', () => ({ x5c: ['MIIB'] }), 'RFC 7515 §4.1.6']
]

/** A genuine token, spelt as it was not issued. */
const RESPELT: readonly (readonly [name: string, respelt: (token: string) => string, source: string])[] = [
  ['padded', (token) => `${token}==`, 'RFC 7515 §2'],
  ['padded-inside', (token) => token.replace('.', '=.'), 'RFC 7515 §2'],
  ['other-last-character', (token) => respell(token), 'RFC 4648 §3.5'],
  ['dot-more', (token) => `${token}.`, 'RFC 7515 §7.1'],
  ['part-more', (token) => `${token}.AAAA`, 'RFC 7515 §7.1'],
  ['part-twice', (token) => token.replace('.', '..'), 'RFC 7515 §7.1'],
  ['twice', (token) => `${token} ${token}`, 'RFC 6750 §2.1'],
  ['comma', (token) => `${token},`, 'RFC 6750 §2.1'],
  ['quoted', (token) => `"${token}"`, 'RFC 6750 §2.1'],
  ['percent', (token) => token.replace('.', '%2e'), 'RFC 6750 §2.1'],
  ['signature-cut', (token) => token.slice(0, -4), 'RFC 7515 §5.2']
]

type Parts = Parameters<typeof requestFrom>[1]

/** A genuine token where it does not count. */
const MISPLACED: readonly (readonly [name: string, parts: (token: string, path: string) => Parts, source: string])[] = [
  [
    'in-the-query',
    (token, path) => ({ target: `${path}?access_token=${token}`, authorization: '' }),
    'RFC 9700 §4.3.2; RFC 6750 §2.3'
  ],
  [
    'in-the-query-as-token',
    (token, path) => ({ target: `${path}?token=${token}&jwt=${token}`, authorization: '' }),
    'RFC 9700 §4.3.2'
  ],
  [
    'in-a-body',
    (token) => ({
      authorization: '',
      lines:
        line('Content-Type', 'application/x-www-form-urlencoded') + line('Content-Length', String(13 + token.length)),
      body: `access_token=${token}`
    }),
    'RFC 6750 §2.2'
  ],
  [
    'in-cookies-of-other-names',
    (token) => ({
      authorization: line('Cookie', `access_token=${token}; token=${token}; jwt=${token}; Authorization=${token}`)
    }),
    'RFC 6265 §8.5'
  ],
  [
    'in-two-cookies-of-the-name',
    (token) => ({ authorization: line('Cookie', `__Host-portcullis-access=${token}; __Host-portcullis-access=x`) }),
    'RFC 6265bis §4.1.3.2'
  ],
  [
    'in-a-cookie-of-other-case',
    (token) => ({ authorization: line('Cookie', `__host-portcullis-access=${token}`) }),
    'RFC 6265bis §4.1.3.2'
  ],
  [
    'in-proxy-authorization',
    (token) => ({ authorization: line('Proxy-Authorization', `Bearer ${token}`) }),
    'RFC 9110 §11.7.1'
  ],
  [
    'in-x-authorization',
    (token) => ({ authorization: line('X-Authorization', `Bearer ${token}`) + line('X-Auth-Token', token) }),
    'CWE-288'
  ],
  ['in-a-folded-name', (token) => ({ authorization: line('Authorization_', `Bearer ${token}`) }), 'CWE-436'],
  ['as-basic', (token) => ({ authorization: line('Authorization', `Basic ${token}`) }), 'RFC 9110 §11.4'],
  ['without-scheme', (token) => ({ authorization: line('Authorization', token) }), 'RFC 9110 §11.4'],
  ['after-a-tab', (token) => ({ authorization: line('Authorization', `Bearer\t${token}`) }), 'RFC 9110 §11.4'],
  [
    'after-another',
    (token) => ({ authorization: line('Authorization', 'Bearer x') + line('Authorization', `Bearer ${token}`) }),
    'RFC 9110 §5.3'
  ],
  [
    'before-another',
    (token) => ({ authorization: line('Authorization', `Bearer ${token}`) + line('Authorization', 'Bearer x') }),
    'RFC 9110 §5.3'
  ],
  ['in-a-list', (token) => ({ authorization: line('Authorization', `Bearer x, Bearer ${token}`) }), 'RFC 9110 §11.6.2']
]

const WHY_SPELLING = 'A token with several spellings is looked up, revoked and counted by one of them.'

export const tokens: readonly Attack[] = [
  ...UNSIGNED.map(([name, forge, source]) =>
    forged(
      name.replace('nOnE', 'none-mixed').replace('None', 'none-capital').replace('NONE', 'none-upper'),
      source,
      forge
    )
  ),
  ...SECRETS.map((form) =>
    forged(`public-key-as-secret-${form}`, 'CVE-2016-10555; CVE-2023-48238', (forgery) => {
      const secret = secretsFrom(forgery)[form]
      return secret === undefined ? null : signHmac({ ...forgery.header, alg: 'HS256' }, forgery.claims, secret)
    })
  ),
  ...['HS384', 'HS512'].map((alg) =>
    forged(`public-key-as-secret-${alg}`, 'CVE-2016-10555', (forgery) => {
      const secret = secretsFrom(forgery).pem
      return secret === undefined
        ? null
        : signHmac({ ...forgery.header, alg }, forgery.claims, secret, `sha${alg.slice(2)}`)
    })
  ),
  ...GUESSED.map((secret) =>
    forged(`secret-${secret === '' ? 'empty' : secret}`, 'CWE-1391; CVE-2025-20188', ({ header, claims }) =>
      signHmac({ ...header, alg: 'HS256' }, claims, secret)
    )
  ),
  ...KEY_IDS.map(([name, kid, secret, source]) =>
    forged(`kid-${name}`, source, ({ header, claims }) => signHmac({ ...header, alg: 'HS256', kid }, claims, secret))
  ),
  ...BROUGHT.map(([name, more, source]) => forged(`key-brought-${name}`, source, withKeyOfOwn(more))),
  ...signedTokens,
  ...RESPELT.map(([name, respelt, source]) =>
    forged(`genuine-${name}`, source, ({ genuine }) => (genuine === null ? null : respelt(genuine)), WHY_SPELLING)
  ),
  ...MISPLACED.map(([name, parts, source]): Attack => {
    return {
      id: `tokens/genuine-${name}`,
      family: 'tokens',
      why: 'A token counts where it leaks, or where another site can put it.',
      source,
      from: ['token-passes'],
      due: 'refusal',
      send: ({ position, forgery: { genuine } }) =>
        genuine === null ? null : requestFrom(position, parts(genuine, position.path))
    }
  }),
  {
    ...forged('refresh-as-access', 'RFC 9700 §4.14; RFC 6749 §1.5', () => null),
    send: ({ position, account }) =>
      account === null || account.refreshToken === null
        ? null
        : requestFrom(position, { authorization: line('Authorization', `Bearer ${account.refreshToken}`) })
  }
]
