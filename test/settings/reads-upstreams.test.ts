import { writeFileSync } from 'node:fs'
import { inspect } from 'node:util'
import t from 'tap'
import { createAuthority } from '../helpers/certificates.js'
import { mistakesOf, settingsOf, warningsOf } from './reading.js'

const rule = 'rules: [{ path: /**, allow: anyone, to: app }]\n'
const file = (upstream: string) => `upstreams: { app: ${upstream} }\n${rule}`

t.test('an upstream of several endpoints arrives under its names in the code', async (t) => {
  const { app } = settingsOf(`
upstreams:
  app:
    urls: ["http://a:1", "http://b:2"]
    balance: least_requests
    health:
      { path: "/healthz?full=1", every: 10s, timeout: 500ms, healthy_after: 1, unhealthy_after: 4, status: [200-299, 401], host: h.example }
    ejection: { failures: 2, for: 1m, statuses: [502, 503] }
    retries: { attempts: 0, budget: 5% }
    connections: { max: 7, max_waiting: 0 }
    keep_alive: 10s
${rule}`).upstreams
  t.match(app, {
    origins: ['http://a:1', 'http://b:2'],
    balance: 'least_requests',
    health: {
      path: '/healthz?full=1',
      everyMs: 10_000,
      timeoutMs: 500,
      healthyAfter: 1,
      unhealthyAfter: 4,
      statuses: [
        [200, 299],
        [401, 401]
      ],
      host: 'h.example'
    },
    ejection: { failures: 2, forMs: 60_000, statuses: new Set([502, 503]) },
    retries: { attempts: 0, budget: 0.05 },
    connections: { max: 7, maxWaiting: 0 },
    keepAliveMs: 10_000
  })
})

t.test('several endpoints are ejected unless the file says otherwise, a lone one never is', async (t) => {
  const ejectionOf = (upstream: string) => settingsOf(file(upstream)).upstreams.app?.ejection
  t.match(ejectionOf('{ urls: ["http://a", "http://b"] }'), { failures: 5, forMs: 30_000 })
  t.equal(ejectionOf('{ urls: ["http://a", "http://b"], ejection: off }'), null)
  t.equal(ejectionOf('{ urls: ["http://a"] }'), null)
  t.equal(ejectionOf('{ url: "http://a", ejection: off }'), null)
})

t.test('a health check has the defaults of HAProxy', async (t) => {
  t.match(settingsOf(file('{ url: "http://a", health: { path: / } }')).upstreams.app?.health, {
    everyMs: 5000,
    timeoutMs: 2000,
    healthyAfter: 2,
    unhealthyAfter: 3,
    statuses: [[200, 299]],
    host: null
  })
})

const MISTAKES: readonly (readonly [upstream: string, mistakes: readonly string[]])[] = [
  ['{}', ['1:19 upstreams.app.url: is missing']],
  ['{ urls: [] }', ['1:27 upstreams.app.urls: must not be empty']],
  ['{ urls: "http://a" }', ['1:27 upstreams.app.urls: must be a list, write [http://a]']],
  [
    '{ urls: ["http://a/b"] }',
    ['1:28 upstreams.app.urls[0]: must not have a path, the path of the request is kept; see strip_prefix']
  ],
  ['{ url: "http://a", urls: ["http://b"] }', ['1:38 upstreams.app.urls: stands beside url, keep one of them']],
  ['{ urls: ["http://a", "http://b", "http://a:80"] }', ["1:52 upstreams.app.urls[2]: names 'http://a' a second time"]],
  ['{ urls: ["http://a", "https://b"] }', ['1:27 upstreams.app.urls: must be all http or all https']],
  [
    '{ url: "http://a", ejection: { failures: 1 } }',
    ['1:38 upstreams.app.ejection: needs several urls: a lone one is never left out']
  ],
  ['{ url: "http://a", balance: random }', ['1:47 upstreams.app.balance: must be round_robin or least_requests']],
  ['{ url: "http://a", health: {} }', ['1:46 upstreams.app.health.path: is missing']],
  [
    '{ url: "http://a", health: { path: healthz } }',
    ['1:54 upstreams.app.health.path: must be a path such as /healthz']
  ],
  [
    '{ url: "http://a", health: { path: /, status: 299-200 } }',
    ['1:65 upstreams.app.health.status: must be a status such as 200, or a range such as 200-299']
  ],
  [
    '{ url: "http://a", health: { path: /, status: [100] } }',
    ['1:66 upstreams.app.health.status[0]: must be final statuses, 200 to 599']
  ],
  ['{ url: "http://a", retries: { budget: 120% } }', ['1:57 upstreams.app.retries.budget: must be at most 100%']],
  [
    '{ url: "http://a", retries: { attempts: 11 } }',
    ['1:59 upstreams.app.retries.attempts: must be a whole number from 0 to 10']
  ],
  [
    '{ url: "http://a", connections: { max: 0 } }',
    ['1:58 upstreams.app.connections.max: must be a whole number from 1 to 100000']
  ],
  ['{ url: "http://a", tls: { server_name: b } }', ['1:38 upstreams.app.tls: is for https upstreams']],
  [
    '{ url: "https://a", tls: { ca: /none } }',
    ['1:50 upstreams.app.tls.ca: cannot be read: /none (there is no such file)']
  ],
  [
    '{ url: "https://a", tls: { key: /none } }',
    [
      '1:46 upstreams.app.tls.key: needs cert beside it',
      '1:51 upstreams.app.tls.key: cannot be read: /none (there is no such file)'
    ]
  ]
]

t.test('each mistake is told where it stands', async (t) => {
  for (const [upstream, mistakes] of MISTAKES) t.same(mistakesOf(file(upstream)), mistakes, upstream)
})

t.test('certificates and keys are read, held against each other, and shown to nobody', async (t) => {
  const authority = createAuthority(t)
  const { certFile, keyFile, key } = authority.issue(['DNS:a'])
  const other = authority.issue(['DNS:a'])
  const rotten = `${certFile}.rotten`
  writeFileSync(rotten, '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n')
  const tls = (entries: string) => file(`{ url: "https://a", tls: { ${entries} } }`)

  const settings = settingsOf(tls(`ca: ${authority.certFile}, cert: ${certFile}, key: ${keyFile}, server_name: A.test`))
  const read = settings.upstreams.app?.tls
  t.match(read, { serverName: 'a.test', verify: true })
  t.match(read?.ca, /BEGIN CERTIFICATE/)
  t.equal(read?.key?.reveal(), key.trimEnd())
  t.notMatch(inspect(settings, { depth: 9 }) + JSON.stringify(settings), key.split('\n')[1] ?? key)

  const messagesOf = (entries: string) => mistakesOf(tls(entries)).map((line) => line.slice(line.indexOf('tls.')))
  t.same(messagesOf(`cert: ${certFile}, key: ${other.keyFile}`), ['tls.key: is not the key of the certificate in cert'])
  t.same(messagesOf(`cert: ${certFile}`), ['tls.cert: needs key beside it'])
  t.same(messagesOf(`ca: ${keyFile}`), ['tls.ca: holds a private key'])
  t.same(messagesOf(`ca: ${rotten}`), ['tls.ca: holds a certificate that cannot be read'])
  t.same(messagesOf(`cert: ${certFile}, key: ${certFile}`), ['tls.key: holds no private key in PEM'])
})

t.test('an upstream that is believed whatever it shows is warned of', async (t) => {
  const source = file('{ url: "https://a", tls: { insecure_skip_verify: true } }')
  t.same(warningsOf(source), ['1:68 upstreams.app.tls.insecure_skip_verify: weakens the gateway'])
  t.equal(settingsOf(source).upstreams.app?.tls.verify, false)
})
