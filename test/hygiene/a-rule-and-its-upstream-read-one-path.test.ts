import t from 'tap'
import { hostilePaths } from '../helpers/hostile-paths.js'
import { startHostileSite } from './hostile-site.js'
import { valuesOf } from './strict-http.js'

/** One open rule with protected areas in it, under two upstreams: one that tolerates nothing odd, one that does all. */
const yaml = (url: string) => `
upstreams:
  strict: { url: "${url}" }
  tolerant: { url: "${url}", paths: { encoded_slash: allow, semicolon: allow, empty_segments: allow } }
  stripped: { url: "${url}", strip_prefix: /api, paths: { encoded_slash: allow, semicolon: allow, empty_segments: allow } }
rules:
  - { host: stripped.test, path: /api/admin/**, allow: { roles: [admin] }, to: stripped }
  - { host: stripped.test, path: /api/**, allow: anyone, to: stripped }
  - { path: /admin/**, allow: { roles: [admin] }, to: strict }
  - { path: /forms/**, methods: [GET, POST], allow: anyone, to: strict }
  - { path: /forms/**, allow: nobody }
  - { host: strict.test, path: /**, allow: anyone, to: strict }
  - { host: tolerant.test, path: /**, allow: anyone, to: tolerant }
  - { path: /open/control, allow: anyone, to: strict }
`

const request = (method: string, target: string, host: string, ...lines: readonly string[]) =>
  [`${method} ${target} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...lines, '', ''].join('\r\n')

t.test('no spelling of a protected path passes under the open rule', async (t) => {
  const { send, arrived, control } = await startHostileSite(t, { yaml })
  for (const path of hostilePaths) {
    for (const [host, prefix] of [
      ['strict.test', ''],
      ['tolerant.test', ''],
      ['stripped.test', '/api']
    ] as const) {
      const what = `${host} ${JSON.stringify(prefix + path)}`
      const answer = await send(request('GET', prefix + path, host))
      t.match(String(answer.status), /^40[0134]$/, `${what} is refused`)
      t.strictSame(arrived(), [], `${what} arrives nowhere`)
      await control(t, what)
    }
  }
})

t.test('the path that was judged arrives byte for byte, less its prefix', async (t) => {
  const { send, arrived, control } = await startHostileSite(t, { yaml })
  for (const [host, target, forwarded] of [
    ['strict.test', '/administrator', '/administrator'],
    ['strict.test', '/admin.html', '/admin.html'],
    ['strict.test', '/x/admin', '/x/admin'],
    ['strict.test', '/%7euser/%61%2Db', '/~user/a-b'],
    ['strict.test', '/caf%c3%a9', '/caf%C3%A9'],
    ['strict.test', '/50%25?x=%2e%2e/../admin;y#'.replace('#', ''), '/50%25?x=%2e%2e/../admin;y'],
    ['strict.test', 'http://strict.test/a?b', '/a?b'],
    ['tolerant.test', '/a;x=1//b%2Fc', '/a;x=1//b%2Fc'],
    ['tolerant.test', '//host/public', '//host/public'],
    ['stripped.test', '/api', '/'],
    ['stripped.test', '/api/', '/'],
    ['stripped.test', '/api//x/y', '//x/y'],
    ['stripped.test', '/%61pi/x', '/x']
  ] as const) {
    const answer = await send(request('GET', target, host))
    t.equal(answer.status, 200, target)
    t.strictSame(
      arrived().map((message) => message.target),
      [forwarded],
      target
    )
    await control(t, target)
  }
})

t.test('another method, host or half a segment is another question', async (t) => {
  const { send, arrived, control } = await startHostileSite(t, { yaml })
  for (const [method, target, host, status] of [
    ['HEAD', '/admin', 'strict.test', 401],
    ['OPTIONS', '/admin/x', 'strict.test', 401],
    ['TRACE', '/admin/x', 'strict.test', 401],
    ['PROPFIND', '/admin/x', 'strict.test', 401],
    ['DELETE', '/forms/x', 'strict.test', 403],
    ['OPTIONS', '/forms/x', 'strict.test', 403],
    ['M-SEARCH', '/forms/x', 'strict.test', 403],
    ['FOO', '/forms/x', 'strict.test', 400],
    ['get', '/forms/x', 'strict.test', 400],
    ['GET', '/x', 'other.test', 404],
    ['GET', 'http://strict.test/admin/x', 'strict.test', 401],
    ['GET', 'http://STRICT.test./admin/x', 'strict.test.', 401],
    ['GET', 'http://other.test/x', 'strict.test', 400],
    ['GET', '/apix', 'stripped.test', 404],
    ['GET', '/API/x', 'stripped.test', 404],
    ['GET', '/auth/nothing', 'strict.test', 404],
    ['FOO', '/auth/login', 'strict.test', 400],
    ['DELETE', '/auth/login', 'strict.test', 405],
    ['POST', '/auth/login/x', 'strict.test', 404],
    ['GET', '/AUTH/login', 'strict.test', 400],
    ['GET', '//x/auth/login', 'tolerant.test', 400],
    ['GET', '/auth;x/login', 'tolerant.test', 400]
  ] as const) {
    const what = `${method} ${host} ${target}`
    const answer = await send(request(method, target, host, 'Content-Length: 0'))
    t.equal(answer.status, status, what)
    t.strictSame(arrived(), [], `${what} arrives nowhere`)
    await control(t, what)
  }
})

/** Fields by which one framework or another is told another method, path, host or scheme than the request line says. */
const REROUTING = [
  ...[
    'X-HTTP-Method-Override: DELETE',
    'X-HTTP-Method: DELETE',
    'X-Method-Override: DELETE',
    'X_HTTP_Method_Override: DELETE'
  ],
  ...[
    'X-Original-URL: /admin',
    'X-Rewrite-URL: /admin',
    'X.Original.Url: /admin',
    'X-Original-URI: /admin',
    'X-Forwarded-URI: /admin'
  ],
  ...[
    'X-Forwarded-Path: /admin',
    'X-Forwarded-Method: DELETE',
    'X-Original-Method: DELETE',
    'X-Original-Host: other.test'
  ],
  ...['SCRIPT_NAME: /forms', 'Script-Name: /forms', 'script.name: /forms', 'PATH_INFO: /admin', 'Path-Info: /admin'],
  ...[
    'X-Script-Name: /forms',
    'X-Forwarded-Script-Name: /forms',
    'X-Traversal-Path: /forms',
    'X-Forwarded-Prefix: /forms'
  ],
  ...['X-Forwarded-Host: other.test', 'X-Forwarded-Port: 666', 'X-Forwarded-Proto: https', 'X-Forwarded-Protocol: ssl'],
  ...['X-Forwarded-Ssl: on', 'X-Forwarded-HTTPS: on', 'X-Scheme: https', 'X-Url-Scheme: https', 'Front-End-Https: on'],
  ...[
    'X-Forwarded-Server: other.test',
    'Forwarded: host=other.test',
    'Proxy: http://other.test',
    'X-Real-IP: 192.0.2.66'
  ]
]

t.test('no field takes a request elsewhere, here or upstream', async (t) => {
  const { send, arrived, control } = await startHostileSite(t, { yaml })
  for (const line of REROUTING) {
    const answer = await send(request('GET', '/forms/admin/x?_method=DELETE', 'strict.test', line))
    t.equal(answer.status, 200, `${line} changes nothing`)
    const [message] = arrived()
    t.equal(`${message?.method} ${message?.target}`, 'GET /forms/admin/x?_method=DELETE', line)
    const [name = '', value = ''] = line.split(': ')
    t.notOk(
      message?.fields.some(([, said]) => said === value),
      `${line} is not passed on`
    )
    if (message !== undefined) t.ok(valuesOf(message, name.toLowerCase()).length <= 1, `${line} doubles nothing`)
    await control(t, line)
  }
})
