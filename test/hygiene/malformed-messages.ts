/**
 * Messages that two readers may end at two places, or read as two different requests: RFC 9112, and what research on
 * request smuggling has found in servers and proxies. Each is followed by a request that nobody sent.
 */
export const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a\r\nX-Smuggled: 1\r\n\r\n'

type Malformed = readonly [what: string, bytes: string]

const post = (what: string, fields: string, body = ''): Malformed => [
  what,
  `POST /open HTTP/1.1\r\nHost: a\r\n${fields}\r\n${body}${SMUGGLED}`
]
const chunked = (what: string, body: string): Malformed => post(what, 'Transfer-Encoding: chunked\r\n', body)
const line = (what: string, first: string, fields = 'Host: a\r\n'): Malformed => [
  what,
  `${first}\r\n${fields}\r\n${SMUGGLED}`
]
const host = (what: string, fields: string): Malformed => line(what, 'GET /open HTTP/1.1', fields)

const NONE = '0\r\n\r\n'
const HELLO = `5\r\nhello\r\n${NONE}`
/** A body that is whole for one reading, and the beginning of another request for the other. */
const HIDDEN = `${NONE}GET /smuggled HTTP/1.1\r\nX: `

const lengths: readonly Malformed[] = [
  ...[
    '+5',
    '-5',
    '-0',
    '0x5',
    '0b101',
    '0o5',
    '5,5',
    '5, 5',
    '5,',
    ',5',
    '5 5',
    '5;5',
    '5\t5',
    '1e1',
    '5.0',
    '5L',
    '5a',
    '"5"',
    '٥',
    '\xa05',
    '5\x0b',
    '5\x0c',
    '18446744073709551616',
    '99999999999999999999999999',
    '18446744073709551621',
    'NaN',
    ''
  ].map((value) => post(`Content-Length: ${JSON.stringify(value)}`, `Content-Length: ${value}\r\n`, 'hello')),
  post('two lengths alike', 'Content-Length: 5\r\nContent-Length: 5\r\n', 'hello'),
  post('two lengths, the first shorter', 'Content-Length: 0\r\nContent-Length: 5\r\n', 'hello'),
  post('two lengths in two cases', 'Content-Length: 5\r\nCONTENT-LENGTH: 0\r\n', 'hello'),
  post('a blank before the colon of a length', 'Content-Length : 5\r\n', 'hello'),
  post('a tab before the colon of a length', 'Content-Length\t: 5\r\n', 'hello'),
  post('a length behind a fold', 'Content-Length:\r\n 5\r\n', 'hello'),
  post('a length with a fold after it', 'Content-Length: 5\r\n 5\r\n', 'hello'),
  post('a length behind a bare LF', 'X: y\nContent-Length: 5\r\n', 'hello'),
  post('a length behind a bare CR', 'X: y\rContent-Length: 5\r\n', 'hello'),
  post('a length behind CR CR LF', 'X: y\r\r\nContent-Length: 5\r\n', 'hello'),
  post('a length in a line that begins with a blank', ' Content-Length: 5\r\n', 'hello')
]

const codings: readonly Malformed[] = [
  ...[
    'xchunked',
    'chunkedx',
    'chunke',
    'chunked, identity',
    'identity, chunked',
    'identity',
    'gzip, chunked',
    'chunked, gzip',
    'chunked, chunked',
    'chunked,',
    ',chunked',
    ', chunked',
    '"chunked"',
    "'chunked'",
    'chunked;q=1',
    'chunked; a=b',
    'chunked ;',
    'chunked chunked',
    'x chunked',
    'chunked x',
    '\x0bchunked',
    'chunked\x0b',
    '\x0cchunked',
    '\x00chunked',
    '\xa0chunked',
    'chunKed\xe2\x80\xa8',
    'c\x68unked\x7f',
    'cow',
    ''
  ].map((value) => post(`Transfer-Encoding: ${JSON.stringify(value)}`, `Transfer-Encoding: ${value}\r\n`, NONE)),
  post('CL.TE', 'Content-Length: 44\r\nTransfer-Encoding: chunked\r\n', HIDDEN),
  post('TE.CL', 'Transfer-Encoding: chunked\r\nContent-Length: 4\r\n', `5e\r\n${SMUGGLED}${NONE}`),
  post('CL.0 and TE', 'Content-Length: 0\r\nTransfer-Encoding: chunked\r\n', HELLO),
  post('TE.TE, the second unknown', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n', HIDDEN),
  post('TE.TE, the first unknown', 'Transfer-Encoding: cow\r\nTransfer-Encoding: chunked\r\n', HIDDEN),
  post('TE.TE, the second empty', 'Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n', HIDDEN),
  post('TE.TE, alike', 'Transfer-Encoding: chunked\r\nTransfer-encoding: chunked\r\n', HIDDEN),
  post('TE with a blank before its colon, and CL', 'Transfer-Encoding : chunked\r\nContent-Length: 5\r\n', NONE),
  post('TE in a line that begins with a blank, and CL', ' Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', NONE),
  post('TE behind a fold, and CL', 'Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n', NONE),
  post('TE with a fold after it, and CL', 'Transfer-Encoding: chunked\r\n x\r\nContent-Length: 5\r\n', NONE),
  post('TE behind a bare LF, and CL', 'X: y\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n', NONE),
  post('TE behind a bare CR, and CL', 'X: y\rTransfer-Encoding: chunked\r\nContent-Length: 5\r\n', NONE),
  post('TE behind NUL, and CL', 'X: y\0Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', NONE),
  post('TE ended by a bare LF, and CL', 'Transfer-Encoding: chunked\nContent-Length: 5\r\n', NONE),
  post(
    'TE in a CONTENT-LENGTH sandwich',
    'Content-Length: 5\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n',
    NONE
  ),
  post(
    'TE with CL taken away by Connection',
    'Connection: content-length\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n',
    NONE
  ),
  [
    'TE in HTTP/1.0',
    `POST /open HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n${NONE}${SMUGGLED}`
  ],
  [
    'TE in HTTP/1.0, and CL',
    `POST /open HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n${NONE}${SMUGGLED}`
  ],
  [
    'TE and CL of a GET',
    `GET /open HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n${NONE}${SMUGGLED}`
  ]
]

const chunks: readonly Malformed[] = [
  chunked('a chunk size without digits', `\r\nhello\r\n${NONE}`),
  chunked('a chunk size that is a word', `five\r\nhello\r\n${NONE}`),
  chunked('a chunk size with a sign', `+5\r\nhello\r\n${NONE}`),
  chunked('a negative chunk size', `-5\r\nhello\r\n${NONE}`),
  chunked('a chunk size with 0x', `0x5\r\nhello\r\n${NONE}`),
  chunked('a chunk size with an underscore', `0_5\r\nhello\r\n${NONE}`),
  chunked('a blank before a chunk size', ` 5\r\nhello\r\n${NONE}`),
  chunked('a blank after a chunk size', `5 \r\nhello\r\n${NONE}`),
  chunked('a tab after a chunk size', `5\t\r\nhello\r\n${NONE}`),
  chunked('a blank after the size of the last chunk', '0 \r\n\r\n'),
  chunked('a chunk size with a comma', `5,5\r\nhello\r\n${NONE}`),
  chunked('a chunk size beyond 64 bits', `FFFFFFFFFFFFFFFFF\r\nhello\r\n${NONE}`),
  chunked('a chunk size that is 5 in 64 bits', `10000000000000005\r\nhello\r\n${NONE}`),
  chunked('a chunk size that is 0 in 64 bits', '10000000000000000\r\n\r\n'),
  chunked('no CRLF after chunk data', `5\r\nhello${NONE}`),
  chunked('more data than the chunk says', `4\r\nhello\r\n${NONE}`),
  chunked('two bytes of data where the CRLF belongs', `5\r\nhelloXX${NONE}`),
  chunked('chunk data ended by LF', `5\r\nhello\n${NONE}`),
  chunked('chunk data ended by CR', `5\r\nhello\r${NONE}`),
  chunked('chunk data ended by LF CR', `5\r\nhello\n\r${NONE}`),
  chunked('a chunk size ended by LF (TERM.EXT)', `5\nhello\r\n${NONE}`),
  chunked('a chunk size ended by CR (TERM.EXT)', `5\rhello\r\n${NONE}`),
  chunked('a chunk size ended by CR CR LF', `5\r\r\nhello\r\n${NONE}`),
  chunked('a chunk extension ended by LF (EXT.TERM)', `5;x\nhello\r\n${NONE}`),
  chunked('a chunk extension ended by CR', `5;x\rhello\r\n${NONE}`),
  chunked('a bare LF in a chunk extension', `5;\n\r\nhello\r\n${NONE}`),
  chunked('a bare CR in a chunk extension', `5;a\rb\r\nhello\r\n${NONE}`),
  chunked('a bare LF in a quoted chunk extension', `5;a="\n"\r\nhello\r\n${NONE}`),
  chunked('a bare CR in a quoted chunk extension', `5;a="\r"\r\nhello\r\n${NONE}`),
  chunked('NUL in a chunk extension', `5;a\0\r\nhello\r\n${NONE}`),
  chunked('a chunk hidden behind an extension', `2;\nxx\r\n4c\r\n0\r\n\r\n${SMUGGLED}${NONE}`),
  chunked('a chunk extension without end', `5;${'a'.repeat(40_000)}\r\nhello\r\n${NONE}`),
  chunked('the last chunk ended by LF', '0\n\n'),
  chunked('the last chunk ended by LF, then CRLF', '0\n\r\n'),
  chunked('the last chunk ended by CR', '0\r\r\n'),
  chunked('the body ended by CR', '0\r\n\r'),
  chunked('the body ended by LF', '0\r\n\n'),
  chunked('the body ended by something else', '0\r\nX'),
  chunked('a trailer without colon', '0\r\nX-User-Id\r\n\r\n'),
  chunked('a trailer with a blank in its name', '0\r\nX User: a\r\n\r\n'),
  chunked('a trailer behind a fold', '0\r\nX-A: a\r\n b\r\n\r\n'),
  chunked('a trailer ended by LF', '0\r\nX-A: a\n\r\n'),
  chunked('NUL in a trailer', '0\r\nX-A: \0\r\n\r\n'),
  chunked('a length for a trailer', `0\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n`),
  chunked('a coding for a trailer', '0\r\nTransfer-Encoding: chunked\r\n\r\n')
]

const fields: readonly Malformed[] = [
  host('a fold', 'Host: a\r\nX-A: b\r\n c\r\n'),
  host('a fold with a tab', 'Host: a\r\nX-A: b\r\n\tc\r\n'),
  host('a fold before the first field', ' X: y\r\nHost: a\r\n'),
  host('an empty fold', 'Host: a\r\nX-A: b\r\n \r\n'),
  host('NUL in a name', 'Host: a\r\nX-\0: b\r\n'),
  host('NUL in a value', 'Host: a\r\nX-A: b\0c\r\n'),
  host('a control byte in a value', 'Host: a\r\nX-A: b\x01c\r\n'),
  host('DEL in a value', 'Host: a\r\nX-A: b\x7fc\r\n'),
  host('a bare CR in a value', 'Host: a\r\nX-A: b\rX-User-Id: c\r\n'),
  host('a bare LF in a value', 'Host: a\r\nX-A: b\nX-User-Id: c\r\n'),
  host('a bare LF before the end', 'Host: a\r\nX-A: b\n'),
  host('a blank before a colon', 'Host: a\r\nX-User-Id : b\r\n'),
  host('a tab before a colon', 'Host: a\r\nX-User-Id\t: b\r\n'),
  host('a blank in a name', 'Host: a\r\nX User-Id: b\r\n'),
  host('a name in brackets', 'Host: a\r\nX[User]: b\r\n'),
  host('a name in quotes', 'Host: a\r\n"X-User-Id": b\r\n'),
  host('a byte beyond ASCII in a name', 'Host: a\r\nX\xe9: b\r\n'),
  host('a line without colon', 'Host: a\r\nX-User-Id\r\n'),
  host('an empty name', 'Host: a\r\n: b\r\n'),
  host('a slash in a name', 'Host: a\r\nX/User: b\r\n'),
  ['lines that end in LF', `GET /open HTTP/1.1\nHost: a\n\n${SMUGGLED}`],
  ['lines that end in CR', `GET /open HTTP/1.1\rHost: a\r\r${SMUGGLED}`],
  ['a header section that ends in LF', `GET /open HTTP/1.1\r\nHost: a\r\n\n${SMUGGLED}`],
  ['a header section that ends in CR', `GET /open HTTP/1.1\r\nHost: a\r\n\rX: y\r\n\r\n${SMUGGLED}`]
]

const hosts: readonly Malformed[] = [
  host('no Host', 'X: y\r\n'),
  ['no Host in HTTP/1.0', `GET /open HTTP/1.0\r\nConnection: keep-alive\r\n\r\n${SMUGGLED}`],
  ...[
    '',
    'a b',
    'a\tb',
    'a,b',
    'a, b',
    'a/b',
    '/a',
    'a?b',
    'a#b',
    'a\\b',
    'a@b',
    'user:x@b',
    'http://a',
    'a:b',
    'a:',
    ':80',
    'a:80:80',
    'a:-1',
    'a:999999',
    'a;b',
    'a%2eb',
    'a\xe9',
    'a"b',
    "a'b",
    'a<b',
    '[::1',
    '::1',
    '[::1]x',
    '[::1]:x',
    '[a.b]',
    '[::::]',
    '[....]',
    '.',
    '..',
    '.a',
    'a..',
    'a..b',
    'x'.repeat(300)
  ].map((value) => host(`Host: ${JSON.stringify(value)}`, `Host: ${value}\r\n`)),
  host('two Hosts alike', 'Host: a\r\nHost: a\r\n'),
  host('two Hosts that differ', 'Host: a\r\nHost: b\r\n'),
  host('two Hosts in two cases', 'Host: a\r\nhOsT: b\r\n'),
  host('two Hosts, the first empty', 'Host:\r\nHost: a\r\n'),
  host('a Host with a blank before its colon', 'Host : a\r\n'),
  host('a second Host with a blank before its colon', 'Host: a\r\nHost : b\r\n'),
  host('a second Host behind a fold', 'Host: a\r\nX: y\r\n Host: b\r\n'),
  line('an absolute form with another Host', 'GET http://b/open HTTP/1.1'),
  line('an absolute form with another port', 'GET http://a:81/open HTTP/1.1'),
  line('an absolute form with a user', 'GET http://u@a/open HTTP/1.1', 'Host: u@a\r\n'),
  line('an absolute form without Host', 'GET http://a/open HTTP/1.1', ''),
  line('an absolute form with an empty host', 'GET http:///open HTTP/1.1'),
  line('an absolute form with a backslash', 'GET http://a\\@b/open HTTP/1.1'),
  line('an authority form', 'GET a:80 HTTP/1.1')
]

const requestLines: readonly Malformed[] = [
  line('HTTP/1.2', 'GET /open HTTP/1.2'),
  line('HTTP/1.10', 'GET /open HTTP/1.10'),
  line('HTTP/1', 'GET /open HTTP/1'),
  line('HTTP/2.0', 'GET /open HTTP/2.0'),
  line('HTTP/3.0', 'GET /open HTTP/3.0'),
  line('HTTP/0.9', 'GET /open HTTP/0.9'),
  line('HTTP/01.1', 'GET /open HTTP/01.1'),
  line('HTTP/1,1', 'GET /open HTTP/1,1'),
  line('http/1.1', 'GET /open http/1.1'),
  line('XTTP/1.1', 'GET /open XTTP/1.1'),
  line('no version', 'GET /open'),
  line('an empty version', 'GET /open '),
  line('the preface of HTTP/2', 'PRI * HTTP/2.0'),
  line('a lower-case method', 'get /open HTTP/1.1'),
  line('an unknown method', 'FOO /open HTTP/1.1'),
  line('a method with a longer name', 'GETX /open HTTP/1.1'),
  line('a method with a control byte', 'GE\x01T /open HTTP/1.1'),
  line('a method with a colon', 'GET: /open HTTP/1.1'),
  line('a method in quotes', '"GET" /open HTTP/1.1'),
  line('a method with a byte beyond ASCII', 'GET\xa0 /open HTTP/1.1'),
  line('no method', '/open HTTP/1.1'),
  line('an empty method', ' /open HTTP/1.1'),
  line('CONNECT', 'CONNECT a:443 HTTP/1.1'),
  line('tabs in the request line', 'GET\t/open\tHTTP/1.1'),
  line('a tab before the version', 'GET /open\tHTTP/1.1'),
  line('a vertical tab in the request line', 'GET /open\x0bHTTP/1.1'),
  line('a blank in the target', 'GET /op en HTTP/1.1'),
  line('a tab in the target', 'GET /op\ten HTTP/1.1'),
  line('NUL in the target', 'GET /op\0en HTTP/1.1'),
  line('a bare CR in the request line', 'GET /open\rX HTTP/1.1'),
  line('a bare LF in the request line', 'GET /open\nX: HTTP/1.1'),
  line('a byte beyond ASCII in the target', 'GET /op\xe9n HTTP/1.1'),
  line('a second version', 'GET /open HTTP/1.1 HTTP/1.1'),
  line('a blank after the version', 'GET /open HTTP/1.1 '),
  line('a request line in a request line', 'GET /open HTTP/1.1/../smuggled HTTP/1.1'),
  line('no target', 'GET HTTP/1.1'),
  line('a relative target', 'GET open HTTP/1.1'),
  line('a target that is a query', 'GET ?open HTTP/1.1'),
  line('65 KB of target', `GET /${'a'.repeat(65_000)} HTTP/1.1`),
  line('65 KB of method', `${'A'.repeat(65_000)} /open HTTP/1.1`),
  line('65 KB of a field', 'GET /open HTTP/1.1', `Host: a\r\nX: ${'a'.repeat(65_000)}\r\n`),
  line('65 KB of a field name', 'GET /open HTTP/1.1', `Host: a\r\n${'a'.repeat(65_000)}: b\r\n`),
  ['nothing but a record of TLS', `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03${SMUGGLED}`],
  ['nothing but a response', `HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n${SMUGGLED}`],
  [
    'a line of the PROXY protocol',
    `PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET /open HTTP/1.1\r\nHost: a\r\n\r\n${SMUGGLED}`
  ]
]

export const malformed: readonly Malformed[] = [...lengths, ...codings, ...chunks, ...fields, ...hosts, ...requestLines]
