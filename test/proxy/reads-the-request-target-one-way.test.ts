import t from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { sendRaw } from '../helpers/raw-request.js'
import { startRecorder } from '../helpers/recorder.js'

const yaml = (url: string) => `
upstreams: { web: { url: "${url}" } }
rules:
  - { path: /admin/**, allow: nobody }
  - { path: /**, host: closed.test, allow: nobody }
  - { path: /**, allow: anyone, to: web }
`

const CONTROL = 'GET /control HTTP/1.1\r\nHost: open.test\r\nConnection: close\r\n\r\n'

t.test('what is forwarded is the canonical path, whatever form the target has', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, yaml(upstream.url))
  for (const [line, host, forwarded] of [
    ['GET / HTTP/1.1', 'open.test', 'GET / HTTP/1.1'],
    ['GET /? HTTP/1.1', 'open.test', 'GET /? HTTP/1.1'],
    ['GET http://open.test/a?b HTTP/1.1', 'open.test', 'GET /a?b HTTP/1.1'],
    ['GET HTTP://Open.Test:80/%61 HTTP/1.1', 'open.test:80', 'GET /a HTTP/1.1'],
    ['GET http://open.test HTTP/1.1', 'open.test', 'GET / HTTP/1.1'],
    ['GET http://open.test?x HTTP/1.1', 'open.test', 'GET /?x HTTP/1.1'],
    ['GET /a HTTP/1.1', 'OPEN.test.:8080', 'GET /a HTTP/1.1'],
    ['GET /a HTTP/1.1', '[::1]:8080', 'GET /a HTTP/1.1'],
    ['GET /a?%ff%00%E9 HTTP/1.1', 'open.test', 'GET /a?%ff%00%E9 HTTP/1.1'],
    ['GET /a?http://x/../y HTTP/1.1', 'open.test', 'GET /a?http://x/../y HTTP/1.1'],
    ['GET /a HTTP/1.0', 'open.test', 'GET /a HTTP/1.1'],
    ['PROPFIND /a HTTP/1.1', 'open.test', 'PROPFIND /a HTTP/1.1'],
    ['TRACE /a HTTP/1.1', 'open.test', 'TRACE /a HTTP/1.1'],
    ['OPTIONS /a HTTP/1.1', 'open.test', 'OPTIONS /a HTTP/1.1']
  ] as const) {
    const answer = await sendRaw(port, `${line}\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    t.equal(answer.status, 200, `${line} ${host}`)
    t.equal(upstream.lastLines()[0], forwarded)
    t.ok(upstream.lastLines().includes(`host: ${host}`), `the Host ${host} is passed on as it came`)
  }
})

t.test('what can be read in two ways is refused as a problem, and the connection of a bad Host ends', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, yaml(upstream.url))
  const host = 'Host: open.test\r\n'
  for (const [start, fields, code] of [
    ['GET http://closed.test/a HTTP/1.1', host, 'invalid_request'],
    ['GET http://open.test:81/a HTTP/1.1', host, 'invalid_request'],
    ['GET http://user@open.test/a HTTP/1.1', 'Host: user@open.test\r\n', 'invalid_request'],
    ['GET http://open.test/admin HTTP/1.1', host, 'access_denied'],
    ['GET http://open.test/a#b HTTP/1.1', host, 'bad_path'],
    ['GET ftp://open.test/a HTTP/1.1', host, 'bad_path'],
    ['GET http:///a HTTP/1.1', host, 'invalid_request'],
    ['GET http://open.test\\admin HTTP/1.1', host, 'invalid_request'],
    ['GET open.test/a HTTP/1.1', host, null],
    ['OPTIONS * HTTP/1.1', host, 'bad_path'],
    ['GET * HTTP/1.1', host, 'bad_path'],
    ['GET ?x HTTP/1.1', host, null],
    ['GET /a#b HTTP/1.1', host, 'bad_path'],
    ['GET /a?b#/../admin HTTP/1.1', host, 'bad_path'],
    ['GET /a/../admin HTTP/1.1', host, 'bad_path'],
    ['GET /a/%2e%2E/admin HTTP/1.1', host, 'bad_path'],
    ['GET /./admin HTTP/1.1', host, 'bad_path'],
    ['GET //admin HTTP/1.1', host, 'bad_path'],
    ['GET /a%2fadmin HTTP/1.1', host, 'bad_path'],
    ['GET /\\admin HTTP/1.1', host, 'bad_path'],
    ['GET /admin%00 HTTP/1.1', host, 'bad_path'],
    ['GET /a;x HTTP/1.1', host, 'bad_path'],
    ['GET /%zz HTTP/1.1', host, 'bad_path'],
    ['GET /%c0%af HTTP/1.1', host, 'bad_path'],
    ['GET /\xe9 HTTP/1.1', host, 'invalid_request'],
    ['GET /a?\xff\xfe HTTP/1.1', host, 'invalid_request'],
    ['GET /ADMIN HTTP/1.1', host, 'bad_path'],
    ['GET /a\tb HTTP/1.1', host, null],
    ['GET /a?b\tc HTTP/1.1', host, null],
    ['GET /a?b\x0cc HTTP/1.1', host, null],
    ['GET /a HTTP/1.1', '', 'invalid_request'],
    ['GET /a HTTP/1.0', '', 'invalid_request'],
    ['GET /a HTTP/1.1', 'Host:\r\n', 'invalid_request'],
    ['GET /a HTTP/1.1', 'Host: .\r\n', 'invalid_request'],
    ['GET /a HTTP/1.1', 'Host: open.test\r\nHost: open.test\r\n', 'invalid_request'],
    ['GET /a HTTP/1.1', 'Host: open.test\r\nhOST: closed.test\r\n', 'invalid_request'],
    ['GET /a HTTP/1.1', 'Host: open.test, closed.test\r\n', 'invalid_request'],
    ['GET /a HTTP/1.1', 'Host: open test\r\n', 'invalid_request'],
    ['GET /a HTTP/1.1', 'Host: open.test/\r\n', 'invalid_request'],
    ['GET /a HTTP/1.1', 'Host: user@open.test\r\n', 'invalid_request'],
    ['GET /a HTTP/1.1', 'Host: open.test:x\r\n', 'invalid_request'],
    ['GET /a HTTP/1.1', 'Host: open.test:999999\r\n', 'invalid_request'],
    ['GET /a HTTP/1.1', 'Host: \xe9.test\r\n', 'invalid_request'],
    ['GET /a HTTP/1.1', 'Host: [::1\r\n', 'invalid_request'],
    ['GET /a HTTP/1.1', `${host}Authorization: a\r\nAuthorization: b\r\n`, 'invalid_request'],
    ['GET /a HTTP/2.0', host, 'invalid_request'],
    ['GET /a HTTP/0.9', host, 'invalid_request'],
    ['GET /a HTTP/3.7', host, null],
    ['GET /a HTTP/1.2', host, null],
    ['GET /a', host, null],
    ['FOO /a HTTP/1.1', host, 'invalid_request'],
    ['get /a HTTP/1.1', host, 'invalid_request'],
    ['CONNECT open.test:443 HTTP/1.1', host, 'method_not_allowed'],
    ['PRI * HTTP/2.0', host, null]
  ] as const) {
    const answer = await sendRaw(port, `${start}\r\n${fields}\r\n`, 20)
    const what = JSON.stringify(`${start} ${fields}`)
    t.match(String(answer.status), /^4\d\d$/, what)
    const problem = JSON.parse(answer.body)
    if (code !== null) t.equal(problem.code, code, what)
    t.match(answer.head, /content-type: application\/problem\+json/i, what)
    t.match(problem, { status: answer.status, request_id: String })
    if (problem.code === 'invalid_request') t.match(answer.head, /^connection: close$/im, `${what} ends the connection`)
  }
  t.equal(upstream.requests().length, 0)
  t.equal((await sendRaw(port, CONTROL)).status, 200)
})

t.test('a long path passes, and one longer than any header section is 431', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, yaml(upstream.url))
  const path = `/${'a'.repeat(8_000)}?${'b'.repeat(190)}`
  const passed = await sendRaw(port, `GET ${path} HTTP/1.1\r\nHost: open.test\r\n\r\n`, 20)
  t.equal(passed.status, 200)
  t.equal(upstream.lastLines()[0], `GET ${path} HTTP/1.1`)
  const segments = `/${'a/'.repeat(4_000)}`
  t.equal((await sendRaw(port, `GET ${segments} HTTP/1.1\r\nHost: open.test\r\n\r\n`, 20)).status, 200)
  for (const [bytes, status, code] of [
    [`GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: open.test\r\n\r\n`, 414, 'target_too_long'],
    [`GET /a HTTP/1.1\r\nHost: open.test\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
    [`GET /a HTTP/1.1\r\nHost: open.test\r\n${'X-Many: a\r\n'.repeat(2_000)}\r\n`, 431, 'headers_too_large']
  ] as const) {
    const refused = await sendRaw(port, bytes)
    t.equal(refused.status, status)
    t.match(JSON.parse(refused.body), { code, request_id: String })
  }
  t.equal(upstream.requests().length, 2)
  const most = `GET /a HTTP/1.1\r\n${'A: b\r\n'.repeat(998)}Host: open.test\r\n`
  t.equal(
    (await sendRaw(port, `${most}Connection: close\r\n\r\n`)).status,
    200,
    'a thousand fields are read, all of them'
  )
  t.equal((await sendRaw(port, CONTROL)).status, 200)
})
