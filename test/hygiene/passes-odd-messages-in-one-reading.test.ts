import t from 'tap'
import { startHostileSite } from './hostile-site.js'
import { valuesOf } from './strict-http.js'

const post = (fields: string, body: string) => `POST /open HTTP/1.1\r\nHost: a\r\n${fields}\r\n${body}`
const get = (first: string, fields = '') => `${first}\r\nHost: a\r\n${fields}\r\n`

const HELLO = '5\r\nhello\r\n0\r\n\r\n'

/** What is odd and yet has one end: the target and the body that arrive, in a framing of ours. */
const ODD: readonly (readonly [what: string, bytes: string, target: string, body: string])[] = [
  ['an empty line before the request (RFC 9112 §2.2)', `\r\n${get('GET /open HTTP/1.1')}`, '/open', ''],
  ['many empty lines before the request', `\r\n\r\n\r\n${get('GET /open HTTP/1.1')}`, '/open', ''],
  ['a length of a GET', `${get('GET /open HTTP/1.1', 'Content-Length: 5\r\n')}hello`, '/open', 'hello'],
  ['a chunked GET', `${get('GET /open HTTP/1.1', 'Transfer-Encoding: chunked\r\n')}${HELLO}`, '/open', 'hello'],
  ['a length of nothing', get('GET /open HTTP/1.1', 'Content-Length: 0\r\n'), '/open', ''],
  ['a length with zeros before it', post('Content-Length: 0005\r\n', 'hello'), '/open', 'hello'],
  ['a length with blanks around it', post('Content-Length:   5  \r\n', 'hello'), '/open', 'hello'],
  ['a coding in capitals', post('TRANSFER-ENCODING: CHUNKED\r\n', HELLO), '/open', 'hello'],
  ['a coding with blanks around it', post('Transfer-Encoding: \t chunked \r\n', HELLO), '/open', 'hello'],
  ['a length that CGI would fold', post('Content_Length: 99\r\nContent-Length: 5\r\n', 'hello'), '/open', 'hello'],
  [
    'a coding that CGI would fold',
    post('Transfer_Encoding: chunked\r\nContent-Length: 5\r\n', 'hello'),
    '/open',
    'hello'
  ],
  ['a coding with a dot', post('Transfer.Encoding: chunked\r\nContent-Length: 5\r\n', 'hello'), '/open', 'hello'],
  ['a length taken away', post('Connection: content-length\r\nContent-Length: 5\r\n', 'hello'), '/open', 'hello'],
  [
    'a coding taken away',
    post('Connection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n', HELLO),
    '/open',
    'hello'
  ],
  ['Host taken away', get('GET /open HTTP/1.1', 'Connection: host, close\r\n'), '/open', ''],
  [
    'chunk sizes with zeros and capitals',
    post('Transfer-Encoding: chunked\r\n', '00A\r\n0123456789\r\n000\r\n\r\n'),
    '/open',
    '0123456789'
  ],
  [
    'chunk extensions',
    post('Transfer-Encoding: chunked\r\n', '5;a=b;c="d;\\"e"\r\nhello\r\n0;f\r\n\r\n'),
    '/open',
    'hello'
  ],
  [
    'trailers',
    post(
      'Transfer-Encoding: chunked\r\nTrailer: X-User-Id\r\n',
      '5\r\nhello\r\n0\r\nX-User-Id: forged\r\nX-A: b\r\n\r\n'
    ),
    '/open',
    'hello'
  ],
  [
    'Connection and Upgrade for trailers',
    post('Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'),
    '/open',
    'hello'
  ],
  [
    'a thousand chunks',
    post('Transfer-Encoding: chunked\r\n', `${'1\r\nx\r\n'.repeat(1000)}0\r\n\r\n`),
    '/open',
    'x'.repeat(1000)
  ],
  [
    'a request in a body',
    post('Content-Length: 36\r\n', 'GET /smuggled HTTP/1.1\r\nHost: abcd\r\n\r\n'.slice(0, 36)),
    '/open',
    'GET /smuggled HTTP/1.1\r\nHost: abcd\r\n\r\n'.slice(0, 36)
  ],
  ['the end of chunks in a body', post('Content-Length: 5\r\n', '0\r\n\r\n'), '/open', '0\r\n\r\n'],
  ['HTTP/1.0', get('GET /open HTTP/1.0'), '/open', ''],
  ['HTTP/1.0 that would stay', get('GET /open HTTP/1.0', 'Connection: keep-alive\r\n'), '/open', ''],
  ['an absolute form', get('GET http://a/open?x HTTP/1.1'), '/open?x', ''],
  ['an absolute form in other letters', get('GET HTTP://A/open HTTP/1.1'), '/open', ''],
  ['another name for the protocol, which the parser takes for HTTP/1.0', get('SOURCE /open ICE/1.0'), '/open', ''],
  ['another protocol of the same form', get('GET /open RTSP/1.0'), '/open', ''],
  ['blanks before the target', get('GET   /open HTTP/1.1'), '/open', ''],
  ['blanks before the version', get('GET /open   HTTP/1.1'), '/open', '']
]

t.test('what is odd and has one end arrives once, in our own framing', async (t) => {
  const { send, arrived, control } = await startHostileSite(t)
  for (const [what, bytes, target, body] of ODD) {
    arrived()
    const answer = await send(bytes, 40)
    t.equal(answer.status, 200, `${what} passes`)
    t.equal(answer.text.match(/HTTP\/1\.1 \d/g)?.length, 1, `${what} has one answer`)
    const [message, ...more] = arrived()
    t.equal(more.length, 0, `${what} arrives once`)
    t.equal(message?.target, target, what)
    t.equal(message?.body, body, what)
    const fields = message?.fields ?? []
    t.notMatch(JSON.stringify(fields), /forged|websocket|trailer|content_|transfer[_.]|expect/i, what)
    t.strictSame(valuesOf({ fields }, 'host'), ['a'], what)
    await control(t, what)
  }
})
