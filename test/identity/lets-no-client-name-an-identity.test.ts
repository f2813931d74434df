import fc from 'fast-check'
import t from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { sendRaw } from '../helpers/raw-request.js'
import { startRecorder } from '../helpers/recorder.js'

const yaml = (url: string) => `
identity: { strip: [X-Tenant] }
upstreams: { web: { url: "${url}" } }
rules:
  - { path: /open/**, allow: anyone, to: web }
  - { path: /**, allow: authenticated, to: web }
`

/** A name as CGI, WSGI, PHP and their kin read it. */
const folded = (line: string) => (line.split(':')[0] ?? '').toLowerCase().replace(/[^a-z0-9]/g, '_')

const SPELLINGS = [
  'X-User-Id: forged',
  'x-user-id: forged',
  'X-USER-ID: forged',
  'x_user_id: forged',
  'X_User-Id: forged',
  'X.User.Id: forged',
  'X!User-Id: forged',
  'X-User|Id: forged',
  'X~User`Id: forged',
  'X-User-Id:forged\r\nX-User-Id: forged',
  'X-User-Id:',
  'X-User-Name: forged',
  'x_user_roles: forged',
  'X-Tenant: forged',
  'x.tenant: forged',
  'Remote-User: forged',
  'REMOTE_USER: forged',
  'Remote-Groups: forged',
  'X-Remote-User: forged',
  'X-Forwarded-User: forged',
  'X-Forwarded-Groups: forged',
  'X-Forwarded-Email: forged',
  'X-Auth-Request-User: forged',
  'X-WebAuth-User: forged',
  'X-authentik-username: forged',
  'X-Forwarded-Client-Cert: forged',
  'X-Portcullis-Assertion: forged',
  'Connection: close, x-user-id',
  'Connection: X-User-Id\r\nConnection: x_user_id, X-User-Roles',
  'Connection: x-user-id\r\nX-User-Id: forged'
]

t.test('no spelling of an identity field is forwarded, adds to ours or takes it away', async (t) => {
  const upstream = await startRecorder(t)
  const gateway = await startGateway(t, yaml(upstream.url), [{ username: 'alice', roles: ['user', 'editor'] }])
  const { access_token } = await gateway.login('alice')
  const request = (path: string, lines: string) =>
    `GET ${path} HTTP/1.1\r\nHost: gateway.test\r\nAuthorization: Bearer ${access_token}\r\n${lines}\r\nX-Kept: kept\r\n\r\n`
  for (const lines of SPELLINGS) {
    for (const path of ['/closed', '/open/x']) {
      const answer = await sendRaw(gateway.port, request(path, lines), 20)
      t.equal(answer.status, 200, `${path} ${JSON.stringify(lines)}`)
      const arrived = upstream.lastLines()
      t.notMatch(arrived.join('\n'), /forged/i, `${path} ${JSON.stringify(lines)} is not passed on`)
      const ours = arrived.filter((line) => /^x_user_/.test(folded(line)))
      t.match(ours, [/^X-User-Id: \S+$/, 'X-User-Name: alice', /^X-User-Roles: user,editor|editor,user$/])
      t.equal(ours.length, 3, 'each is said once')
      t.ok(arrived.includes('X-Kept: kept'))
    }
  }
})

t.test('where nobody has signed in, no identity is said at all', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, yaml(upstream.url))
  for (const lines of [...SPELLINGS, 'Authorization: Bearer forged']) {
    const answer = await sendRaw(port, `GET /open HTTP/1.1\r\nHost: gateway.test\r\n${lines}\r\n\r\n`, 20)
    t.equal(answer.status, 200, JSON.stringify(lines))
    const arrived = upstream.lastLines()
    t.notMatch(arrived.join('\n'), /forged/i, JSON.stringify(lines))
    t.notOk(arrived.some((line) => /^(x_user_|x_tenant|remote_|authorization)/.test(folded(line))))
  }
})

t.test('no trailer of a request goes on, whatever its name', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, yaml(upstream.url))
  const answer = await sendRaw(
    port,
    'POST /open HTTP/1.1\r\nHost: a\r\nTrailer: X-User-Id, X-Other\r\nTransfer-Encoding: chunked\r\n\r\n' +
      '2\r\nhi\r\n0\r\nX-User-Id: forged\r\nX-Other: forged\r\n\r\n'
  )
  t.equal(answer.status, 200)
  t.match(upstream.requests().at(-1), /hi\r\n0\r\n\r\n$/)
  t.notMatch(upstream.requests().at(-1), /forged|trailer/i)
})

t.test('names of a configured identity are reserved as the presets are', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(
    t,
    yaml(upstream.url).replace('{ strip: [X-Tenant] }', '{ headers: { X-Subject: sub } }')
  )
  await sendRaw(port, 'GET /open HTTP/1.1\r\nHost: a\r\nx_subject: forged\r\nX-User-Id: forged\r\n\r\n')
  t.equal(upstream.requests().length, 1)
  t.notMatch(upstream.requests()[0], /forged/)
})

t.test('any mixture of case and separators is the same name', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, yaml(upstream.url))
  const separator = fc.constantFrom(...`-_.!#$%&'*+^\`|~`)
  const cased = (word: string) =>
    fc.tuple(...[...word].map((letter) => fc.constantFrom(letter, letter.toUpperCase()))).map((all) => all.join(''))
  const name = fc
    .tuple(cased('x'), separator, cased('user'), separator, fc.constantFrom('id', 'name', 'roles').chain(cased))
    .map((parts) => parts.join(''))
  await fc.assert(
    fc.asyncProperty(fc.array(name, { minLength: 1, maxLength: 20 }), async (names) => {
      const lines = names.map((spelt) => `${spelt}: forged\r\n`).join('')
      await sendRaw(port, `GET /open HTTP/1.1\r\nHost: a\r\n${lines}Connection: close\r\n\r\n`)
      return !/forged/.test(upstream.requests().at(-1) ?? 'forged')
    }),
    { interruptAfterTimeLimit: 1_000, numRuns: 200 }
  )
})
