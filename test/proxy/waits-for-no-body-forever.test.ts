import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { eventually } from '../helpers/eventually.js'
import { startGateway } from '../helpers/gateway.js'
import { NOWHERE, site } from '../helpers/site.js'

/** Sends a head, then an octet every half second; answers what came back, and after how many milliseconds it was over. */
function drip(t: Test, port: number, head: string): Promise<{ readonly text: string; readonly ms: number }> {
  return new Promise((resolve) => {
    const startedMs = performance.now()
    let text = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(head))
    const timer = setInterval(() => socket.write(' '), 500)
    t.teardown(() => socket.destroy())
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      clearInterval(timer)
      resolve({ text, ms: performance.now() - startedMs })
    })
  })
}

const head = (line: string, ...fields: readonly string[]) =>
  `${line} HTTP/1.1\r\nHost: a\r\n${[...fields, 'Content-Length: 1000'].join('\r\n')}\r\n\r\n`
const JSON_TYPE = 'Content-Type: application/json'

t.test('a body for an endpoint of ours that comes octet by octet is given up', { timeout: 120_000 }, async (t) => {
  const { port, failures, url } = await startGateway(t, site(NOWHERE))
  const heads = [
    head('POST /auth/login', JSON_TYPE),
    head('POST /auth/login', JSON_TYPE, 'Expect: 100-continue'),
    head('POST /auth/refresh', 'Content-Type: application/x-www-form-urlencoded'),
    head('POST /auth/token', 'Content-Type: application/x-www-form-urlencoded')
  ]
  const answers = await Promise.all(heads.map((one) => drip(t, port, one)))
  for (const { text, ms } of answers) {
    t.match(text, /^(HTTP\/1\.1 100 Continue\r\n\r\n)?HTTP\/1\.1 408 /)
    t.match(text, /^connection: close\r$/im)
    t.ok(ms > 14_000 && ms < 20_000, `${ms} ms`)
  }
  t.same(failures, [])
  t.equal((await fetch(`${url}/.well-known/jwks.json`)).status, 200, 'nobody else notices')
})

t.test('a body that nobody reads holds nothing up', async (t) => {
  const { port } = await startGateway(t, site(NOWHERE))
  for (const line of ['GET /auth/userinfo', 'POST /auth/nothing']) {
    const { text } = await Promise.race([
      drip(t, port, head(line, JSON_TYPE, 'Connection: close')),
      new Promise<{ text: string }>((resolve) => setTimeout(resolve, 10_000, { text: 'nothing' }))
    ])
    t.match(text, /^HTTP\/1\.1 40[14] /, line)
  }
})

t.test('a client that leaves in the middle of its body is no failure of ours', async (t) => {
  const { port, failures, access } = await startGateway(t, site(NOWHERE))
  const socket = connect(port, '127.0.0.1', () => socket.write(head('POST /auth/login', JSON_TYPE)))
  setTimeout(() => socket.destroy(), 50)
  await eventually(
    () => access.some(({ endpoint, status }) => endpoint === '/auth/login' && status === 499),
    'its line'
  )
  t.same(failures, [])
})
