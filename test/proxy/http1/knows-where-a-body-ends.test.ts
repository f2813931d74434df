import t from 'tap'
import { readAnswerHead } from '../../../gateway/proxy/http1/answer-head.js'
import { framingOf, isDoubtful, keepAliveHint, persists } from '../../../gateway/proxy/http1/body-framing.js'

/** `start`: version and status; `lines`: of fields. */
const head = (start: string, ...lines: string[]) => readAnswerHead([`HTTP/${start} x`, ...lines].join('\r\n'))
const refused = { code: 'UPSTREAM_UNREADABLE' }

t.test('the body ends where RFC 9112 §6.3 says', (t) => {
  const none = { kind: 'none' }
  const chunked = { kind: 'chunked' }
  const connection = { kind: 'connection' }
  const octets = (octets: number) => ({ kind: 'octets', octets })
  const table: readonly (readonly [method: string, start: string, lines: readonly string[], framing: object])[] = [
    // 1: no body, whatever the fields say.
    ['HEAD', '1.1 200', ['Content-Length: 5'], none],
    ['HEAD', '1.1 200', ['Transfer-Encoding: chunked'], none],
    ['HEAD', '1.1 200', [], none],
    ['GET', '1.1 204', [], none],
    ['GET', '1.1 204', ['Content-Length: 5'], none],
    ['GET', '1.1 204', ['Transfer-Encoding: chunked'], none],
    ['GET', '1.1 304', ['Content-Length: 5'], none],
    ['GET', '1.1 304', ['Transfer-Encoding: chunked'], none],
    ['GET', '1.1 103', ['Content-Length: 5'], none],
    ['GET', '1.1 100', [], none],
    // Other statuses have one, also those that should not.
    ['GET', '1.1 205', ['Content-Length: 5'], octets(5)],
    ['GET', '1.1 305', [], connection],
    ['GET', '1.1 203', [], connection],
    // 4: chunks.
    ['GET', '1.1 200', ['Transfer-Encoding: chunked'], chunked],
    ['POST', '1.1 500', ['transfer-encoding: \tCHUNKED '], chunked],
    // 6: a length.
    ['GET', '1.1 200', ['Content-Length: 5'], octets(5)],
    ['GET', '1.0 200', ['Content-Length: 5'], octets(5)],
    ['GET', '1.1 200', ['Content-Length: 0'], none],
    ['GET', '1.1 200', ['Content-Length: 000'], none],
    ['GET', '1.1 200', ['Content-Length: 007'], octets(7)],
    ['GET', '1.1 200', ['Content-Length: \t5 '], octets(5)],
    ['GET', '1.1 200', ['Content-Length: 999999999999999'], octets(999_999_999_999_999)],
    // 8: the end of the connection.
    ['GET', '1.1 200', [], connection],
    ['GET', '1.0 200', [], connection],
    ['GET', '1.1 200', ['Connection: keep-alive'], connection],
    ['GET', '1.1 200', ['X-Content-Length: 5', 'TE: chunked'], connection]
  ]
  for (const [method, start, lines, framing] of table) {
    t.same(framingOf(head(start, ...lines), method), framing, `${method} ${start} ${lines}`)
  }
  t.end()
})

t.test('what two readers might read in two ways is refused, and so it is where no body follows', (t) => {
  const lengths = [
    '',
    '+5',
    '-5',
    '5,5',
    '5, 5',
    '5,',
    ',5',
    '5 5',
    '0x5',
    '5.0',
    '1e1',
    '\xb2',
    'five',
    '5\xa0',
    '1_0',
    "5'",
    '5;a'
  ]
  const codings = [
    ...['', 'gzip', 'gzip, chunked', 'chunked, gzip', 'chunked, chunked', 'identity', 'identity, chunked', 'xchunked'],
    ...[
      'chunked,',
      ',chunked',
      'chunked;a=b',
      '"chunked"',
      'chunked\xa0',
      'chunked x',
      'chun ked',
      'chunkedd',
      'trailers'
    ]
  ]
  const tables: readonly (readonly string[])[] = [
    ...[...lengths, '1000000000000000', '9'.repeat(40)].map((length) => [`Content-Length: ${length}`]),
    ...codings.map((coding) => [`Transfer-Encoding: ${coding}`]),
    ['Content-Length: 5', 'Content-Length: 5'],
    ['Content-Length: 5', 'content-length: 6'],
    ['Content-Length: 0', 'Content-Length:'],
    ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: gzip', 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: chunked', 'Transfer-Encoding: '],
    ['Transfer-Encoding: chunked', 'Content-Length: 5'],
    ['Content-Length: 0', 'Transfer-Encoding: chunked']
  ]
  for (const lines of tables) {
    for (const [method, start] of [
      ['GET', '1.1 200'],
      ['HEAD', '1.1 200'],
      ['GET', '1.1 204'],
      ['GET', '1.1 304'],
      ['GET', '1.1 103'],
      ['GET', '1.0 200']
    ] as const) {
      t.throws(() => framingOf(head(start, ...lines), method), refused, `${method} ${start} ${lines}`)
    }
  }
  // RFC 9112 §6.1: HTTP/1.0 has no transfer codings.
  t.throws(() => framingOf(head('1.0 200', 'Transfer-Encoding: chunked'), 'GET'), refused)
  t.end()
})

t.test('the connection persists as RFC 9112 §9.3 says', (t) => {
  const table: readonly (readonly [minor: 0 | 1, lines: readonly string[], persists: boolean])[] = [
    [1, [], true],
    [1, ['Connection:'], true],
    [1, ['Connection: close'], false],
    [1, ['Connection: Close'], false],
    [1, ['Connection: keep-alive'], true],
    [1, ['Connection: keep-alive, close'], false],
    [1, ['Connection: x,close ,y'], false],
    [1, ['Connection: x', 'Connection: close'], false],
    [1, ['Connection: upgrade'], true],
    [1, ['Connection: closed, not-close, x close'], true],
    [1, ['X-Connection: close', 'Proxy-Connection: close'], true],
    [0, [], false],
    [0, ['Connection:'], false],
    [0, ['Connection: keep-alive'], true],
    [0, ['Connection: x, Keep-Alive'], true],
    [0, ['Connection: keep-alive, close'], false],
    [0, ['Connection: keep-alives'], false],
    [0, ['Connection: upgrade'], false],
    [0, ['Keep-Alive: timeout=5'], false]
  ]
  for (const [minor, lines, expected] of table)
    t.equal(persists(head(`1.${minor} 200`, ...lines)), expected, `1.${minor} ${lines}`)
  t.end()
})

t.test('a body that is promised where none is makes doubtful what follows (RFC 9110 §8.6, RFC 9112 §6.1)', (t) => {
  for (const status of [100, 103, 204]) {
    t.equal(isDoubtful(head(`1.1 ${status}`, 'Content-Length: 5')), true)
    t.equal(isDoubtful(head(`1.1 ${status}`, 'Transfer-Encoding: chunked')), true)
    t.equal(isDoubtful(head(`1.1 ${status}`, 'Content-Length: 00')), false)
    t.equal(isDoubtful(head(`1.1 ${status}`)), false)
  }
  // Here both are allowed.
  t.equal(isDoubtful(head('1.1 304', 'Content-Length: 5')), false)
  t.equal(isDoubtful(head('1.1 200', 'Transfer-Encoding: chunked')), false)
  t.end()
})

t.test('a server says in seconds how long it waits', (t) => {
  const table: Readonly<Record<string, number | null>> = {
    'timeout=5': 5_000,
    'timeout=5, max=100': 5_000,
    'max=100,timeout=5': 5_000,
    'Timeout=0': 0,
    'timeout=999999999': 999_999_999_000,
    'timeout=1000000000': null,
    'timeout=': null,
    'timeout=-5': null,
    'timeout=5s': null,
    'timeout=1.5': null,
    'xtimeout=5': null,
    'max=5': null,
    '': null
  }
  for (const [text, hint] of Object.entries(table))
    t.equal(keepAliveHint(head('1.1 200', `Keep-Alive: ${text}`)), hint, text)
  t.equal(keepAliveHint(head('1.1 200')), null)
  t.end()
})
