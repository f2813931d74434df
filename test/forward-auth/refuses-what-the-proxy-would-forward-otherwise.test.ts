import t from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { ask, codeOf, inquire, lineAt, tellAs } from '../helpers/inquiry.js'
import { sendRaw } from '../helpers/raw-request.js'

const settings = `
forward_auth: { mode: [traefik, envoy], from: [127.0.0.1] }
identity: { headers: { X-User-Id: sub, Remote-User: username }, strip: [X-Tenant] }
upstreams:
  app: { url: "http://127.0.0.1:1" }
  lenient: { url: "http://127.0.0.1:1", paths: { encoded_slash: allow, semicolon: allow, empty_segments: allow } }
rules:
  - { path: /lenient/**, allow: anyone, to: lenient }
  - { path: /**, allow: anyone, to: app }
`

const SPELLINGS: readonly (readonly [uri: string, status: number])[] = [
  ['/', 200],
  ['/a/b.c~d?x=%61', 200],
  ['/a%20b', 200],
  ['/caf%C3%A9', 200],
  ['/lenient/a%2Fb;c//d', 200],
  ['/%61', 400],
  ['/caf%c3%a9', 400],
  ['/a%7Eb', 400],
  ['/lenient/a%2fb', 400],
  ['/a%2Fb', 400],
  ['/a;b', 400],
  ['//a', 400],
  ['/a/./b', 400],
  ['/a/../b', 400],
  ['/a/%2e%2e/b', 400],
  ['/lenient/..;/a', 400],
  ['/a\\b', 400],
  ['/a%zz', 400],
  ['/a#b', 400],
  ['/a?b#c', 400]
]

t.test('the path as told is the judged one, octet for octet', async (t) => {
  const gateway = await startGateway(t, settings)
  const { port } = gateway
  for (const mode of ['traefik', 'envoy'] as const) {
    for (const [uri, status] of SPELLINGS) {
      const place = gateway.access.length
      const answer = await inquire(port, mode, { uri })
      const line = await lineAt(gateway, place)
      t.same([answer.status, codeOf(answer)], [status, status === 200 ? null : 'bad_path'], `${mode} ${uri}`)
      if (status !== 200) t.match(line, { code: 'bad_path', address: '192.0.2.7', endpoint: '/auth/check' })
    }
  }
  for (const uri of ['a', '/caf\u00e9', 'http://shop.test/a', '*', '?x']) {
    t.equal((await inquire(port, 'traefik', { uri })).status, 400, uri)
  }
})

t.test('methods are compared as they are spelt, so there is one spelling', async (t) => {
  const { port } = await startGateway(t, settings)
  for (const method of ['GET', 'DELETE', 'M-SEARCH', 'VERSION_CONTROL']) {
    t.equal((await inquire(port, 'traefik', { method, uri: '/' })).status, 200, method)
  }
  for (const method of ['get', 'Delete', 'GET POST', 'GET,GET', 'G\u00cbT', '1', 'A'.repeat(65)]) {
    t.equal((await inquire(port, 'traefik', { method, uri: '/' })).status, 400, method)
  }
})

t.test('fields of a client that forwarding would drop are refused, since the proxy passes them on', async (t) => {
  const { port } = await startGateway(t, settings)
  const refused = [
    'X_User_Id',
    'x.user.id',
    'REMOTE_USER',
    'X-Tenant',
    'x_tenant',
    'X-Forwarded-User',
    'X-Portcullis-Assertion',
    'X-HTTP-Method-Override',
    'x-method-override',
    'X_HTTP_Method',
    'X-Original-URL',
    'X-Rewrite-Url',
    'X_Forwarded_Uri',
    'Content_Type',
    'Proxy'
  ]
  // The first two are overwritten by the proxy, the others are harmless or told.
  const passed = ['X-User-Id', 'remote-user', 'Cookie', 'X-Forwarded-Proto', 'X-Original-URI', 'User-Agent', 'X-Id']
  for (const mode of ['traefik', 'envoy'] as const) {
    for (const name of refused) {
      const answer = await inquire(port, mode, { uri: '/', lines: [`${name}: /admin`] })
      t.same([answer.status, codeOf(answer)], [400, 'invalid_request'], `${mode} ${name}`)
    }
    for (const name of passed) {
      t.equal((await inquire(port, mode, { uri: '/', lines: [`${name}: /admin`] })).status, 200, `${mode} ${name}`)
    }
  }
})

t.test('two credentials are refused', async (t) => {
  const { port } = await startGateway(t, settings)
  const lines = ['Authorization: Bearer a', 'Authorization: Bearer b']
  t.equal((await inquire(port, 'traefik', { uri: '/', lines })).status, 400)
})

t.test('every method of the inquiry itself will do, and its body is not read', async (t) => {
  const { port } = await startGateway(t, settings)
  const { told } = tellAs('traefik', { uri: '/' })
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'QUERY']) {
    const answer = await ask(port, `${method} /auth/check HTTP/1.1`, told)
    t.same([answer.status, answer.body], [200, ''], method)
    // Two promised bytes that never come, of a type that nobody parses.
    const promised = [...told, 'Content-Type: application/json', 'Content-Length: 2']
    if (method !== 'HEAD') t.equal((await ask(port, `${method} /auth/check HTTP/1.1`, promised)).status, 200, method)
    const odd = [...told, 'Content-Type: nonsense', 'Transfer-Encoding: chunked', 'Expect: 100-continue']
    if (method !== 'HEAD') t.equal((await ask(port, `${method} /auth/check HTTP/1.1`, odd)).status, 200, method)
  }
})

t.test('an inquiry about a WebSocket, which Caddy sends with its Upgrade, is an inquiry', async (t) => {
  const { port } = await startGateway(t, settings)
  const lines = [...tellAs('caddy', { uri: '/' }).told, 'Connection: Upgrade', 'Upgrade: websocket']
  t.equal((await sendRaw(port, `GET /auth/check HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)).status, 200)
})
