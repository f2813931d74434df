import t from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { sendRaw } from '../helpers/raw-request.js'
import { startRecorder } from '../helpers/recorder.js'

/** An open site behind which a router may ignore case, decode once more, collapse slashes or cut parameters. */
const open = (url: string, paths: string, auth = '') => `
${auth}
upstreams: { web: { url: "${url}", paths: ${paths} } }
rules: [{ path: /**, allow: anyone, to: web }]
`
const TOLERANT = '{ encoded_slash: allow, semicolon: allow, empty_segments: allow }'
const SENSITIVE = '{ case: sensitive, encoded_slash: allow, semicolon: allow, empty_segments: allow }'

const get = (path: string, method = 'GET', host = 'gateway.test') =>
  `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`

t.test('below the prefix only the endpoints answer', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, open(upstream.url, TOLERANT))
  for (const [method, path, status] of [
    ['GET', '/auth', 404],
    ['GET', '/auth/', 404],
    ['GET', '/auth/nothing', 404],
    ['GET', '/auth/a/b/c', 404],
    ['POST', '/auth/login/', 404],
    ['POST', '/auth/login/x', 404],
    ['POST', '/auth/login;x', 404],
    ['POST', '/auth/LOGIN', 404],
    ['POST', '/auth/constructor', 404],
    ['POST', '/auth//login', 404],
    ['POST', '/auth/x%2Flogin', 404],
    ['POST', '/auth/own/auth/login', 404],
    ['GET', '/auth/login', 405],
    ['GET', '/auth/%6Cogin', 405],
    ['GET', '/%61uth/login', 405],
    ['GET', '/auth/login?x=1', 405],
    ['GET', 'http://gateway.test/auth/login', 405],
    ['PROPFIND', '/auth/login', 405],
    ['OPTIONS', '/auth/login', 405],
    ['HEAD', '/auth/login', 405],
    ['QUERY', '/auth/login', 405],
    ['POST', '/auth/userinfo', 405],
    ['POST', '/auth/login', 400],
    ['POST', '/.well-known/jwks.json', 405]
  ] as const) {
    const answer = await sendRaw(port, get(path, method))
    // Some versions of Node do not know QUERY, and a method that nobody knows is refused as such.
    if (method === 'QUERY' && answer.status === 400) continue
    t.equal(answer.status, status, `${method} ${path}`)
    if (status === 405) t.match(answer.head, /^allow: /im, `${method} ${path} says what is allowed`)
    if (method === 'HEAD') t.equal(answer.body, '')
    else t.match(JSON.parse(answer.body), { status })
  }
  t.equal(upstream.requests().length, 0)
})

t.test('no path that another reader takes for one below the prefix is forwarded', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, open(upstream.url, TOLERANT))
  for (const path of [
    '/AUTH/login',
    '/Auth',
    '/aUtH/',
    '/auth%2Flogin',
    '/auth%2flogin/x',
    '/%2Fauth/login',
    '//auth/login',
    '///auth',
    '/;x/auth/login',
    '/auth;x/login',
    '/auth;x=1',
    '/auth%3Bx/login',
    '/auth%3Fx',
    '/auth%23x',
    '/%2561uth/login',
    '/%2541UTH',
    '/AUTH%2Fx',
    '//AUTH;a//x',
    '/auth/../x',
    '/x/../auth/login',
    '/x/%2e%2e/auth/login',
    '/auth\\login',
    '/auth%5Clogin',
    '/auth%00',
    '/auth%252Flogin'
  ]) {
    const answer = await sendRaw(port, get(path))
    t.equal(answer.status, 400, path)
    t.match(JSON.parse(answer.body), { code: 'bad_path' }, path)
  }
  t.equal(upstream.requests().length, 0)
  for (const path of ['/own/auth/login', '/own', '/authors', '/Authors', '/x/auth/login', '/auth.json', '/a%2Fauth']) {
    t.equal((await sendRaw(port, get(path))).status, 200, `${path} is a path like any other`)
    t.equal(upstream.lastLines()[0], `GET ${path} HTTP/1.1`)
  }
})

t.test('where the upstream tells letter cases apart, another case is another path', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, open(upstream.url, SENSITIVE))
  t.equal((await sendRaw(port, get('/AUTH/login'))).status, 200)
  t.equal(upstream.lastLines()[0], 'GET /AUTH/login HTTP/1.1')
  for (const path of ['//auth/login', '/auth%2Flogin', '/auth;x/login', '/%2561uth'])
    t.equal((await sendRaw(port, get(path))).status, 400, path)
  t.equal(upstream.requests().length, 1)
})

t.test('the prefix that is configured is the one that is closed', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, open(upstream.url, TOLERANT, 'auth: { prefix: /My/Sign-In }'))
  t.equal((await sendRaw(port, get('/My/Sign-In/x'))).status, 404)
  for (const path of ['/my/sign-in/x', '/My//Sign-In/login', '/My%2FSign-In'])
    t.equal((await sendRaw(port, get(path))).status, 400, path)
  t.equal(upstream.requests().length, 0)
  for (const path of ['/My', '/auth/login']) t.equal((await sendRaw(port, get(path))).status, 200, path)
})

t.test('on a host without the endpoints the prefix is no prefix', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, open(upstream.url, TOLERANT, 'auth: { hosts: [api.test] }'))
  t.equal((await sendRaw(port, get('/auth/x', 'GET', 'api.test'))).status, 404)
  t.equal((await sendRaw(port, get('/AUTH/x', 'GET', 'API.test.:80'))).status, 400)
  t.equal(upstream.requests().length, 0)
  t.equal((await sendRaw(port, get('/auth/x', 'GET', 'www.test'))).status, 200)
  t.equal((await sendRaw(port, get('/AUTH/x', 'GET', 'www.test'))).status, 200)
})
