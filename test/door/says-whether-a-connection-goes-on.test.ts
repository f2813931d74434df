import t from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { sendRaw } from '../helpers/raw-request.js'
import { startUpstream } from '../helpers/upstream.js'

/** Each answer's own fields, and whether the connection was closed behind it. */
const ANSWERS: readonly (readonly [path: string, status: number])[] = [
  ['/forwarded', 200],
  ['/auth/nothing', 404],
  ['/nobodys', 403],
  ['/.well-known/jwks.json', 200],
  ['/%00', 400]
]

const REQUESTS: readonly (readonly [version: string, field: string, connection: string, closed: boolean])[] = [
  ['1.1', '', 'keep-alive', false],
  ['1.1', 'Connection: keep-alive\r\n', 'keep-alive', false],
  ['1.1', 'Connection: close\r\n', 'close', true],
  ['1.0', '', 'close', true],
  // Whoever speaks HTTP/1.0 goes on only when it is told so (RFC 9112 §9.3), and would wait for the end otherwise.
  ['1.0', 'Connection: keep-alive\r\n', 'keep-alive', false]
]

t.test('every answer says whether its connection goes on, whoever gives it, and it does', async (t) => {
  const upstream = await startUpstream(t)
  const { port } = await startGateway(
    t,
    `
upstreams: { web: { url: "${upstream.url}" } }
rules:
  - { path: /nobodys, allow: nobody }
  - { path: /forwarded, allow: anyone, to: web }
`
  )
  const told = ANSWERS.flatMap(([path, status]) =>
    REQUESTS.map(async ([version, field, connection, closed]) => {
      const answer = await sendRaw(port, `GET ${path} HTTP/${version}\r\nHost: a\r\n${field}\r\n`)
      const what = `${path} HTTP/${version} ${field.trim()}`
      t.equal(answer.status, status, what)
      t.strictSame(
        [...answer.head.matchAll(/\r\nconnection: (.*)/gi)].map(([, value]) => value),
        [connection],
        what
      )
      t.equal(/\r\nkeep-alive: timeout=72/i.test(answer.head), !closed, what)
      t.equal(answer.closed, closed, what)
    })
  )
  await Promise.all(told)
})
