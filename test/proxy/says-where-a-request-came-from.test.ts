import t from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { sendRaw } from '../helpers/raw-request.js'
import { startRecorder } from '../helpers/recorder.js'

const FORGED = [
  'X-Forwarded-For: 192.0.2.66',
  'X-Forwarded-For: 192.0.2.67',
  'x_forwarded_for: 192.0.2.66',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Host: admin.test',
  'X-Forwarded-Port: 443',
  'X-Forwarded-Prefix: /forged',
  'X-Forwarded-Server: forged',
  'X-Forwarded-Ssl: on',
  'X-Forwarded-Uri: /forged',
  'X-Real-IP: 192.0.2.66',
  'Forwarded: for=192.0.2.66;host=admin.test',
  'X-Request-Id: forged-by-a-client'
]

const get = (path: string, ...lines: readonly string[]) =>
  `GET ${path} HTTP/1.1\r\nHost: gateway.test:81\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`

const named = (lines: readonly string[], name: string) =>
  lines.filter((line) => line.toLowerCase().startsWith(`${name}: `)).map((line) => line.slice(name.length + 2))

t.test('a client that is no trusted proxy speaks of itself only', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(
    t,
    `
trusted_proxies: [10.0.0.0/8]
upstreams: { web: { url: "${upstream.url}", strip_prefix: /api } }
rules:
  - { path: /**, host: admin.test, allow: nobody }
  - { path: /**, allow: anyone, to: web }
`
  )
  t.equal((await sendRaw(port, get('/api/x', ...FORGED), 20)).status, 200)
  const lines = upstream.lastLines()
  // Ids that are drawn may hold any digits.
  const said = lines.filter((line) => !/^(traceparent|x-request-id):/i.test(line))
  t.notMatch(said.join('\n'), /forged|192\.0\.2|admin\.test|443/i)
  t.notMatch(lines.join('\n'), /forged/i)
  t.equal(lines[0], 'GET /x HTTP/1.1')
  t.strictSame(named(lines, 'x-forwarded-for'), ['127.0.0.1'])
  t.strictSame(named(lines, 'x-forwarded-proto'), ['http'])
  t.strictSame(named(lines, 'x-forwarded-host'), ['gateway.test:81'])
  t.strictSame(named(lines, 'x-forwarded-prefix'), ['/api'])
  t.strictSame(named(lines, 'forwarded'), ['for=127.0.0.1;host="gateway.test:81";proto=http'])
  t.equal(named(lines, 'x-request-id').length, 1)
  await sendRaw(port, get('/apiary/x'), 20)
  t.strictSame(named(upstream.lastLines(), 'x-forwarded-prefix'), [], 'half a segment is no prefix')
})

const trusting = (url: string) => `
trusted_proxies: [127.0.0.0/8, 10.0.0.0/8]
limits: { few: { by: ip, requests: 2, window: 1h } }
upstreams: { web: { url: "${url}" } }
rules:
  - { path: /**, host: admin.test, allow: nobody }
  - { path: /office/**, allow: { networks: [192.0.2.0/24, "2001:db8::/32"] }, to: web }
  - { path: /limited/**, allow: anyone, to: web, limit: few }
  - { path: /**, allow: anyone, to: web }
`

t.test('what a trusted proxy began goes on', async (t) => {
  const upstream = await startRecorder(t)
  const { port, access } = await startGateway(t, trusting(upstream.url))
  const told = [
    'X-Forwarded-For: 203.0.113.9, 192.0.2.1',
    'X-Forwarded-For: 10.1.1.1',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Host: shop.test',
    'X-Forwarded-Port: 666',
    'X-Real-IP: 192.0.2.66',
    'Forwarded: for=192.0.2.1;proto=https',
    'X-Request-Id: from-the-proxy'
  ]
  t.equal((await sendRaw(port, get('/x', ...told), 20)).status, 200)
  const lines = upstream.lastLines()
  t.strictSame(named(lines, 'x-forwarded-for'), ['203.0.113.9, 192.0.2.1, 10.1.1.1, 127.0.0.1'])
  t.strictSame(named(lines, 'x-forwarded-proto'), ['https'])
  t.strictSame(named(lines, 'x-forwarded-host'), ['shop.test'])
  t.strictSame(named(lines, 'forwarded'), ['for=192.0.2.1;proto=https, for=127.0.0.1;host=shop.test;proto=https'])
  t.strictSame(named(lines, 'x-request-id'), ['from-the-proxy'])
  t.notMatch(lines.join('\n'), /666|192\.0\.2\.66/)
  t.match(access.at(-1), { address: '192.0.2.1', host: 'shop.test', request_id: 'from-the-proxy' })
})

t.test('the address is the last that no trusted proxy has, however the list is garbled', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, trusting(upstream.url))
  for (const [list, status] of [
    ['192.0.2.1', 200],
    ['203.0.113.9', 401],
    ['192.0.2.1, 203.0.113.9', 401],
    ['203.0.113.9, 192.0.2.1', 200],
    ['203.0.113.9,192.0.2.1,10.1.1.1,127.0.0.2', 200],
    ['::ffff:192.0.2.1', 200],
    ['2001:db8::1', 200],
    ['2001:db9::1', 401],
    ['192.0.2.1, unknown', 401],
    ['192.0.2.1, ', 401],
    ['192.0.2.1,,', 401],
    ['192.0.2.1:4711', 200],
    ['[2001:db8::1]:4711', 200],
    ['192.0.2.1:', 401],
    ['192.0.2.1 192.0.2.1', 401],
    ['192.0.2.01', 401],
    ['0xC0.0.2.1', 401],
    ['"192.0.2.1"', 401],
    [`${'1.1.1.1, '.repeat(500)}192.0.2.1`, 200],
    ['\xff\xfe', 401]
  ] as const) {
    const answer = await sendRaw(port, get('/office', `X-Forwarded-For: ${list}`), 20)
    t.equal(answer.status === 403 ? 401 : answer.status, status, list.slice(0, 60))
  }
})

t.test('limits count by the address behind the trusted proxy', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, trusting(upstream.url))
  const ask = async (list: string) => (await sendRaw(port, get('/limited', `X-Forwarded-For: ${list}`), 20)).status
  t.equal(await ask('192.0.2.1'), 200)
  t.equal(await ask('forged, 192.0.2.1'), 200)
  t.equal(await ask('198.51.100.7, 192.0.2.1, 10.9.9.9'), 429)
  t.equal(await ask('192.0.2.2'), 200)
  t.equal(await ask('192.0.2.1, garbage'), 200, 'garbage: counted as the proxy')
  t.equal(await ask('192.0.2.1, junk'), 200)
  t.equal(await ask('192.0.2.3, rubbish'), 429)
})

t.test('a proxy that speaks RFC 7239 alone is heard too', async (t) => {
  const upstream = await startRecorder(t)
  const { port, access } = await startGateway(t, trusting(upstream.url))
  for (const [forwarded, address] of [
    ['for=192.0.2.1', '192.0.2.1'],
    ['For="192.0.2.1:4711";proto=http', '192.0.2.1'],
    ['for="[2001:db8::1]:4711", for=10.0.0.1', '2001:db8::1'],
    ['for=192.0.2.9, for=203.0.113.9', '203.0.113.9'],
    ['for=192.0.2.9, for=_hidden', '127.0.0.1'],
    ['for=192.0.2.9, for=unknown', '127.0.0.1'],
    ['for=192.0.2.9, proto=http', '127.0.0.1'],
    ['for="192.0.2.9', '127.0.0.1'],
    ['for=192.0.2.9;for=192.0.2.8', '127.0.0.1']
  ] as const) {
    await sendRaw(port, get('/x', `Forwarded: ${forwarded}`), 20)
    t.equal(access.at(-1)?.address, address, forwarded)
  }
  await sendRaw(port, get('/x', 'Forwarded: for=192.0.2.9', 'X-Forwarded-For: 192.0.2.1'), 20)
  t.equal(access.at(-1)?.address, '192.0.2.1', 'X-Forwarded-For, which every proxy appends to, is believed first')
})

t.test('a Forwarded list that cannot be read does not swallow what we say', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, trusting(upstream.url))
  for (const broken of ['for="', 'for="\\"', 'for=a b', ';;"', 'for==', '\xff']) {
    await sendRaw(port, get('/x', `Forwarded: ${broken}`), 20)
    t.strictSame(
      named(upstream.lastLines(), 'forwarded'),
      ['for=127.0.0.1;host="gateway.test:81";proto=http'],
      JSON.stringify(broken)
    )
  }
})

t.test('a host behind a trusted proxy chooses the rule, and an invalid one is refused', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, trusting(upstream.url))
  const ask = async (...lines: string[]) => (await sendRaw(port, get('/x', ...lines), 20)).status
  t.equal(await ask('X-Forwarded-Host: admin.test'), 403)
  t.equal(await ask('X-Forwarded-Host: ADMIN.test.:8443'), 403)
  t.equal(await ask('X-Forwarded-Host: admin.test, shop.test'), 200)
  t.equal(await ask('X-Forwarded-Host: shop.test', 'X-Forwarded-Host: admin.test'), 403)
  t.equal(await ask('X-Forwarded-Host: a b'), 400)
  t.equal(await ask('X-Forwarded-Host: admin.test/'), 400)
  t.equal(await ask('X-Forwarded-Proto: javascript'), 200)
  t.strictSame(named(upstream.lastLines(), 'x-forwarded-proto'), ['http'])
})

t.test('a trace goes on, or begins here', async (t) => {
  const upstream = await startRecorder(t)
  const { port } = await startGateway(t, trusting(upstream.url))
  const theirs = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  await sendRaw(port, get('/x', `traceparent: ${theirs}`, 'tracestate: a=1'), 20)
  t.strictSame(named(upstream.lastLines(), 'traceparent'), [theirs])
  t.strictSame(named(upstream.lastLines(), 'tracestate'), ['a=1'])
  const begun = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-00$/
  for (const broken of [
    [],
    ['traceparent: forged', 'tracestate: a=1'],
    [`traceparent: ${theirs}`, `traceparent: ${theirs}`],
    ['traceparent: 00-00000000000000000000000000000000-b7ad6b7169203331-01']
  ]) {
    await sendRaw(port, get('/x', ...broken), 20)
    const [ours = '', ...more] = named(upstream.lastLines(), 'traceparent')
    t.match(ours, begun)
    t.strictSame([more, named(upstream.lastLines(), 'tracestate')], [[], []], 'the state of a trace that is not ours')
  }
})
