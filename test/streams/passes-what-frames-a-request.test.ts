import t from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { sendRaw } from '../helpers/raw-request.js'
import { startRecorder } from '../helpers/recorder.js'
import { startRawUpstream } from '../helpers/upstream.js'
import { get, openSite } from './open-site.js'

const framingOf = (request: string) =>
  (request.split('\r\n\r\n')[0] ?? '').match(/^(content-length|transfer-encoding): .*$/gim)?.join(', ') ?? 'none'

t.test('a body has one length upstream, and the kind that it came with', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, openSite(upstream.url))
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'REPORT', 'SEARCH', 'M-SEARCH', 'PURGE']) {
    const anticipates = ['POST', 'PUT', 'PATCH', 'PROPFIND'].includes(method)
    for (const [said, body, framing] of [
      // RFC 9110 §8.6: that there is none is told for methods that anticipate content, and means nothing for others.
      ['', '', anticipates ? 'content-length: 0' : 'none'],
      ['Content-Length: 0\r\n', '', anticipates ? 'content-length: 0' : 'none'],
      ['Content-Length: 5\r\n', 'hello', 'content-length: 5'],
      ['Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n', 'transfer-encoding: chunked'],
      ['Transfer-Encoding: chunked\r\n', '0\r\n\r\n', anticipates ? 'content-length: 0' : 'none']
    ] as const) {
      const what = `${method} ${said}${body.slice(0, 3)}`
      const answer = await sendRaw(port, `${method} /x HTTP/1.1\r\nHost: a\r\n${said}\r\n${body}`, 5)
      t.equal(answer.status, 200, what)
      t.equal(framingOf(upstream.requests().at(-1) ?? ''), framing, what)
    }
  }
})

t.test('fields of the answer keep their order, their number and their letters', async (t) => {
  const upstream = await startRawUpstream(t, (socket) => {
    socket.end(
      'HTTP/1.1 200 Fine by me\r\nServer: Inner/1\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nset-cookie: a=1\r\n' +
        'X-Odd-CASE: 1\r\nSet-Cookie: b=2; HttpOnly\r\nSET-COOKIE: c=3\r\nVia: 1.1 inner\r\nX-Accel-Buffering: no\r\n' +
        'Content-Encoding: gzip\r\nWWW-Authenticate: Basic\r\nWWW-Authenticate: Bearer\r\nX-Empty:\r\nContent-Length: 2\r\n\r\nok'
    )
  })
  const { port } = await startGateway(t, openSite(upstream.url))
  const { head, body } = await sendRaw(port, get('/', 'Accept-Encoding: gzip', 'Connection: close'))
  t.strictSame(head.split('\r\n'), [
    'HTTP/1.1 200 Fine by me',
    'Server: Inner/1',
    'Date: Thu, 01 Jan 1970 00:00:00 GMT',
    'set-cookie: a=1',
    'X-Odd-CASE: 1',
    'Set-Cookie: b=2; HttpOnly',
    'SET-COOKIE: c=3',
    'Via: 1.1 inner',
    'X-Accel-Buffering: no',
    'Content-Encoding: gzip',
    'WWW-Authenticate: Basic',
    'WWW-Authenticate: Bearer',
    'X-Empty: ',
    'Content-Length: 2',
    'Connection: close'
  ])
  t.equal(body, 'ok', 'which is what the upstream said, whatever it calls it')
})

t.test('an asterisk asks about a server, and goes no further', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, openSite(upstream.url))
  const answer = await sendRaw(port, 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n', 30)
  t.match(String(answer.status), /^40[04]$/)
  t.strictSame(upstream.requests(), [])
})
