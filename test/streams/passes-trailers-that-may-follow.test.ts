import t from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { sendRaw } from '../helpers/raw-request.js'
import { startRecorder } from '../helpers/recorder.js'
import { startRawUpstream } from '../helpers/upstream.js'
import { get, openSite } from './open-site.js'

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n'

/** Each of them, late, would frame, route, cache, store or explain what has been read already. */
const FORBIDDEN = [
  ...['Connection: x', 'Keep-Alive: x', 'Upgrade: x', 'Proxy-Status: forged', 'RateLimit: forged', 'Trailer: x'],
  ...['Set-Cookie: a=b', 'set-cookie: c=d', 'Location: /x', 'Content-Type: text/html', 'Content-Encoding: gzip'],
  ...['Cache-Control: public', 'WWW-Authenticate: Basic', 'Host: x', 'TE: x', 'Vary: x', 'Age: 1', 'Date: x'],
  ...['Access-Control-Allow-Origin: *', 'Content-Range: bytes 0-1/2', 'Retry-After: 1', 'Proxy-Authenticate: x']
]

t.test('trailers pass, but for those that come too late', async (t) => {
  const upstream = await startRawUpstream(t, (socket) => {
    socket.end(
      `${CHUNKED}Trailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n${FORBIDDEN.join('\r\n')}\r\nServer-Timing: a;dur=1\r\n\r\n`
    )
  })
  const { port } = await startGateway(t, openSite(upstream.url))
  for (const fields of [['TE: trailers'], []]) {
    const answer = await sendRaw(port, get('/', ...fields))
    t.match(answer.head, /^trailer: x-sum$/im)
    t.match(answer.body, /^2\r\nok\r\n0\r\nX-Sum: 1\r\nServer-Timing: a;dur=1\r\n\r\n$/)
  }
})

t.test('where none can follow, none is announced, and the answer is whole', async (t) => {
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    const sized = bytes.includes('/sized')
    const status = bytes.includes('/unchanged') ? '304 Not Modified' : '200 OK'
    const framing = sized ? 'Content-Length: 2' : 'Transfer-Encoding: chunked'
    const body = bytes.includes('HEAD') || status !== '200 OK' ? '' : sized ? 'ok' : '2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n'
    socket.end(`HTTP/1.1 ${status}\r\nTrailer: X-Sum\r\n${framing}\r\n\r\n${body}`)
  })
  const { port, failures } = await startGateway(t, openSite(upstream.url))
  for (const [line, body] of [
    ['GET /sized HTTP/1.1', 'ok'],
    ['HEAD /sized HTTP/1.1', ''],
    ['HEAD /chunked HTTP/1.1', ''],
    ['GET /unchanged HTTP/1.1', ''],
    ['GET /chunked HTTP/1.0', 'ok'],
    ['GET /sized HTTP/1.0', 'ok']
  ] as const) {
    const answer = await sendRaw(port, `${line}\r\nHost: a\r\n\r\n`, 50)
    t.match(String(answer.status), /^(200|304)$/, line)
    t.equal(answer.body, body, line)
    t.notMatch(answer.text, /trailer|x-sum/i, line)
  }
  t.strictSame(failures, [])
})

t.test('trailers of a request go no further', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, openSite(upstream.url))
  const fields = 'Transfer-Encoding: chunked\r\nTrailer: X-User-Id\r\n'
  const answer = await sendRaw(
    port,
    `POST /x HTTP/1.1\r\nHost: a\r\n${fields}\r\n5\r\nhello\r\n0\r\nX-User-Id: root\r\nX_User_Id: root\r\nHost: evil\r\n\r\n`,
    50
  )
  t.equal(answer.status, 200)
  const [request = ''] = upstream.requests()
  t.match(request, /hello\r\n0\r\n\r\n$/)
  t.notMatch(request, /root|evil|x.user.id/i)
})
