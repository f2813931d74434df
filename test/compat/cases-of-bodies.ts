import { gzipSync } from 'node:zlib'
import { PASSWORD } from '../helpers/gateway.js'
import { form, json, jsonText, multipart, part, type Question } from './ask.js'
import { ADA, BLACKLIST, type Case, fixed, REFRESH, SLIDING, SLIDING_REFRESH, TOKEN, VERIFY } from './asking.js'

const asType = (type: string, body: string | Buffer = JSON.stringify(ADA), path = TOKEN): Question => ({
  path,
  headers: { 'content-type': type },
  body
})
const FORM = 'application/x-www-form-urlencoded'
const ADA_FORM = new URLSearchParams(ADA).toString()
const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')
const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
const withMember = (member: string) => `{"username": "ada", "password": "${PASSWORD}", ${member}}`
const zoe = (name: string) => `username=${name}&password=${encodeURIComponent(PASSWORD)}`
const namedUmlaut = JSON.stringify({ username: 'ada', password: 'ä' })

/** Types of bodies and their charsets. */
const types: readonly Case[] = [
  ...[
    '*/*',
    'application/*',
    '*/json',
    'application/json;',
    'application/json; charset="utf-8"',
    'application/json; charset=utf8; charset=latin-1',
    'application/json; charset=nonsense',
    'application/json; charset=',
    'application/json; charset=utf-7',
    'application/json; charset=ascii',
    'application/json; version=2',
    ' application/json',
    'application / json',
    'application/jsonp',
    'application/vnd.api+json',
    'text/json',
    'text/*',
    'json',
    'application/json, application/json',
    'application/octet-stream',
    'text/html; charset=utf-8'
  ].map((type) => fixed(`type: ${type}`, asType(type))),
  fixed('type: an empty one', asType('')),
  fixed('type: JSON that is a form', asType('application/json', ADA_FORM)),
  fixed('type: a form that is JSON', asType(FORM)),
  fixed('type: latin-1 that is', asType('application/json; charset=iso-8859-1', Buffer.from(namedUmlaut, 'latin1'))),
  fixed('type: latin-1 by its name in Python', asType('application/json; charset=latin-1')),
  fixed(
    'type: a name in latin-1 by its name in Python',
    asType('application/json; charset=latin-1', Buffer.from(namedUmlaut, 'latin1'))
  ),
  fixed('type: utf-16 that is', asType('application/json; charset=utf-16', utf16(JSON.stringify(ADA)))),
  fixed('type: utf-16 that is none', asType('application/json; charset=utf-16')),
  fixed('type: utf-16 that nobody says', asType('application/json', utf16(JSON.stringify(ADA)))),
  fixed('type: a form in latin-1', asType(`${FORM}; charset=iso-8859-1`, 'username=ada&password=%E4')),
  ...Object.entries({
    'in latin-1': ['; charset=iso-8859-1', zoe('zo%EB')],
    'in latin-1, as it is': ['; charset=iso-8859-1', Buffer.from(zoe('zoë'), 'latin1')],
    'in latin-1 by its name in Python': ['; charset=latin-1', zoe('zo%eb')],
    'in latin-1 that nobody says': ['', zoe('zo%EB')],
    'in latin-1 that nobody says, as it is': ['', Buffer.from(zoe('zoë'), 'latin1')],
    'in UTF-8': ['', zoe('zo%c3%AB')],
    'in UTF-8, as it is': ['', zoe('zoë')],
    'in UTF-8, half an escape': ['', zoe('zo%C3ë')],
    'an escape of one digit': ['', zoe('zoë%E')],
    'empty pairs': ['', `&&${zoe('zo%C3%AB')}&&`],
    'a name without a value': ['', `x&${zoe('zo%C3%AB')}`],
    'a value with the sign of one': ['', `${zoe('zo%C3%AB')}&x=y=z`]
  } as const).map(([name, [charset, body]]) => fixed(`form of zoë: ${name}`, asType(`${FORM}${charset}`, body))),
  fixed('type: a form of a charset that is none', asType(`${FORM}; charset=nonsense`, ADA_FORM)),
  fixed('type: a form in utf-16', asType(`${FORM}; charset=utf-16`, ADA_FORM)),
  fixed('type: JSON with a byte order mark', asType('application/json', `\ufeff${JSON.stringify(ADA)}`)),
  fixed('encoding: gzip', {
    path: TOKEN,
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    body: gzipSync(JSON.stringify(ADA))
  }),
  fixed('encoding: gzip, says a body that is plain', {
    path: TOKEN,
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    body: JSON.stringify(ADA)
  }),
  fixed('encoding: chunks', {
    path: TOKEN,
    headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
    body: JSON.stringify(ADA)
  })
]

const values: readonly Case[] = [
  ...Object.entries({
    'a member more that is NaN': withMember('"x": NaN'),
    'a member more that is endless': withMember('"x": 1e999'),
    'a member more that is -Infinity': withMember('"x": -Infinity'),
    'a member more of 5 levels': withMember(`"x": ${deep(5)}`),
    'a member more of 100 levels': withMember(`"x": ${deep(100)}`),
    'a member more of 5000 levels': withMember(`"x": ${deep(5000)}`),
    'a member more that stands twice': withMember('"x": 1, "x": 2'),
    'a name twice, escaped': `{"username": "ada", "\\u0075sername": "ada", "password": "${PASSWORD}"}`,
    'a name in capitals': `{"Username": "ada", "password": "${PASSWORD}"}`,
    __proto__: withMember('"__proto__": {"password": "x"}'),
    'a comma at the end': `{"username": "ada", "password": "${PASSWORD}",}`,
    'a comment': `{"username": "ada", /* x */ "password": "${PASSWORD}"}`,
    'white space around': `\n\t ${JSON.stringify(ADA)} \r\n`,
    'a form feed before': `\f${JSON.stringify(ADA)}`,
    'two objects': `${JSON.stringify(ADA)}${JSON.stringify(ADA)}`,
    'white space alone': ' \n',
    'a control character in a text': '{"username": "a\nda", "password": "x"}',
    'brackets without end': '['.repeat(20_000),
    'lists of 20,000 levels': `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
    'a number of twenty digits for a name': `{"username": 12345678901234567890, "password": "${PASSWORD}"}`,
    'a whole number written as a fraction': `{"username": 7.0, "password": "${PASSWORD}"}`,
    'a number for a name': `{"username": 7, "password": "${PASSWORD}"}`,
    'a number with an exponent': `{"username": 7e0, "password": "${PASSWORD}"}`,
    'an endless number': '{"username": 1e999, "password": "x"}',
    'minus nothing': '{"username": -0, "password": -0.0}',
    nothing: '{"username": 0, "password": 0}',
    'an empty text for a body': '""',
    'false for a body': 'false',
    'nothing for a body': '0'
  }).map(([name, body]) => fixed(`json: ${name}`, jsonText(TOKEN, body))),
  ...Object.entries({
    'in capitals': 'ADA',
    'with one capital': 'Ada',
    'in full width': 'ａｄａ',
    'with a zero-width space': 'a\u200bda',
    'with a combining mark': 'ada\u0301',
    'with a byte order mark': '\ufeffada',
    'with a line separator around': '\u2028ada\u2029',
    'with a file separator around': '\x1cada\x1f',
    'with NEL around': '\x85ada',
    'with a zero-width space around': '\u200bada',
    'with an escape character': 'a\x1bda',
    'with a null character at the end': 'ada\0'
  }).map(([name, username]) => fixed(`name: ${name}`, json(TOKEN, { ...ADA, username }))),
  ...Object.entries({
    'in capitals': PASSWORD.toUpperCase(),
    'in full width': 'ｃorrect horse battery',
    'with spaces of another kind': PASSWORD.replaceAll(' ', '\u00a0'),
    'with a byte order mark': `\ufeff${PASSWORD}`,
    'with a null character at the end': `${PASSWORD}\0`,
    'of 60,000 characters': 'x'.repeat(60_000)
  }).map(([name, password]) => fixed(`password: ${name}`, json(TOKEN, { ...ADA, password })))
]

/** A field that is a token, whatever it is. */
const tokenFields: readonly Case[] = [
  [REFRESH, 'refresh'],
  [VERIFY, 'token'],
  [BLACKLIST, 'refresh'],
  [SLIDING_REFRESH, 'token']
].flatMap(([path = '', field = '']) => [
  ...Object.entries({
    blank: '',
    'white space': ' \u3000',
    null: null,
    true: true,
    false: false,
    'a number': 5,
    'a fraction': 5.5,
    'a list': ['x'],
    'a map': { x: 1 },
    'a null character': 'a\0b',
    'letters of other scripts': 'ключ',
    'two dots': '..',
    'four dots': 'a.b.c.d.e',
    'sixty thousand characters': 'x'.repeat(60_000)
  }).map(([name, value]) => fixed(`${path} ${field}: ${name}`, json(path, { [field]: value }))),
  fixed(`${path}: a list`, json(path, [])),
  fixed(`${path}: null`, json(path, null)),
  fixed(`${path}: no body`, { path, headers: { 'content-length': 0 } }),
  fixed(`${path}: text`, { path, headers: { 'content-type': 'text/plain' }, body: 'x' }),
  fixed(`${path}: a form that names nothing`, form(path, 'x=y')),
  fixed(`${path}: the field of another endpoint`, json(path, { access: 'x' }))
])

const forms: readonly Case[] = [
  ...Object.entries({
    'per cent that is none': 'username=%zz&password=%',
    'octets that are not UTF-8': 'username=%FF&password=x',
    'a null character': 'username=a%00da&password=x',
    semicolons: 'username=ada;password=x',
    'a name without a value': 'username&password',
    brackets: 'username[]=ada&password[]=x',
    'plus and per cent': `username=%61da&password=${PASSWORD.replaceAll(' ', '%20')}`,
    'ampersands around': `&&${ADA_FORM}&&`,
    'a field more that stands twice': `${ADA_FORM}&x=1&x=2`,
    'a thousand and one fields': `${ADA_FORM}${'&x'.repeat(1000)}`,
    'line ends at its end': `${ADA_FORM}\r\n`
  }).map(([name, body]) => fixed(`form: ${name}`, form(TOKEN, body))),
  fixed('form: raw octets that are not UTF-8', asType(FORM, Buffer.from('username=\xff&password=x', 'latin1'))),
  fixed('form: on sliding', form(SLIDING, 'username=ada'))
]

const parts = [part('username', 'ada'), part('password', PASSWORD)]
const written = (type: string, text: string) => asType(type, text.replaceAll('\n', '\r\n'))
const EDGE = 'multipart/form-data; boundary=edge'
const whole = `--edge\n${parts.join('\n--edge\n').replaceAll('\r\n', '\n')}\n--edge--\n`

const multiparts: readonly Case[] = [
  ...Object.entries({
    'a field twice': [...parts, part('username', 'nobody')],
    'a field more that stands twice': [...parts, part('x', '1'), part('x', '2')],
    'a file more': [...parts, part('x"; filename="x', 'y')],
    'a file and a field of one name': [...parts, part('username"; filename="x', 'y')],
    'a file without a name': [part('username', 'ada'), part('password"; filename="', PASSWORD)],
    'a part without a name': [...parts, 'Content-Disposition: form-data\r\n\r\nx'],
    'a part without a header': [...parts, '\r\nx'],
    'a part with a type': [
      part('username', 'ada'),
      `Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name="password"\r\n\r\n${PASSWORD}`
    ],
    'a part in base64': [
      part('username', 'ada'),
      `Content-Disposition: form-data; name="password"\r\nContent-Transfer-Encoding: base64\r\n\r\n${btoa(PASSWORD)}`
    ],
    'a name without quotes': ['Content-Disposition: form-data; name=username\r\n\r\nada', part('password', PASSWORD)],
    'header names in capitals': [
      'CONTENT-DISPOSITION: form-data; name="username"\r\n\r\nada',
      part('password', PASSWORD)
    ],
    'blank fields': [part('username', ''), part('password', ' ')],
    'a null character': [part('username', 'a\0da'), part('password', 'x')],
    'letters of other scripts': [part('username', 'ада'), part('password', 'x')]
  }).map(([name, of]) => fixed(`multipart: ${name}`, multipart(TOKEN, ...of))),
  fixed('multipart: a boundary in quotes', written('multipart/form-data; boundary="edge"', whole)),
  fixed('multipart: a type in capitals', written('Multipart/Form-Data; Boundary=edge', whole)),
  fixed('multipart: a boundary of another name', written('multipart/form-data; boundary=other', whole)),
  fixed('multipart: a blank boundary', written('multipart/form-data; boundary=', whole)),
  fixed('multipart: a boundary of spaces', written('multipart/form-data; boundary="e dge"', whole)),
  fixed('multipart: without its last line', written(EDGE, whole.replace('--edge--\n', ''))),
  fixed('multipart: nothing but its last line', written(EDGE, '--edge--\n')),
  fixed('multipart: a preamble and an epilogue', written(EDGE, `before\n${whole}after\n`)),
  fixed('multipart: lines that end with LF alone', asType(EDGE, whole)),
  fixed('multipart: any subtype', written('multipart/*; boundary=edge', whole)),
  fixed('multipart: mixed', written('multipart/mixed; boundary=edge', whole)),
  fixed('multipart: no body', { path: TOKEN, headers: { 'content-type': EDGE, 'content-length': 0 } }),
  fixed('multipart: a charset', written(`${EDGE}; charset=iso-8859-1`, whole)),
  fixed('multipart: another charset than UTF-8', written(`${EDGE}; charset=iso-8859-1`, whole.replace('ada', 'zoë')))
]

/** Bodies in all their spellings. */
export const bodies: readonly Case[] = [...types, ...values, ...tokenFields, ...forms, ...multiparts]
