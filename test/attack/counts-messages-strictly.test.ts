import t from 'tap'
import { splitMessages } from '../../gateway/attack/message.js'

const head = (...lines: readonly string[]) => `${lines.join('\r\n')}\r\n\r\n`

/** Name, bytes, how many messages, whether the last is whole, what is left. */
const TABLE: readonly (readonly [name: string, bytes: string, count: number, whole: boolean, rest: string])[] = [
  ['a request', head('GET / HTTP/1.1', 'Host: a'), 1, true, ''],
  ['two requests', head('GET / HTTP/1.1') + head('GET /b HTTP/1.1'), 2, true, ''],
  ['a body', `${head('POST / HTTP/1.1', 'Content-Length: 5')}hello`, 1, true, ''],
  ['half a body', `${head('POST / HTTP/1.1', 'Content-Length: 5')}hel`, 1, false, ''],
  ['chunks', `${head('POST / HTTP/1.1', 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`, 1, true, ''],
  ['chunks and a trailer', `${head('POST / HTTP/1.1', 'Transfer-Encoding: chunked')}0\r\nA: b\r\n\r\n`, 1, true, ''],
  ['chunks without an end', `${head('POST / HTTP/1.1', 'Transfer-Encoding: chunked')}5\r\nhello\r\n`, 1, false, ''],
  ['bytes after a request', `${head('GET / HTTP/1.1')}smuggled`, 1, true, 'smuggled'],
  ['an answer in a body', `${head('HTTP/1.1 200 OK', 'Content-Length: 17')}HTTP/1.1 200 OK\r\n`, 1, true, ''],
  ['an interim answer', head('HTTP/1.1 100 Continue') + head('HTTP/1.1 204 No Content'), 2, true, ''],
  ['an answer to the end', `${head('HTTP/1.1 200 OK')}all of it`, 1, true, ''],
  ['no HTTP', '\x16\x03\x01\r\n\r\n', 0, true, '\x16\x03\x01\r\n\r\n']
]

for (const [name, bytes, count, whole, rest] of TABLE) {
  t.test(name, async (t) => {
    const split = splitMessages(bytes)
    t.equal(split.messages.length, count)
    t.equal(split.messages.at(-1)?.whole ?? true, whole)
    t.equal(split.rest, rest)
  })
}
