/** Answers as upstreams might send them, and as nobody should. */
import fc from 'fast-check'

/** Latin1 text, and the method that it answers. */
export interface Answer {
  readonly method: string
  readonly text: string
}

/** Mostly the first, now and then one of the others. */
const mostly = <T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>, weight = 12) =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: odd })

const oneOf = (...texts: string[]) => fc.constantFrom(...texts)

const lineEnd = mostly(
  fc.constant('\r\n'),
  oneOf('\n', '\r', '\r\r\n', '\n\r', '\r\n ', '\r\n\t', ' \r\n', '\r\n\r\n', ''),
  150
)
const spaces = mostly(oneOf(' ', ''), oneOf('\t', '  ', ' \t ', '\x0b', '\x0c', '\xa0', '\0'), 80)

const statusLine = mostly(
  fc
    .tuple(
      mostly(fc.constant('HTTP/1.1'), fc.constant('HTTP/1.0'), 5),
      mostly(oneOf('200', '404'), oneOf('204', '304', '205', '206', '500', '299', '600', '999'), 3),
      mostly(oneOf(' OK', ' '), oneOf('', ' Not  Found', ' caf\xe9', ' a\tb', ' \x01', ' a\0b', ' a:b'), 5)
    )
    .map((parts) => `${parts[0]} ${parts[1]}${parts[2]}`),
  oneOf(
    ...[
      '',
      'HTTP/1.2 200 OK',
      'HTTP/2.0 200 OK',
      'HTTP/0.9 200 OK',
      'http/1.1 200 OK',
      'HTTP/1.1  200 OK',
      'ICY 200 OK'
    ],
    ...['HTTP/1.1 20 OK', 'HTTP/1.1 2000 OK', 'HTTP/1.1 200OK', 'HTTP/1.1\t200 OK', 'HTTP/1.1 099 Low', 'HTTP/1.1 000'],
    ...[
      'HTTP/1.1 200\tOK',
      'HTTP/1.10 200 OK',
      'HTTP/01.1 200 OK',
      'HTTP/1.1 +20 OK',
      ' HTTP/1.1 200 OK',
      'HTTP/1. 200'
    ]
  ),
  60
)

const name = mostly(
  oneOf('x-a', 'X-B', 'Set-Cookie', 'Content-Type', "x!#$%&'*+.^_`|~9"),
  oneOf('', 'x y', 'x\xe9', 'x\0', 'x(', 'x/', '"x"', 'x\x7f', '\x01', 'Upgrade', 'Trailer', 'Proxy-Connection', 'x,y'),
  50
)
const value = mostly(
  oneOf('', 'a', 'a b', 'caf\xe9', '"q"', 'a:b', '\x80\xff', 'a\tb', ','),
  oneOf('a\0b', 'a\x01', '\x7f', 'a\x0bb', 'a\rb', 'a\nb', '\x1f'),
  60
)
const fieldLine = (names: fc.Arbitrary<string>, values: fc.Arbitrary<string>) =>
  fc
    .tuple(names, mostly(fc.constant(':'), oneOf(' :', '\t:', '', '::'), 60), spaces, values, spaces, lineEnd)
    .map((parts) => parts.join(''))

const connection = fieldLine(
  oneOf('Connection', 'connection', 'CONNECTION', 'Keep-Alive'),
  oneOf(
    'close',
    'keep-alive',
    'Keep-Alive',
    'close, x',
    'x,close',
    'upgrade',
    '',
    ',',
    'timeout=5',
    'timeout=0, max=3',
    'close;x'
  )
)
const trailers = fc.oneof(
  { weight: 4, arbitrary: fc.constant<string[]>([]) },
  { weight: 2, arbitrary: fc.array(fieldLine(name, value), { maxLength: 3 }) },
  {
    weight: 1,
    arbitrary: fc.array(fieldLine(oneOf('Content-Length', 'Transfer-Encoding', 'x'), oneOf('5', 'chunked')), {
      maxLength: 2
    })
  }
)

const content = fc.oneof(
  {
    weight: 6,
    arbitrary: oneOf('', 'a', 'hello', 'HTTP/1.1 200 OK\r\n\r\n', '0\r\n\r\n', '\r\n', '\0\xff', 'x'.repeat(40))
  },
  {
    weight: 1,
    arbitrary: fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) })
  }
)

const extension = mostly(
  fc.constant(''),
  oneOf(
    ...[
      ';a',
      ';a=b',
      ';a="b;\\"c"',
      ';a=b;c',
      ';a="\xff\t "',
      ';a=""',
      ';a="x";b=y',
      ';',
      '; a',
      ' ;a',
      ' ',
      '\t',
      ';a='
    ],
    ...[
      ';a="',
      ';=b',
      ';a\xff',
      ';a=\x01',
      ';a="\x01"',
      ';a=b"c"',
      ';;',
      ';a ',
      ';a =b',
      ';a= b',
      ';a="b"c',
      ';a=b c',
      'g'
    ],
    ...[';a="b\\', ';a="\\\x01"', ';\n', ';a="\n"', ';a=\xff', ';a="b" ', ';a="b"=c']
  ),
  10
)
const size = (octets: number) => {
  const hex = octets.toString(16)
  const wrong = oneOf(
    ...[
      (octets + 1).toString(16),
      (octets - 1).toString(16),
      `0x${hex}`,
      `+${hex}`,
      `-${hex}`,
      '',
      ` ${hex}`,
      `${hex}h`
    ],
    ...['fffffffffffff', '10000000000000000', `${hex}_0`, `1${'0'.repeat(20)}`, `${hex},${hex}`]
  )
  return mostly(oneOf(hex, hex.toUpperCase(), `0${hex}`, `000000${hex}`), wrong, 40)
}
const chunk = content.chain((data) => {
  return fc
    .tuple(size(data.length), extension, lineEnd, fc.constant(data), lineEnd)
    .map((parts) => (data === '' ? '' : parts.join('')))
})
const chunks = fc
  .tuple(fc.array(chunk, { maxLength: 4 }), oneOf('0', '00', '0000000'), extension, lineEnd, trailers, lineEnd)
  .map(([most, last, extended, end, tail, over]) => `${most.join('')}${last}${extended}${end}${tail.join('')}${over}`)

/** A body and the fields that frame it. */
interface Framed {
  readonly fields: readonly string[]
  readonly body: string
}

const lengthName = oneOf('Content-Length', 'content-length', 'CONTENT-LENGTH')
const codingName = oneOf('Transfer-Encoding', 'transfer-encoding', 'Transfer-encoding')
const sized: fc.Arbitrary<Framed> = content.chain((body) => {
  const octets = body.length
  const wrong = oneOf(
    ...[
      `${octets + 1}`,
      `${Math.max(0, octets - 1)}`,
      `+${octets}`,
      `-${octets}`,
      `0x${octets}`,
      `${octets}, ${octets}`
    ],
    ...[
      `${octets},`,
      '',
      `${octets}.0`,
      `${octets} 0`,
      '999999999999999',
      '9999999999999999',
      '99999999999999999999',
      '1e1'
    ]
  )
  const length = mostly(oneOf(`${octets}`, `0${octets}`, `0000000${octets}`), wrong, 20)
  return fieldLine(lengthName, length).map((line) => ({ fields: [line], body }))
})
const coding = mostly(
  oneOf('chunked', 'Chunked', 'CHUNKED'),
  oneOf(
    ...['gzip', 'gzip, chunked', 'chunked, gzip', 'identity', 'xchunked', 'chunked;a=b', 'chunked,', ',chunked', ''],
    ...['chunked, chunked', 'chunked\xa0', '"chunked"', 'chunked identity', 'identity, chunked']
  ),
  20
)
const chunked: fc.Arbitrary<Framed> = fc
  .tuple(fieldLine(codingName, coding), chunks)
  .map(([line, body]) => ({ fields: [line], body }))
const both: fc.Arbitrary<Framed> = fc
  .tuple(fc.array(fc.oneof(sized, chunked), { minLength: 2, maxLength: 3 }), fc.nat(2))
  .map(([all, which]) => ({ fields: all.flatMap(({ fields }) => fields), body: all[which % all.length]?.body ?? '' }))
const untilClosed: fc.Arbitrary<Framed> = content.map((body) => ({ fields: [], body }))
const framed = fc.oneof(
  { weight: 4, arbitrary: sized },
  { weight: 6, arbitrary: chunked },
  { weight: 1, arbitrary: both },
  { weight: 1, arbitrary: untilClosed }
)

const interim = fc
  .tuple(
    mostly(
      oneOf('HTTP/1.1 100 Continue', 'HTTP/1.1 103 Early Hints'),
      oneOf('HTTP/1.1 102 ', 'HTTP/1.0 100 x', 'HTTP/1.1 101 x', 'HTTP/1.1 199'),
      8
    ),
    lineEnd,
    fc.array(
      mostly(
        fieldLine(name, value),
        fieldLine(oneOf('Content-Length', 'Transfer-Encoding', 'Connection'), oneOf('0', '5', 'chunked', 'close'))
      ),
      {
        maxLength: 2
      }
    ),
    lineEnd
  )
  .map(([line, end, fields, over]) => `${line}${end}${fields.join('')}${over}`)

const whole = fc
  .tuple(
    mostly(fc.constant<string[]>([]), fc.array(interim, { minLength: 1, maxLength: 2 }), 4),
    statusLine,
    lineEnd,
    fc.array(fieldLine(name, value), { maxLength: 3 }),
    framed,
    fc.option(connection, { nil: '', freq: 3 }),
    lineEnd,
    mostly(
      fc.constant(''),
      oneOf('X', '\r\n', '\n', '\0', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', '0\r\n\r\n'),
      4
    )
  )
  .map(([before, line, end, fields, { fields: framing, body }, other, over, after]) => {
    return `${before.join('')}${line}${end}${fields.join('')}${framing.join('')}${other}${over}${body}${after}`
  })

/** Where, from 0 to 1, and what comes there in place of so many octets. */
type Mutation = readonly [where: number, removed: number, inserted: string]

const mutation: fc.Arbitrary<Mutation> = fc.tuple(
  fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  fc.nat(2),
  oneOf(
    ...[
      '',
      '\r',
      '\n',
      '\r\n',
      '\0',
      ' ',
      '\t',
      ':',
      ';',
      ',',
      '"',
      '\\',
      '0',
      '1',
      'a',
      'f',
      '\x7f',
      '\x80',
      '\xff',
      '\x0b'
    ]
  )
)

const mutated = (text: string, mutations: readonly Mutation[]) =>
  mutations.reduce((before, [where, removed, inserted]) => {
    const at = Math.floor(where * (before.length + 1))
    return before.slice(0, at) + inserted + before.slice(at + removed)
  }, text)

export const answers: fc.Arbitrary<Answer> = fc
  .tuple(
    mostly(oneOf('GET', 'POST'), fc.constant('HEAD'), 8),
    whole,
    fc.oneof(
      { weight: 3, arbitrary: fc.constant<Mutation[]>([]) },
      { weight: 1, arbitrary: fc.array(mutation, { minLength: 1, maxLength: 3 }) }
    )
  )
  .map(([method, text, mutations]) => ({ method, text: mutated(text, mutations) }))
