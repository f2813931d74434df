import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { eventually } from '../helpers/eventually.js'
import { startGateway } from '../helpers/gateway.js'
import { startHaproxy, startNginx } from '../helpers/proxies.js'
import { sendRaw } from '../helpers/raw-request.js'
import { startUpstream } from '../helpers/upstream.js'
import { ask } from './ask.js'

const NGINX = `upstream gateway { server 127.0.0.1:8080; keepalive 4; }
server {
  listen 80;
  location / {
    proxy_pass http://gateway; proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_set_header Host $host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme; proxy_request_buffering off;
  }
}`
const HAPROXY = `frontend front
  bind :80
  option forwardfor
  option http-keep-alive
  default_backend gateway
backend gateway
  http-reuse always
  server one 127.0.0.1:8080
`

/** Not the address that the front proxies speak from. */
const CLIENT = '127.0.0.7'

function sendFrom(address: string, port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect({ port, host: '127.0.0.1', localAddress: address }, () => socket.write(bytes, 'latin1'))
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
  })
}

async function start(t: Test, front: 'nginx' | 'haproxy') {
  const streams: ServerResponse[] = []
  const upstream = await startUpstream(t, (request, response, { body }) => {
    if (request.url === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
      response.write('data: first\n\n')
      streams.push(response)
    } else response.end(`${request.method} ${request.url} ${body.length}`)
  })
  const gateway = await startGateway(
    t,
    `
trusted_proxies: [127.0.0.1]
upstreams: { web: { url: "${upstream.url}" } }
rules:
  - { path: /admin/**, allow: { roles: [admin] }, to: web }
  - { path: /own/**, allow: authenticated, to: web }
  - { path: /**, allow: anyone, to: web }
`,
    [{ username: 'alice', roles: ['user'] }]
  )
  const ports = { gateway: gateway.port, app: 0 }
  const port = front === 'nginx' ? await startNginx(t, NGINX, ports) : await startHaproxy(t, HAPROXY, ports)
  return { upstream, streams, gateway, port }
}

/** What one proxy may take for one message and the next for two; `/admin/x` is what an attacker would slip in. */
const SMUGGLED = 'GET /admin/x HTTP/1.1\r\nHost: a\r\nX-User-Roles: admin\r\n\r\n'
const ATTACKS: readonly string[] = [
  ...[
    'Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    `Content-Length: ${SMUGGLED.length + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    'Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n',
    'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
    'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n',
    'Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n',
    'X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n',
    'Content-Length: 0\r\nContent-Length: 5\r\n\r\n',
    'Content-Length: +0\r\n\r\n',
    'Content_Length: 5\r\nContent-Length: 0\r\n\r\n',
    'Connection: content-length\r\nContent-Length: 0\r\n\r\n',
    'Connection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'Expect: 100-continue\r\nContent-Length: 0\r\n\r\n',
    'Transfer-Encoding: chunked\r\n\r\n0;a=b\n\r\n\r\n',
    'Transfer-Encoding: chunked\r\n\r\n00000000000000000\r\n\r\n'
  ].map((framing) => `POST /x HTTP/1.1\r\nHost: a\r\n${framing}${SMUGGLED}`),
  `GET /x HTTP/1.1\r\nHost: a\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`,
  `GET /own/x HTTP/1.1\r\nHost: a\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`,
  `POST /own/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`,
  `GET /x HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n${SMUGGLED}`
]

for (const front of ['nginx', 'haproxy'] as const) {
  t.test(`${front}: requests pass with the client's address and identity`, async (t) => {
    const { upstream, gateway, port } = await start(t, front)
    const { access_token } = await gateway.login('alice')
    const before = gateway.access.length
    for (let i = 0; i < 3; i++) {
      const text = await sendFrom(
        CLIENT,
        port,
        `POST /own/x?i=${i} HTTP/1.1\r\nHost: api.test\r\nAuthorization: Bearer ${access_token}\r\nX-User-Name: root\r\n` +
          'X-Forwarded-For: 8.8.8.8\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello'
      )
      t.match(text, /^HTTP\/1\.1 200 /)
      t.match(text, `POST /own/x?i=${i} 5`)
      const { headers } = upstream.last()
      t.match(headers, { 'x-user-name': 'alice', 'x-user-roles': 'user', host: 'api.test' })
      t.match(headers['x-forwarded-for'], /127\.0\.0\.7/)
      t.equal(headers.authorization, undefined)
    }
    await eventually(() => gateway.access.length === before + 3, 'their lines in the log')
    t.ok(gateway.access.slice(before).every(({ address }) => address === CLIENT))
    t.equal((await ask(port, { path: '/admin/x', headers: { 'x-user-roles': 'admin' } })).status, 401)
  })

  t.test(`${front}: nothing is smuggled past, and nobody gets another's answer`, { timeout: 120_000 }, async (t) => {
    const { upstream, port } = await start(t, front)
    for (const [index, attack] of ATTACKS.entries()) {
      await sendRaw(port, attack, 30, 1_500)
      for (let i = 0; i < 4; i++) {
        const own = `/control-${index}-${i}`
        const answer = await ask(port, { path: own, method: 'POST', body: 'abc' })
        t.equal(`${answer.status} ${answer.body}`, `200 POST ${own} 3`, JSON.stringify(attack.slice(0, 90)))
      }
    }
    t.notOk(upstream.received.some(({ url }) => url.startsWith('/admin')))
    t.notOk(upstream.received.some(({ headers }) => headers['x-user-roles'] !== undefined))
  })

  t.test(`${front}: events pass as they are sent, and a client that leaves is left`, async (t) => {
    const { streams, gateway, port } = await start(t, front)
    const leave = new AbortController()
    const answer = await fetch(`http://127.0.0.1:${port}/events`, { signal: leave.signal })
    const first = await answer.body?.getReader().read()
    t.equal(Buffer.from(first?.value ?? '').toString(), 'data: first\n\n')
    leave.abort()
    // HAProxy notices that its client has left when it has something to say to it.
    const timer = setInterval(() => streams[0]?.write(': still here\n\n'), 50)
    t.teardown(() => clearInterval(timer))
    await eventually(() => gateway.access.some(({ path }) => path === '/events'), 'the exchange is over')
    t.match(
      gateway.access.find(({ path }) => path === '/events'),
      { status: 200, complete: false }
    )
  })
}
