import t from 'tap'
import { createChunkedBody } from '../../../gateway/proxy/http1/chunked-body.js'

interface Read {
  body: string
  /** null: it is not whole. */
  trailers: readonly string[] | null
  /** Octets that are none of its own. */
  left: string
}

/** Reads text in pieces of so many octets. */
function read(text: string, each: number): Read {
  const whole: Read = { body: '', trailers: null, left: '' }
  const chunks = createChunkedBody({
    onData: (chunk) => (whole.body += chunk.toString('latin1')),
    onEnd: (trailers) => (whole.trailers = trailers)
  })
  chunks.begin()
  for (let at = 0; at < text.length; at += each) {
    const piece = Buffer.from(text.slice(at, at + each), 'latin1')
    whole.left += piece.toString('latin1', chunks.read(piece, 0))
  }
  return whole
}

const sizes = (text: string) => [1, 2, 3, 7, text.length]
const END = '0\r\n\r\n'

t.test('a body in chunks is read, in whatever pieces it comes (RFC 9112 §7.1)', (t) => {
  const table: Readonly<Record<string, readonly [body: string, trailers: readonly string[], left?: string]>> = {
    [END]: ['', []],
    [`5\r\nhello\r\n${END}`]: ['hello', []],
    [`5\r\nhello\r\n6\r\n world\r\n${END}`]: ['hello world', []],
    [`A\r\n0123456789\r\na\r\n0123456789\r\n${END}`]: ['01234567890123456789', []],
    '010\r\n0123456789abcdef\r\n000\r\n\r\n': ['0123456789abcdef', []],
    '000000000001\r\na\r\n000000000000\r\n\r\n': ['a', []],
    [`4\r\n\r\n\r\n\r\n${END}`]: ['\r\n\r\n', []],
    [`5\r\n0\r\n\r\n\r\n${END}`]: ['0\r\n\r\n', []],
    [`2\r\n\0\xff\r\n${END}`]: ['\0\xff', []],
    // §7.1.1: extensions that are not known are ignored.
    '1;a\r\na\r\n0;b\r\n\r\n': ['a', []],
    [`1;a=b;c\r\na\r\n${END}`]: ['a', []],
    [`1;a="b;\\"\\\\ \t\xe9"\r\na\r\n${END}`]: ['a', []],
    [`1;a=""\r\na\r\n${END}`]: ['a', []],
    [`1;a="b";c=d\r\na\r\n${END}`]: ['a', []],
    // §7.1.2: trailers.
    '0\r\nA: b\r\n\r\n': ['', ['A', 'b']],
    '1\r\na\r\n0\r\nA: b\r\nc:\r\nA: d\r\n\r\n': ['a', ['A', 'b', 'c', '', 'A', 'd']],
    // What follows is nobody's here.
    [`${END}X`]: ['', [], 'X'],
    [`${END}\r\n`]: ['', [], '\r\n'],
    '0\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n\r\n': ['', ['A', 'b'], 'HTTP/1.1 200 OK\r\n\r\n']
  }
  for (const [text, [body, trailers, left = '']] of Object.entries(table)) {
    for (const each of sizes(text))
      t.same(read(text, each), { body, trailers, left }, `${JSON.stringify(text)} by ${each}`)
  }
  t.end()
})

t.test('a body is not whole before its last empty line', (t) => {
  const text = '5;a=b\r\nhello\r\n0\r\nA: b\r\nC: d\r\n\r\n'
  for (let most = 0; most < text.length; most += 1) t.equal(read(text.slice(0, most), 4).trailers, null, `${most}`)
  t.end()
})

t.test('what another reader might read as other chunks is refused', (t) => {
  const lines = [
    ...[
      '',
      ' ',
      'x',
      'g',
      '-1',
      '+1',
      '0x1',
      ' 1',
      '1 ',
      '1\t',
      '1 1',
      '1,',
      '1_0',
      '1h',
      '1.',
      '1;',
      '1; a',
      '1 ;a',
      '1;a ',
      '1;=b'
    ],
    ...[
      '1;a=',
      '1;a= b',
      '1;a =b',
      '1;a="',
      '1;a="b',
      '1;a="b\\"',
      '1;a="b"c',
      '1;a="b" ',
      '1;a=b"c"',
      '1;a=b c',
      '1;;a',
      '1;a;'
    ],
    ...[
      '1;a\0',
      '1;\xff',
      '1;a=\x01',
      '1;a="\x01"',
      '1;a="\\\x01"',
      '1;a="\x7f"',
      '1;a=é',
      '1;a(b',
      '1\0',
      '\xb9',
      '１'
    ],
    ...['1\r', '\r1', '\n1', '0000000000001', '1000000000000', 'ffffffffffffffff', '10000000000000000', '1'.repeat(40)]
  ]
  const table = [
    ...lines.map((line) => `${line}\r\na\r\n${END}`),
    ...['\n', '\r', '\r\r\n', '\n\r\n', '', ' \r\n'].flatMap((end) => [`1${end}a\r\n${END}`, `1\r\na${end}${END}`]),
    ...['0\n\r\n', '0\r\n\n', '0\r\r\n\r\n', '0\r\n\r\r\n', '0\r\rx', '0\r\n\rx', '0\r\nA: b\n\r\n', '0\r\nA: b\r\n\n'],
    ...[`1\r\nab\r\n${END}`, `2\r\na\r\n${END}`, `1\r\n${END}`, `1\r\na${END}`],
    ...['a b: c', 'a : b', ': b', 'a', ' a: b', 'a: \0', 'a: b\rc', 'a: b\n', 'a: b\r\n c'].map(
      (line) => `0\r\n${line}\r\n\r\n`
    ),
    ...['Content-Length: 5', 'transfer-encoding: chunked', 'CONTENT-LENGTH: 0', 'x: y\r\nTransfer-Encoding: x'].map(
      (line) => `0\r\n${line}\r\n\r\n`
    )
  ]
  for (const text of table) {
    for (const each of sizes(text)) {
      // Some wait for a line's end.
      const end = `${'x'.repeat(5_000)}\r\n\r\n`
      t.throws(() => read(text + end, each), { code: 'UPSTREAM_UNREADABLE' }, `${JSON.stringify(text)} by ${each}`)
    }
  }
  t.end()
})

t.test('lines are as long as they may be, and trailers together', (t) => {
  const extended = (octets: number) => `1;a="${'x'.repeat(octets - 8)}"\r\na\r\n${END}`
  const trailing = (octets: number) => `0\r\na: b\r\nc: ${'x'.repeat(octets - 13)}\r\n\r\n`
  for (const each of [1, 1_000, 100_000]) {
    t.equal(read(extended(4_096), each).body, 'a')
    t.throws(() => read(extended(4_097), each), { code: 'UPSTREAM_UNREADABLE' })
    t.equal(read(trailing(16 * 1024), each).trailers?.length, 4)
    t.throws(() => read(trailing(16 * 1024 + 1), each), { code: 'UPSTREAM_UNREADABLE' })
  }
  t.throws(() => read('1'.repeat(5_000), 1), { code: 'UPSTREAM_UNREADABLE' }, 'without an end')
  t.throws(() => read(`0\r\n${'a: b\r\n'.repeat(3_000)}`, 1), { code: 'UPSTREAM_UNREADABLE' }, 'without an end')
  t.end()
})

t.test('who has heard enough is told nothing more', (t) => {
  const told: string[] = []
  const chunks = createChunkedBody({
    onData(chunk) {
      told.push(chunk.toString('latin1'))
      chunks.stop()
    },
    onEnd: () => told.push('end')
  })
  chunks.begin()
  chunks.read(Buffer.from(`1\r\na\r\n1\r\nb\r\n${END}`), 0)
  t.same(told, ['a'])
  t.end()
})
