import t from 'tap'
import { settingsOf, warningsOf } from './reading.js'

const minimal =
  'upstreams: { app: { url: http://127.0.0.1:9001 } }\nrules:\n  - { path: /**, allow: authenticated, to: app }\n'

t.test('everything but upstreams and rules has a default', (t) => {
  const paths = { case: 'insensitive', encodedSlash: 'refuse', semicolon: 'refuse', emptySegments: 'refuse' }
  const websocket = { endsWith: 'token', idleTimeoutMs: 3_600_000 }
  const { revision, ...settings } = settingsOf(minimal)
  t.match(revision, /^[0-9a-f]{12}$/)
  t.same(settings, {
    file: '/etc/portcullis/gateway.yaml',
    directory: '/etc/portcullis',
    listen: { host: '127.0.0.1', port: 8080 },
    publicUrl: null,
    tls: null,
    listener: {
      headerTimeoutMs: 15_000,
      bodyTimeoutMs: 60_000,
      idleTimeoutMs: 72_000,
      maxConnections: 20_000,
      maxConnectionsPerAddress: null,
      maxHeaderOctets: 16_384,
      maxRequests: 5_000,
      maxMemoryOctets: null
    },
    trustedProxies: [],
    admin: { listen: { host: '127.0.0.1', port: 9901 } },
    publicHealth: null,
    store: { kind: 'sqlite', path: '/etc/portcullis/data/portcullis.db' },
    dataDirectory: '/etc/portcullis/data',
    logs: { access: { kind: 'stdout' }, audit: { kind: 'file', path: '/etc/portcullis/data/audit.log' } },
    auth: { prefix: '/auth', hosts: null },
    cors: { origins: [], credentials: false },
    forwardAuth: null,
    tokens: {
      issuer: 'http://127.0.0.1:8080',
      audience: ['http://127.0.0.1:8080'],
      algorithm: 'ES256',
      keys: {
        kind: 'directory',
        path: '/etc/portcullis/data/keys',
        rotateEveryMs: null,
        publishBeforeMs: 3_600_000
      },
      accessMs: 900_000,
      refresh: { idleMs: 604_800_000, absoluteMs: 2_592_000_000, reuseGraceMs: 10_000 },
      claims: {},
      cookies: { enabled: false, sameSite: 'lax', loginUrl: null, secure: true }
    },
    simpleJwt: null,
    clients: {},
    users: {
      source: { kind: 'store' },
      login: { perAccountAndNetwork: 10, perNetwork: 100, perAccount: 100, windowMs: 900_000 },
      password: { minLength: 8 },
      hash: { memoryKib: 19_456, passes: 2, parallelism: 1 }
    },
    identity: {
      headers: { 'X-User-Id': 'sub', 'X-User-Name': 'username', 'X-User-Roles': 'roles' },
      strip: [],
      assertion: null
    },
    issuers: {},
    limits: {},
    listenerLimit: null,
    upstreams: {
      app: {
        name: 'app',
        origins: ['http://127.0.0.1:9001'],
        stripPrefix: null,
        host: 'client',
        timeoutMs: 30_000,
        idleTimeoutMs: 300_000,
        forwardAuthorization: false,
        balance: 'round_robin',
        health: null,
        ejection: null,
        retries: { attempts: 1, budget: 0.2 },
        connections: { max: 10_000, maxWaiting: 1000 },
        keepAliveMs: 1500,
        tls: { ca: null, cert: null, key: null, serverName: null, verify: true },
        paths,
        websocket
      }
    },
    rules: [
      {
        index: 0,
        line: 3,
        path: '/**',
        hosts: null,
        methods: null,
        allow: { kind: 'authenticated' },
        upstream: 'app',
        limits: [],
        paths,
        websocket,
        maxBody: null
      }
    ],
    assertions: [],
    tests: [],
    shadow: null
  })
  t.same(warningsOf(minimal), [])
  t.end()
})

t.test('the issuer follows the public URL, or else where the gateway listens', (t) => {
  const issuer = (lines: string) => settingsOf(`${lines}\n${minimal}`).tokens.issuer
  t.equal(issuer('public_url: https://API.example.com/'), 'https://api.example.com')
  t.equal(issuer('listen: "[::1]:80"'), 'http://[::1]:80')
  t.equal(issuer('public_url: https://a.example\ntokens: { issuer: https://b.example/ }'), 'https://b.example/')
  t.end()
})

t.test('PORTCULLIS_LISTEN says where to listen, for a file that does not', (t) => {
  const environment = { PORTCULLIS_LISTEN: '0.0.0.0:80' }
  t.same(settingsOf(minimal, environment).listen, { host: '0.0.0.0', port: 80 })
  t.same(settingsOf(`listen: 127.0.0.1:1\n${minimal}`, environment).listen, { host: '127.0.0.1', port: 1 })
  t.same(settingsOf(minimal, { PORTCULLIS_LISTEN: '' }).listen, { host: '127.0.0.1', port: 8080 })
  t.end()
})
