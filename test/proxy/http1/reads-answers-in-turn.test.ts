import t from 'tap'
import { createAnswerReader } from '../../../gateway/proxy/http1/answer-reader.js'

/** A reader, and what it told: statuses, `data`, `end`, `upgrade` with what came behind. */
function start(acts: Partial<Record<string, (reader: ReturnType<typeof createAnswerReader>) => void>> = {}) {
  const told: string[] = []
  function note(what: string) {
    told.push(what)
    acts[what]?.(reader)
  }
  const reader = createAnswerReader({
    onInterim: ({ status }) => note(`${status}`),
    onHead: ({ status }) => note(`${status}`),
    onData: (chunk) => note(`data ${chunk.toString('latin1')}`),
    onEnd: (trailers) => note(trailers.length === 0 ? 'end' : `end ${trailers.join()}`),
    onUpgrade: ({ status }, rest) => note(`${status} ${rest.toString('latin1')}`)
  })
  return { told, reader, read: (text: string) => reader.read(Buffer.from(text, 'latin1')) }
}

const OK = 'HTTP/1.1 200 OK\r\n'
const refused = { code: 'UPSTREAM_UNREADABLE' }

t.test('answers follow one another, each begun first', (t) => {
  const { told, reader, read } = start()
  const answers: readonly (readonly [method: string, text: string])[] = [
    ['GET', `${OK}Content-Length: 2\r\n\r\nab`],
    ['HEAD', `${OK}Content-Length: 2\r\n\r\n`],
    ['GET', `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nc\r\n0\r\nA: b\r\n\r\n`],
    [
      'GET',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n'
    ],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n'],
    ['POST', 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nd']
  ]
  for (const [method, text] of answers) {
    reader.begin(method, false)
    t.equal(read(text), true)
    t.match(reader.persistence(), { persists: true, hintMs: null })
    t.equal(reader.end(), false, 'none of them ends with the connection')
  }
  t.same(told, [
    ...['200', 'data ab', 'end', '200', 'end', '200', 'data c', 'end A,b', '103', '204', 'end', '304', 'end'],
    ...['200', 'data d', 'end']
  ])
  t.end()
})

t.test('one without a length ends with its connection, and none that has another end', (t) => {
  const untilClosed = start()
  untilClosed.reader.begin('GET', false)
  untilClosed.read(`${OK}\r\na`)
  untilClosed.read('b')
  t.equal(untilClosed.reader.end(), true)
  t.equal(untilClosed.reader.end(), false)
  t.same(untilClosed.told, ['200', 'data a', 'data b', 'end'])
  t.equal(untilClosed.reader.persistence().persists, false)

  for (const text of [
    '',
    'HTTP',
    OK,
    `${OK}Content-Length: 2\r\n\r\na`,
    `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n`
  ]) {
    const cut = start()
    cut.reader.begin('GET', false)
    cut.read(text)
    t.equal(cut.reader.end(), false, text)
    t.notOk(cut.told.includes('end'))
  }
  t.end()
})

t.test('octets that belong to no answer are told apart', (t) => {
  for (const [text, belongs] of [
    [`${OK}Content-Length: 0\r\n\r\n`, true],
    [`${OK}Content-Length: 0\r\n\r\n\r\n`, false],
    [`${OK}Content-Length: 1\r\n\r\nab`, false],
    [`${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n\0`, false],
    [`HTTP/1.1 204 No Content\r\nContent-Length: 1\r\n\r\na`, false],
    [`${OK}\r\nab`, true]
  ] as const) {
    const { reader, read } = start()
    reader.begin('GET', false)
    t.equal(read(text), belongs, JSON.stringify(text))
  }
  const { read } = start()
  t.equal(read('a'), false, 'nothing was begun')
  t.end()
})

t.test('a body promised where there is none may come, so that nothing follows', (t) => {
  for (const [text, persists] of [
    ['HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n', true],
    ['HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n', false],
    ['HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n', false],
    [`HTTP/1.1 103 Early Hints\r\nContent-Length: 2\r\n\r\n${OK}Content-Length: 0\r\n\r\n`, false],
    [`HTTP/1.1 103 Early Hints\r\n\r\n${OK}Content-Length: 0\r\n\r\n`, true]
  ] as const) {
    const { reader, read } = start()
    reader.begin('GET', false)
    read(text)
    t.equal(reader.persistence().persists, persists, JSON.stringify(text))
    reader.begin('GET', false)
    read(`${OK}Content-Length: 0\r\n\r\n`)
    t.equal(reader.persistence().persists, true, 'and the next answer is another')
  }
  t.end()
})

t.test('a 101 is the last that is HTTP, for who asked (RFC 9110 §7.8)', (t) => {
  const SWITCHES = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n'
  for (let cut = 0; cut < SWITCHES.length; cut += 1) {
    const { told, reader, read } = start()
    reader.begin('GET', true)
    read(SWITCHES.slice(0, cut))
    t.equal(read(`${SWITCHES.slice(cut)}\x81\x00`), true)
    t.same(told, ['101 \x81\x00'])
  }
  const asked = start()
  asked.reader.begin('GET', true)
  asked.read(`HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno`)
  t.same(asked.told, ['103', '403', 'data no', 'end'], 'who is refused reads on')

  const unasked = start()
  unasked.reader.begin('GET', false)
  t.throws(() => unasked.read(SWITCHES), refused)
  t.same(unasked.told, [])
  t.end()
})

t.test('an interim answer that ends the connection is refused', (t) => {
  for (const [head, good] of [
    ['HTTP/1.1 103 Early Hints', true],
    ['HTTP/1.1 103 Early Hints\r\nConnection: x', true],
    ['HTTP/1.1 103 Early Hints\r\nConnection: close', false],
    ['HTTP/1.1 100 Continue\r\nConnection: close', false],
    ['HTTP/1.0 100 Continue', false],
    ['HTTP/1.1 100 Continue\r\nContent-Length: x', false]
  ] as const) {
    const { reader, read } = start()
    reader.begin('GET', false)
    if (good) t.equal(read(`${head}\r\n\r\n`), true)
    else t.throws(() => read(`${head}\r\n\r\n`), refused, head)
  }
  t.end()
})

t.test('a header section is as long as it may be, in whatever pieces', (t) => {
  const sized = (octets: number) => `${OK}X-A: ${'a'.repeat(octets - OK.length - 5)}\r\n\r\n`
  for (const each of [50, 4_096, 100_000]) {
    for (const before of ['', 'HTTP/1.1 103 Early Hints\r\n\r\n']) {
      const feed = (text: string) => {
        const { told, reader, read } = start()
        reader.begin('HEAD', false)
        for (let at = 0; at < text.length; at += each) read(text.slice(at, at + each))
        return told.at(-1)
      }
      t.equal(feed(before + sized(16 * 1024)), 'end')
      t.throws(() => feed(before + sized(16 * 1024 + 1)), refused)
      t.throws(() => feed(`${before}${OK}${'X-A: b\r\n'.repeat(3_000)}`), refused, 'without an end')
    }
  }
  t.end()
})

t.test('who stops it is told nothing more', (t) => {
  const answer = 'HTTP/1.1 103 Early Hints\r\n\r\n'
  const chunked = `${answer}${OK}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n`
  for (const [text, moment, told] of [
    [chunked, '103', ['103']],
    [chunked, '200', ['103', '200']],
    [chunked, 'data a', ['103', '200', 'data a']],
    [`${OK}Content-Length: 1\r\n\r\na`, '200', ['200']],
    [`${OK}Content-Length: 1\r\n\r\na`, 'data a', ['200', 'data a']],
    [`${OK}Content-Length: 0\r\n\r\n`, '200', ['200']],
    [`${OK}\r\na`, 'data a', ['200', 'data a']]
  ] as const) {
    const one = start({ [moment]: ({ stop }) => stop() })
    one.reader.begin('GET', false)
    t.equal(one.read(text), true, 'and nothing is left over')
    t.equal(one.read('more'), true)
    t.equal(one.reader.end(), false)
    t.same(one.told, told)
  }
  t.end()
})
