import t from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { sendRaw } from '../helpers/raw-request.js'
import { startRawUpstream } from '../helpers/upstream.js'

const yaml = (url: string) => `
listener_limit: { requests: 1000000, window: 1h }
upstreams: { web: { url: "${url}", timeout: 2s, idle_timeout: 2s } }
rules: [{ path: /**, allow: anyone, to: web }]
`

const HEAD_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\t\x20-\x7e\x80-\xff]*$/
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** A line of an upstream's answer, and what of it may not be heard by the client. */
const LINES: readonly (readonly [line: string, unheard: RegExp])[] = [
  ['X-A: b\rSet-Cookie: forged=1', /\r(?!\n)|^set-cookie/im],
  ['X-A: b\nSet-Cookie: forged=1', /(?<!\r)\n/],
  ['X-A: b\0Set-Cookie: forged=1', /\0/],
  ['X-A: b\r\n Set-Cookie: forged=1', /^\s+set-cookie/im],
  ['X-A : b', /^x-a :/im],
  ['X A: b', /^x a:/im],
  ['Connection: X-Listed\r\nX-Listed: gone', /x-listed/i],
  ['Connection: content-length, date, ratelimit', /^connection: .*content-length/im],
  ['Keep-Alive: timeout=99999', /^keep-alive: .*99999/im],
  ['Proxy-Authenticate: Basic realm=forged', /forged/],
  ['Proxy-Authentication-Info: forged', /forged/],
  ['Proxy-Connection: forged', /forged/],
  ['Proxy-Status: forged', /forged/],
  ['RateLimit: "listener";r=forged', /forged/],
  ['RateLimit-Policy: forged', /forged/],
  ['Upgrade: websocket', /^upgrade:/im],
  ['Set-Cookie: __Host-portcullis-access=forged; Path=/; Secure', /forged/],
  ['Set-Cookie: __HOST-PORTCULLIS-REFRESH=forged', /forged/],
  ['set-cookie: portcullis-access=forged', /forged/],
  ['Set-Cookie: =portcullis-refresh=forged', /forged/],
  ['Set-Cookie:  \t__Host-portcullis-access = forged', /forged/]
]

t.test('no line of an upstream becomes two, speaks for us, or is of our hop', async (t) => {
  let answer = OK
  const upstream = await startRawUpstream(t, (socket) => socket.end(answer, 'latin1'))
  const { port } = await startGateway(t, yaml(upstream.url))
  const get = () => sendRaw(port, 'GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 2_000)
  for (const [line, unheard] of LINES) {
    const what = JSON.stringify(line)
    answer = `HTTP/1.1 200 OK\r\n${line}\r\nX-Kept: kept\r\nContent-Length: 2\r\n\r\nok`
    const heard = await get()
    t.match(String(heard.status), /^(200|502)$/, what)
    t.notMatch(heard.head, unheard, what)
    for (const said of heard.head.split('\r\n').slice(1)) t.match(said, HEAD_LINE, `${what} leaves whole lines`)
    if (heard.status === 200) t.match(heard.head, /^X-Kept: kept$/m, `${what} takes nothing else away`)
    else t.match(JSON.parse(heard.body), { code: 'upstream_error' }, what)
    answer = OK
    t.equal((await get()).status, 200, `after ${what} a control request passes`)
  }
})

t.test('an upstream may refuse in its own words, and is not taken for us', async (t) => {
  const upstream = await startRawUpstream(t, (socket) =>
    socket.end(
      'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm="portcullis"\r\nProxy-Status: portcullis; error=x\r\n' +
        'Content-Type: application/problem+json\r\nContent-Length: 2\r\n\r\n{}'
    )
  )
  const { port } = await startGateway(t, yaml(upstream.url))
  const heard = await sendRaw(port, 'GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 2_000)
  t.equal(heard.status, 401)
  t.match(heard.head, /^WWW-Authenticate: Bearer realm="portcullis"$/m, 'its challenge is its own')
  t.notMatch(heard.head, /^proxy-status/im, 'but only what we refuse says so')
})
