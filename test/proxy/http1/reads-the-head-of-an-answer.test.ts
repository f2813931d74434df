import t from 'tap'
import { readAnswerHead, readFields, UnreadableAnswer } from '../../../gateway/proxy/http1/answer-head.js'

const refused = { name: 'UnreadableAnswer', code: 'UPSTREAM_UNREADABLE' }

t.test('a status line has a version of HTTP/1, three digits, and perhaps a reason (RFC 9112 §4)', (t) => {
  const lines: Readonly<Record<string, readonly [minor: number, status: number, reason: string]>> = {
    'HTTP/1.1 200 OK': [1, 200, 'OK'],
    'HTTP/1.0 200 OK': [0, 200, 'OK'],
    'HTTP/1.1 200 ': [1, 200, ''],
    'HTTP/1.1 200': [1, 200, ''],
    'HTTP/1.1 404 Not  Found ': [1, 404, 'Not  Found '],
    'HTTP/1.1 200 caf\xe9\tand more': [1, 200, 'caf\xe9\tand more'],
    'HTTP/1.1 100 Continue': [1, 100, 'Continue'],
    'HTTP/1.1 999 ?': [1, 999, '?'],
    'HTTP/1.1 200  OK': [1, 200, ' OK']
  }
  for (const [line, [minorVersion, status, reason]] of Object.entries(lines)) {
    for (const text of [line, `${line}\r\nX-A: b`]) {
      t.match(readAnswerHead(text), { minorVersion, status, reason }, JSON.stringify(text))
    }
  }
  t.end()
})

t.test('anything else is no status line', (t) => {
  for (const line of [
    ...['', ' HTTP/1.1 200 OK', '\r\nHTTP/1.1 200 OK', '\nHTTP/1.1 200 OK', 'HTTP/1.1', 'HTTP/1.1 ', 'HTTP/1.1 OK'],
    ...[
      'HTTP/1.2 200 OK',
      'HTTP/2.0 200 OK',
      'HTTP/0.9 200 OK',
      'HTTP/1 200 OK',
      'HTTP/1.10 200 OK',
      'HTTP/01.1 200 OK'
    ],
    ...['http/1.1 200 OK', 'HTTP/1.1200 OK', 'HTTP /1.1 200 OK', 'HTTPS/1.1 200 OK', 'ICY 200 OK', 'RTSP/1.0 200 OK'],
    ...[
      'HTTP/1.1  200 OK',
      'HTTP/1.1\t200 OK',
      'HTTP/1.1 20 OK',
      'HTTP/1.1 2000 OK',
      'HTTP/1.1 200OK',
      'HTTP/1.1 200\tOK'
    ],
    ...[
      'HTTP/1.1 000 OK',
      'HTTP/1.1 099 OK',
      'HTTP/1.1 -20 OK',
      'HTTP/1.1 +20 OK',
      'HTTP/1.1 2.0 OK',
      'HTTP/1.1 0x1 OK'
    ],
    ...['HTTP/1.1 200 a\rb', 'HTTP/1.1 200 a\nb', 'HTTP/1.1 200\nX: a', 'HTTP/1.1 200 OK\r', 'HTTP/1.1 \xb2\xb3\xb9 OK']
  ]) {
    t.throws(() => readAnswerHead(line), refused, JSON.stringify(line))
  }
  t.end()
})

t.test('fields are read as they came, without the whitespace around their values (RFC 9112 §5)', (t) => {
  const lines: Readonly<Record<string, readonly string[]>> = {
    '': [],
    'a: b': ['a', 'b'],
    'a:b': ['a', 'b'],
    'a: \t b \t ': ['a', 'b'],
    'a:': ['a', ''],
    'a: ': ['a', ''],
    'a:\t': ['a', ''],
    'a: b:c': ['a', 'b:c'],
    'a:: b': ['a', ': b'],
    'a: b \t c': ['a', 'b \t c'],
    "!#$%&'*+-.^_`|~09azAZ: b": ["!#$%&'*+-.^_`|~09azAZ", 'b'],
    'a: \x80\xff "\\\x7e': ['a', '\x80\xff "\\\x7e'],
    'a: \xa0b\xa0': ['a', '\xa0b\xa0'],
    'A: 1\r\na: 2\r\nA: 3': ['A', '1', 'a', '2', 'A', '3'],
    'a: b\r\n': ['a', 'b']
  }
  for (const [text, fields] of Object.entries(lines)) t.same(readFields(text), fields, JSON.stringify(text))
  t.end()
})

t.test('what another reader might read as another field is refused (RFC 9112 §2.2, §5.1, §5.2; RFC 9110 §5.5)', (t) => {
  const inName = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).filter(
    (c) => !/[!#$%&'*+.^_`|~\w:-]/.test(c)
  )
  const inValue = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).filter(
    (c) => !/[\t -~\x80-\xff]/.test(c)
  )
  t.same([inName.length, inValue.length], [178, 32])
  for (const text of [
    ...inName.flatMap((c) => [`${c}a: b`, `a${c}: b`, `a${c}b: c`]),
    ...inValue.flatMap((c) => [`a: ${c}b`, `a: b${c}`, `a: b${c}c`, `a:${c}`]),
    ...[': b', 'a', 'a\r\nb: c', 'a b: c', 'a : b', 'a\t: b', ' a: b', '\ta: b', ''].map(
      (line) => `x: y\r\n${line}\r\nz: z`
    ),
    ...[
      'a: b\r\n c: d',
      'a: b\r\n\tc',
      'a: b\r\n ',
      'a: b\nc: d',
      'a: b\rc: d',
      'a: b\r\r\nc: d',
      'a: b\n\rc: d',
      'a: b\r'
    ],
    ...['a: b\r\n\r\n', '\r\na: b', 'a\r\n: b', 'a: b\r\nc']
  ]) {
    t.throws(() => readFields(text), refused, JSON.stringify(text))
    t.throws(() => readAnswerHead(`HTTP/1.1 200 OK\r\n${text}`), UnreadableAnswer)
  }
  t.end()
})

t.test('what frames the message or its connection is found in any case, and lists are joined', (t) => {
  const read = (...lines: string[]) => {
    const { contentLength, transferEncoding, connection, keepAlive } = readAnswerHead(
      ['HTTP/1.1 200 OK', ...lines].join('\r\n')
    )
    return [contentLength, transferEncoding, connection, keepAlive]
  }
  t.same(read(), [null, null, null, null])
  t.same(read('content-length: 5', 'Transfer-ENCODING: Chunked', 'CONNECTION: Close', 'Keep-alive: Timeout=5'), [
    ...['5', 'chunked', 'close', 'timeout=5']
  ])
  t.same(read('Content-Length: 5', 'X-A: 6', 'content-length: 5'), ['5,5', null, null, null])
  t.same(read('Transfer-Encoding: gzip', 'Transfer-Encoding: chunked'), [null, 'gzip,chunked', null, null])
  t.same(read('Connection: a', 'Connection:', 'Connection: b, c'), [null, null, 'a,,b, c', null])
  t.same(read('Content-Length:', 'Transfer-Encoding: ', 'Connection:', 'Keep-Alive:'), ['', '', '', ''])
  t.same(read('Content_Length: 5', 'Content-Lengths: 5', 'Transfer-Encodin: x', 'Connectio: y', 'Xonnection: z'), [
    ...[null, null, null, null]
  ])
  t.end()
})
