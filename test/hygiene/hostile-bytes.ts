/** Requests as an attacker writes them: a grammar in which every part is biased to what somebody somewhere misreads. */
import fc from 'fast-check'
import { areas } from './area-site.js'

const often = <T>(usual: readonly T[], odd: readonly T[], weight = 3) =>
  fc.oneof({ weight, arbitrary: fc.constantFrom(...usual) }, { weight: 1, arbitrary: fc.constantFrom(...odd) })

// --- Targets ---

const escapesOf = (letter: string): string[] => {
  const hex = letter.charCodeAt(0).toString(16)
  const digits = [...hex].map((digit) => `%3${digit}`).join('')
  return [`%${hex}`, `%${hex.toUpperCase()}`, `%25${hex}`, `%25${digits}`, `%2525${hex}`, `%u00${hex}`, `%c1%${hex}`]
}

/** A word, a letter of which may be spelt otherwise. */
const spelt = (word: string) =>
  fc.tuple(fc.nat(word.length - 1), fc.nat(11)).map(([at, way]) => {
    const letter = word.charAt(at)
    const other = way < 7 ? escapesOf(letter)[way] : way === 7 ? letter.toUpperCase() : letter
    return word.slice(0, at) + other + word.slice(at + 1)
  })

const word = fc.oneof(
  ...['admin', 'users', 'in', 'form', 'never', 'alice', 'root', 'pre', 'auth'].map(spelt),
  fc.constantFrom('x', 'a.b', 'y%20z', '%E2%84%AA', '%C5%BF', 'i%CC%87n', '50%25', '')
)
const noise = often(
  [''],
  [
    '.',
    '..',
    '%2e',
    '%2e%2e',
    '.%2e',
    '%252e%252e',
    '...',
    ';',
    ';a=b',
    '%3b',
    '%253b',
    ';/..',
    '%00',
    '%3f',
    '%23',
    '%0a',
    '+',
    '%20',
    '|',
    '%c0%ae',
    '%ff'
  ],
  4
)
const divider = often(
  ['/'],
  [
    '//',
    '///',
    '%2f',
    '%2F',
    '%252f',
    '%25%32%66',
    '\\',
    '%5c',
    '%255C',
    ';/',
    '/;/',
    '/./',
    '/../',
    '/x/../',
    '/;x/../',
    '/%2e%2e/',
    '%c0%af',
    '%e2%88%95'
  ],
  4
)
const path = fc
  .tuple(
    often(['', '', '/pre'], ['/', '//x', '/PRE', '/pre/', '/pre//x', '/x/..', '/;', '/%70re']),
    fc.array(fc.tuple(divider, word, noise), { minLength: 1, maxLength: 4 })
  )
  .map(([front, parts]) => front + parts.flat().join(''))
const query = often(['', '', '?x=1'], ['?', '?a=/../admin', '?_method=DELETE', '?url=//x', '?%00', '?a?b', '?a#b'])
const host = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...areas.map((area) => area.host)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'STRICT.test',
      'tolerant.test.',
      'exact.test:80',
      'nowhere.test',
      'strict.test@x',
      'strict.test, exact.test',
      '',
      '[::1]',
      'tolerant.test..'
    )
  }
)
const target = fc
  .tuple(path, query, fc.nat(19), host)
  .map(([at, asked, form, other]) => (form === 0 ? `http://${other}${at}${asked}` : form === 1 ? `*${at}` : at + asked))

// --- Fields ---

const identityName = fc.constantFrom(
  ...[
    'x-user-id',
    'x-user-name',
    'x-user-roles',
    'x-tenant',
    'remote-user',
    'x-forwarded-user',
    'x-portcullis-assertion'
  ]
)
const fieldName = fc
  .tuple(
    identityName,
    fc.constantFrom('-', '-', '-', '_', '.', '!', '~', '`', '|', ' ', '\t', '\x0b', '\0', '\xa0', '--'),
    fc.nat(3),
    fc.nat(9)
  )
  .map(([name, separator, letters, edge]) => {
    const joined = name.replaceAll('-', separator)
    const cased = letters === 0 ? joined.toUpperCase() : letters === 1 ? joined.replace(/x/, 'X') : joined
    return edge === 0 ? `${cased} ` : edge === 1 ? `${cased}\t` : edge === 2 ? ` ${cased}` : cased
  })
const value = fc.constantFrom(
  'forged',
  'admin',
  '',
  ' forged',
  'forged\r\n forged',
  'a\rX-User-Id: forged',
  'a\nX-User-Id: forged',
  'forged\0',
  '\xff'
)
const identityField = fc.tuple(fieldName, value).map(([name, said]) => `${name}: ${said}`)

const connectionField = fc
  .array(
    fc.constantFrom(
      'close',
      'keep-alive',
      'x-user-id',
      'X-User-Roles',
      'x_user_id',
      'host',
      'content-length',
      'transfer-encoding',
      'authorization',
      'cookie',
      'x-forwarded-for',
      'upgrade',
      '',
      '"',
      ';'
    ),
    { maxLength: 4 }
  )
  .map((names) => `Connection: ${names.join(', ')}`)
const framingField = fc.constantFrom(
  ...[
    'Content-Length: 5',
    'Content-Length: 0',
    'Content-Length: 05',
    'Content-Length: +5',
    'Content-Length: 5, 5',
    'Content-Length: 44'
  ],
  ...[
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: Chunked',
    'Transfer-Encoding: xchunked',
    'Transfer-Encoding: chunked, identity',
    'Transfer-Encoding:\r\n chunked',
    'Transfer-Encoding : chunked',
    'Transfer_Encoding: chunked',
    'Content_Length: 3'
  ]
)
const otherField = fc.constantFrom(
  ...[
    'Expect: 100-continue',
    'Expect: x',
    'TE: trailers',
    'Trailer: X-User-Id',
    'Upgrade: websocket',
    'Upgrade: h2c',
    'HTTP2-Settings: AA'
  ],
  ...[
    'X-HTTP-Method-Override: DELETE',
    'X-Original-URL: /admin',
    'X-Rewrite-URL: /admin',
    'Script_Name: /form',
    'SCRIPT-NAME: /form',
    'Path_Info: /admin',
    'X-Script-Name: /form'
  ],
  ...[
    'X-Forwarded-For: 127.0.0.1',
    'X-Forwarded-Host: strict.test',
    'X_Forwarded_Prefix: /form',
    'Forwarded: for=127.0.0.1',
    'Proxy: x',
    'Cookie: a=b',
    'Cookie: __Host-portcullis-access=x',
    'X-Plain: plain',
    '__proto__: x'
  ]
)

/** What says who asks: mostly as it should be, and then in every way that must not work. */
const credentials = (token: string) =>
  often([[`Authorization: Bearer ${token}`]], [
    [],
    [`Authorization: Bearer ${token}x`],
    [`Authorization: bearer  ${token}`],
    [`Authorization: Bearer ${token}`, 'Authorization: Bearer x'],
    [`Authorization: Bearer x`, `Authorization: Bearer ${token}`],
    [`Authorization_: Bearer ${token}`],
    [`Authorization : Bearer ${token}`],
    [`Authorization: Basic ${token}`],
    [`Authorization: Bearer ${token}, Bearer ${token}`],
    [`Authorization: Bearer\t${token}`],
    [`Proxy-Authorization: Bearer ${token}`],
    [`Authorization: Bearer ${token.split('.').slice(0, 2).join('.')}.`]
  ] as readonly (readonly string[])[])

const body = fc.constantFrom(
  '',
  '',
  '',
  'hello',
  '5\r\nhello\r\n0\r\n\r\n',
  '0\r\n\r\n',
  '0\r\nX-User-Id: forged\r\n\r\n',
  '5\nhello\r\n0\r\n\r\n',
  'GET /admin/x HTTP/1.1\r\nHost: strict.test\r\n\r\n',
  'fffffffffffffffff\r\n'
)

const method = often(
  ['GET', 'POST'],
  ['HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'CONNECT', 'get', 'FOO', 'PRI']
)
const version = often(['HTTP/1.1'], ['HTTP/1.0', 'HTTP/2.0', 'HTTP/1.2', 'http/1.1', ''], 12)
const hostField = host.chain((name) =>
  often([[`Host: ${name}`]], [[], [`Host: ${name}`, `Host: strict.test`], [`Host : ${name}`], [`hOST:${name}`]], 12)
)

const request = (token: string | null) =>
  fc
    .tuple(
      method,
      target,
      version,
      hostField,
      token === null ? fc.constant<readonly string[]>([]) : credentials(token),
      fc.array(
        fc.oneof(
          { weight: 4, arbitrary: identityField },
          { weight: 2, arbitrary: connectionField },
          { weight: 1, arbitrary: framingField },
          { weight: 4, arbitrary: otherField }
        ),
        { maxLength: 3 }
      ),
      body
    )
    .map(([verb, asked, spoken, hosts, shown, more, content]) =>
      [`${verb} ${asked} ${spoken}`, ...hosts, ...shown, ...more, '', content].join('\r\n')
    )

// --- Changed bytes ---

const changedBytes = [
  '\r',
  '\n',
  '\r\n',
  '\0',
  ' ',
  '\t',
  ':',
  '/',
  '%',
  ';',
  ',',
  '\x0b',
  '\x7f',
  '\xff',
  '',
  '0',
  'A',
  '\r\n\r\n',
  '//',
  '..'
]

/** Some bytes exchanged, put in, left out or said twice. */
const mutated = (text: fc.Arbitrary<string>) =>
  fc
    .tuple(
      text,
      fc.array(fc.tuple(fc.nat(), fc.nat(3), fc.constantFrom(...changedBytes), fc.nat(12)), {
        minLength: 1,
        maxLength: 4
      })
    )
    .map(([original, changes]) =>
      changes.reduce((bytes, [place, kind, put, length]) => {
        const at = place % (bytes.length + 1)
        if (kind === 0) return bytes.slice(0, at) + put + bytes.slice(at + 1)
        if (kind === 1) return bytes.slice(0, at) + put + bytes.slice(at)
        if (kind === 2) return bytes.slice(0, at) + bytes.slice(at + length)
        return bytes.slice(0, at) + bytes.slice(Math.max(0, at - length * 4), at) + bytes.slice(at)
      }, original)
    )

const LAST = 'GET /last HTTP/1.1\r\nHost: strict.test\r\nConnection: close\r\n\r\n'

/** What one connection says: some requests in a row, and mostly one after which an honest reader would close. */
export const conversation = (token: string | null): fc.Arbitrary<string> => {
  const one = fc.oneof({ weight: 3, arbitrary: request(token) }, { weight: 1, arbitrary: mutated(request(token)) })
  return fc
    .tuple(fc.array(one, { minLength: 1, maxLength: 3 }), fc.nat(3))
    .map(([requests, last]) => requests.join('') + (last === 0 ? '' : LAST))
}
