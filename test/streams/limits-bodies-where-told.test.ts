import t from 'tap'
import { converse } from '../helpers/conversation.js'
import { eventually } from '../helpers/eventually.js'
import { startGateway } from '../helpers/gateway.js'
import { startRecorder } from '../helpers/recorder.js'
import { startRawUpstream } from '../helpers/upstream.js'

const KIB = 1024
const yaml = (url: string) => `
upstreams: { web: { url: "${url}", max_body: 2kb }, free: { url: "${url}" } }
rules:
  - { path: /closed, allow: authenticated, to: web }
  - { path: /wide, allow: anyone, to: web, max_body: 4kb }
  - { path: /open, allow: anyone, to: web, max_body: none }
  - { path: /narrow, allow: anyone, to: free, max_body: 1kb }
  - { path: /free, allow: anyone, to: free }
  - { path: /**, allow: anyone, to: web }
`
const sized = (path: string, size: number, ...lines: readonly string[]) =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join('')}Content-Length: ${size}\r\n\r\n`
const chunked = (path: string) => `POST ${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`
const chunk = (size: number) => `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`
const control = 'GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

t.test("the rule's word counts before the upstream's, and without any a body has any size", async (t) => {
  const upstream = await startRecorder(t)
  const { port, access } = await startGateway(t, yaml(upstream.url))
  for (const [path, most] of [
    ['/x', 2 * KIB],
    ['/wide', 4 * KIB],
    ['/narrow', KIB],
    ['/open', null],
    ['/free', null]
  ] as const) {
    for (const size of [most ?? 100 * KIB, (most ?? 100 * KIB) + 1]) {
      for (const [kind, bytes] of [
        ['sized', sized(path, size) + 'x'.repeat(size)],
        ['chunked', `${chunked(path)}${chunk(size - 100)}${chunk(100)}0\r\n\r\n`]
      ] as const) {
        const client = converse(t, port)
        client.say(bytes)
        const passes = most === null || size <= most
        await client.hears(passes ? /\r\n\r\nok$/ : /"too_large"/)
        t.match(client.text(), passes ? /^HTTP\/1\.1 200 / : /^HTTP\/1\.1 413 /, `${kind} ${path} ${size}`)
        client.socket.destroy()
      }
    }
  }
  await eventually(() => access.length === 20, 'all lines in the log')
  t.equal(access.filter(({ status, code }) => status === 413 && code === 'too_large').length, 6)
})

t.test('a body that is too large by its own word is refused before anything is sent', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, yaml(upstream.url))
  const client = converse(t, port)
  client.say(sized('/x', 10 * KIB, 'Expect: 100-continue'))
  await client.hears('"too_large"')
  t.notMatch(client.text(), / 100 /, 'nobody asks for it')
  await client.end()
  const closed = converse(t, port)
  closed.say(sized('/closed', 10 * KIB))
  await closed.hears('"missing_token"')
  t.strictSame(upstream.requests(), [])
})

t.test('a body that grows too large is broken off, and never looks whole', async (t) => {
  const upstream = await startRecorder(t)
  const { port, failures } = await startGateway(t, yaml(upstream.url))
  const client = converse(t, port)
  client.say(chunked('/x') + chunk(KIB))
  await eventually(() => upstream.requests().length === 1, 'it is on its way')
  client.say(chunk(KIB) + chunk(1))
  await client.hears('"too_large"')
  const [connection] = upstream.connections
  await eventually(() => connection?.socket.readyState === 'closed', 'the upstream is left')
  t.notMatch(connection?.bytes.toString(), /\r\n0\r\n/, 'without the end of a body')
  t.ok((connection?.bytes.toString().match(/x/g)?.length ?? 0) <= 2 * KIB + 10, 'and without what was too much')
  t.strictSame(failures, [], 'which is no failure of ours')
  const next = converse(t, port)
  next.say(control)
  await next.hears(/\r\n\r\nok$/)
})

t.test('an answer that has begun breaks off', async (t) => {
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    if (bytes.includes('xxx') && !bytes.includes('yyy'))
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n')
  })
  const { port } = await startGateway(t, yaml(upstream.url))
  const client = converse(t, port)
  client.say(chunked('/x') + chunk(KIB))
  await client.hears('hello')
  client.say(chunk(4 * KIB))
  await client.end()
  t.notMatch(client.text(), /\r\n0\r\n/)
  t.notMatch(client.text(), /too_large/)
})

t.test('octets are counted, however a body is cut into chunks', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, yaml(upstream.url))
  const client = converse(t, port)
  client.say(`${chunked('/narrow')}${'1;a=b\r\nx\r\n'.repeat(KIB)}0\r\n\r\n`)
  await client.hears(/\r\n\r\nok$/)
  const over = converse(t, port)
  over.say(`${chunked('/narrow')}${'1\r\nx\r\n'.repeat(KIB + 1)}0\r\n\r\n`)
  await over.hears('"too_large"')
})
