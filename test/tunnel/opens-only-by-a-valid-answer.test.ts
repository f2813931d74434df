import t from 'tap'
import { eventually } from '../helpers/eventually.js'
import { startGateway } from '../helpers/gateway.js'
import { rawGet, sendRaw } from '../helpers/raw-request.js'
import { startRawUpstream } from '../helpers/upstream.js'
import { acceptOf, agree, handshake, KEY, openRaw } from '../helpers/websocket.js'

const OFFERED = ['Sec-WebSocket-Protocol: chat, superchat', 'Sec-WebSocket-Extensions: permessage-deflate; x=1, foo']

const switching = (...lines: string[]) => `HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`
const ACCEPT = `Sec-WebSocket-Accept: ${acceptOf(KEY)}`
const [UPGRADE, CONNECTION] = ['Upgrade: websocket', 'Connection: Upgrade']

/** What an upstream answers to a handshake, and what its client gets. */
const table: Readonly<Record<string, readonly [answer: string, status: number]>> = {
  'a valid answer': [switching(UPGRADE, CONNECTION, ACCEPT), 101],
  'in other letters': [switching('upgrade: WebSocket', 'connection: keep-alive, upgrade', ACCEPT), 101],
  'a subprotocol that was offered': [agree(handshake('/'), ['Sec-WebSocket-Protocol: superchat']), 101],
  'an extension that was offered': [agree(handshake('/'), ['Sec-WebSocket-Extensions: foo; y=2']), 101],
  'a hint before it': [`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${switching(UPGRADE, CONNECTION, ACCEPT)}`, 101],
  'no key': [switching(UPGRADE, CONNECTION), 502],
  'the key of another': [switching(UPGRADE, CONNECTION, `Sec-WebSocket-Accept: ${acceptOf('another')}`), 502],
  'the key in other letters': [switching(UPGRADE, CONNECTION, ACCEPT.replace('Pbxv', 'pBXV').toLowerCase()), 502],
  'two keys': [switching(UPGRADE, CONNECTION, ACCEPT, ACCEPT), 502],
  'another protocol': [switching('Upgrade: h2c', CONNECTION, ACCEPT), 502],
  'two protocols': [switching('Upgrade: websocket, h2c', CONNECTION, ACCEPT), 502],
  'no Upgrade': [switching(CONNECTION, ACCEPT), 502],
  'no Connection': [switching(UPGRADE, ACCEPT), 502],
  'a subprotocol that was not offered': [agree(handshake('/'), ['Sec-WebSocket-Protocol: other']), 502],
  'two subprotocols': [agree(handshake('/'), ['Sec-WebSocket-Protocol: chat, superchat']), 502],
  'a subprotocol in other letters': [agree(handshake('/'), ['Sec-WebSocket-Protocol: CHAT']), 502],
  'an extension that was not offered': [agree(handshake('/'), ['Sec-WebSocket-Extensions: foo, bar']), 502],
  'a body after it': [agree(handshake('/'), ['Transfer-Encoding: gzip']), 502],
  'no HTTP': ['SSH-2.0-OpenSSH\r\n\r\n', 502],
  nothing: ['', 502],
  'half an answer': ['HTTP/1.1 101 Switching Protocols\r\nUpgrade: web', 502],
  'very many fields': [switching(UPGRADE, CONNECTION, ACCEPT, `X: ${'x'.repeat(100_000)}`), 502]
}

/** Of the final answer; NaN: it has not come. */
const statusOf = (text: string) =>
  Number(/^(?:HTTP\/1\.1 103 .*\r\n(?:.+\r\n)*\r\n)*HTTP\/1\.1 (?!103)(\d+)/.exec(text)?.[1])
const policy = (upstream: string) => `
upstreams: { web: { url: "${upstream}", timeout: 2s } }
rules: [{ path: /**, allow: anyone, to: web }]
`

t.test('an upstream opens a WebSocket by the answer to this handshake, and by no other', async (t) => {
  let answer = ''
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    if (!bytes.toString('latin1').endsWith('\r\n\r\n')) return
    const opens = /^HTTP\/1\.1 10\d[\s\S]*\r\n\r\n$/.test(answer)
    if (opens) socket.write(answer)
    else socket.end(answer)
  })
  const { port } = await startGateway(t, policy(upstream.url))
  for (const [name, [said, status]] of Object.entries(table)) {
    answer = said
    const client = openRaw(t, port, handshake('/', OFFERED))
    await eventually(() => statusOf(client.text()) > 0, `${name} is answered`)
    t.equal(statusOf(client.text()), status, name)
    if (status === 101) {
      client.socket.end()
      await eventually(client.closed, 'it ends')
      continue
    }
    t.match(client.text(), /"code":"upstream_error"/)
    t.notMatch(client.text(), /^(upgrade|sec-websocket-\w+):/im)
    await eventually(client.closed, 'the connection ends')
    await eventually(() => upstream.connections.at(-1)?.socket.destroyed === true, `${name}: the upstream's too`)
    answer = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
    t.equal((await sendRaw(port, rawGet('/control', 'Connection: close'))).status, 200)
  }
})

t.test("an upstream's refusal is passed on as any answer is", async (t) => {
  const body = 'not for you'
  const upstream = await startRawUpstream(t, (socket) =>
    socket.end(
      `HTTP/1.1 403 Forbidden\r\nX-Reason: shy\r\nConnection: close, X-Hop\r\nX-Hop: gone\r\nUpgrade: gone\r\n` +
        `Proxy-Status: gone\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    )
  )
  const { port, access } = await startGateway(t, policy(upstream.url))
  const answer = await sendRaw(port, handshake('/'))
  t.equal(answer.status, 403)
  t.equal(answer.body, body)
  t.ok(answer.closed)
  t.match(answer.head, /^x-reason: shy\r?$/im)
  t.notMatch(answer.head, /gone|^upgrade/im)
  t.match(answer.head, /^connection: close\r?$/im)
  await eventually(() => access.length === 1, 'one line')
  t.match(access, [{ status: 403, verdict: 'allow' }])
  t.equal(access[0]?.websocket, undefined)
})

t.test('a long refusal reaches a slow reader whole', async (t) => {
  const body = 'x'.repeat(4_000_000)
  const upstream = await startRawUpstream(t, (socket) =>
    socket.end(`HTTP/1.1 400 Bad Request\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
  )
  const { port } = await startGateway(t, policy(upstream.url))
  const client = openRaw(t, port, handshake('/'))
  client.socket.pause()
  setTimeout(() => client.socket.resume(), 300)
  await eventually(client.closed, 'it ends', 20_000)
  t.equal(client.text().length - client.text().indexOf('\r\n\r\n') - 4, body.length)
})

t.test('the fields of the 101 are as clean as of any answer', async (t) => {
  const upstream = await startRawUpstream(t, (socket, bytes) =>
    socket.write(
      agree(bytes.toString('latin1'), [
        'X-Kept: yes',
        'Connection: X-Hop',
        'X-Hop: gone',
        'Keep-Alive: gone',
        'Proxy-Status: gone',
        'RateLimit: gone',
        'Content-Length: 5',
        'Set-Cookie: __Host-portcullis-access=gone'
      ])
    )
  )
  const { port } = await startGateway(t, policy(upstream.url))
  const client = openRaw(t, port, handshake('/'))
  await eventually(() => client.text().includes('\r\n\r\n'), 'an answer')
  t.match(client.text(), /^HTTP\/1\.1 101 Switching Protocols\r\n/)
  t.match(client.text(), /^x-kept: yes\r$/im)
  t.match(client.text(), /^connection: upgrade\r$/im)
  t.notMatch(client.text(), /gone|content-length|transfer-encoding/i)
})

t.test('an upstream that cannot be reached or says nothing is a problem in time', async (t) => {
  const silent = await startRawUpstream(t, () => {})
  const codeOf = async (url: string) => {
    const { port } = await startGateway(t, policy(url))
    const { status, body } = await sendRaw(port, handshake('/'), 150, 10_000)
    return `${status} ${/"code":"(\w+)"/.exec(body)?.[1]}`
  }
  t.equal(await codeOf('http://127.0.0.1:9'), '502 upstream_unavailable')
  t.equal(await codeOf(silent.url), '504 upstream_timeout')
  await eventually(() => silent.connections.every(({ socket }) => socket.destroyed), 'its connection ends')
})
