import t from 'tap'
import { rest, settingsOf } from './reading.js'

const source = `listen: "[0:0::1]:8443"
public_url: https://api.example.com:443
trusted_proxies: [10.0.0.0/8, "::1"]
admin: { listen: localhost:0 }
public_health: /healthz
store: "memory:"
logs: { access: off, audit: stderr }
auth: { prefix: /api/auth, hosts: [API.example.com] }
cors: { origins: [https://APP.example.com:443, "http://localhost:5173/", https://app.example.com], credentials: true }
forward_auth: { mode: [nginx, envoy], from: [10.0.0.0/8, "::1"] }
tokens:
  issuer: https://issuer.example.com/a
  keys: { directory: secrets/keys, rotate_every: 30d, publish_before: 2h }
  algorithm: EdDSA
  access: 90s
  refresh: { idle: 12h, absolute: 1d, reuse_grace: 0s }
  audience: api
  claims: { full_name: user.full_name, login: user.username }
  cookies: { enabled: true, same_site: strict, login_url: /login?from=gateway }
users: { source: { htpasswd: .htpasswd, roles: [staff] }, login: { per_account_and_network: 3, per_network: 30, per_account: 50, window: 1h }, password: { min_length: 12 }, hash: { algorithm: argon2id, memory: 46mb, passes: 1, parallelism: 4 } }
issuers:
  corp: { issuer: https://idp.example/, audience: api }
  partner:
    issuer: http://partner.example
    jwks_url: http://partner.example/keys
    audience: [api, https://api]
    algorithms: [ES384]
    roles: { from: realm_access.roles, map: { ops: admin, dev: [a, b] }, pass_unmapped: true }
    username: preferred_username
    subject: raw
    leeway: 0s
    typ: [application/AT+jwt]
    insecure_http: true
  auth0: { issuer: https://t.auth0.com/, discovery: true, audience: a, roles: { from: https://a.example/roles } }
  listed: { issuer: https://l.example, audience: a, roles: { from: [resource_access, a.b, roles] } }
identity: { preset: authelia, headers: { X-Login: login, remote-name: full_name }, strip: [X-Tenant], assertion: { header: X-Signed, ttl: 30s, claims: [login], keys: { files: [a.pem, b.pem] } } }
limits:
  per_user: { by: user, requests: 100, window: 10m }
  burst: { by: ip, requests: 20, window: 250ms, algorithm: token_bucket }
default_limits: [per_user]
listener_limit: { requests: 1000, window: 1s }
upstreams:
  orders:
    url: https://orders.internal:8443/
    strip_prefix: /api
    host: upstream
    timeout: 5s
    idle_timeout: 1h
    forward_authorization: true
    max_body: 10mb
    paths: { case: sensitive, encoded_slash: allow }
    websocket: { ends_with: session }
rules:
  - path: /%61/{id}/**
    host: [A.example, b.example]
    methods: [GET, POST]
    allow:
      - { roles: [admin], all_roles: [a, b], scopes: [read], networks: [10.0.0.0/8] }
      - { claims: { sub: "{id}", login: [x, 1, true] }, issuers: [self, corp] }
    to: orders
    limit: [burst, per_user, burst]
    max_body: none
    paths: { case: insensitive, semicolon: allow, empty_segments: allow }
  - { path: /b, allow: { roles: [x] }, to: orders, limit: none, host: c.example }
  - { path: /c, allow: nobody }
shadow: next.yaml
tls: { cert: tls/cert.pem, key: /run/secrets/key.pem }
listener:
  header_timeout: 5s
  body_timeout: 2m
  idle_timeout: 30s
  max_connections: 3000
  max_connections_per_address: 50
  max_header_size: 32kb
  max_requests: 400
  max_memory: 1gb
`

t.test('every key of the file arrives under its name in the code', (t) => {
  const { revision: _, upstreams, rules, limits, issuers, ...settings } = settingsOf(source)
  t.same(settings, {
    file: '/etc/portcullis/gateway.yaml',
    directory: '/etc/portcullis',
    listen: { host: '::1', port: 8443 },
    publicUrl: 'https://api.example.com',
    trustedProxies: ['10.0.0.0/8', '::1'],
    tls: { cert: '/etc/portcullis/tls/cert.pem', key: '/run/secrets/key.pem' },
    listener: {
      headerTimeoutMs: 5_000,
      bodyTimeoutMs: 120_000,
      idleTimeoutMs: 30_000,
      maxConnections: 3_000,
      maxConnectionsPerAddress: 50,
      maxHeaderOctets: 32_768,
      maxRequests: 400,
      maxMemoryOctets: 1_073_741_824
    },
    admin: { listen: { host: 'localhost', port: 0 } },
    publicHealth: '/healthz',
    shadow: '/etc/portcullis/next.yaml',
    tests: [],
    assertions: [],

    store: { kind: 'memory' },
    dataDirectory: '/etc/portcullis/data',
    logs: { access: { kind: 'off' }, audit: { kind: 'stderr' } },
    auth: { prefix: '/api/auth', hosts: ['api.example.com'] },
    cors: { origins: ['https://app.example.com', 'http://localhost:5173'], credentials: true },
    forwardAuth: { modes: ['nginx', 'envoy'], from: ['10.0.0.0/8', '::1'] },
    tokens: {
      issuer: 'https://issuer.example.com/a',
      audience: ['api'],
      algorithm: 'EdDSA',
      keys: {
        kind: 'directory',
        path: '/etc/portcullis/secrets/keys',
        rotateEveryMs: 2_592_000_000,
        publishBeforeMs: 7_200_000
      },
      accessMs: 90_000,
      refresh: { idleMs: 43_200_000, absoluteMs: 86_400_000, reuseGraceMs: 0 },
      claims: { full_name: 'full_name', login: 'username' },
      cookies: { enabled: true, sameSite: 'strict', loginUrl: '/login?from=gateway', secure: true }
    },
    simpleJwt: null,
    clients: {},
    users: {
      source: { kind: 'htpasswd', path: '/etc/portcullis/.htpasswd', roles: ['staff'] },
      login: { perAccountAndNetwork: 3, perNetwork: 30, perAccount: 50, windowMs: 3_600_000 },
      password: { minLength: 12 },
      hash: { memoryKib: 47_104, passes: 1, parallelism: 4 }
    },
    identity: {
      headers: {
        'Remote-User': 'user',
        'Remote-Groups': 'roles',
        'Remote-Email': 'email',
        'X-Login': 'login',
        'remote-name': 'full_name'
      },
      strip: ['X-Tenant'],
      assertion: {
        header: 'X-Signed',
        ttlMs: 30_000,
        claims: ['login'],
        keys: { kind: 'files', paths: ['/etc/portcullis/a.pem', '/etc/portcullis/b.pem'] }
      }
    },
    listenerLimit: { name: 'listener', by: 'ip', requests: 1000, windowMs: 1000, algorithm: 'fixed_window' }
  })
  const corp = {
    name: 'corp',
    issuer: 'https://idp.example/',
    jwksUrl: null,
    insecureHttp: false,
    audience: ['api'],
    algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
    roles: { from: null, map: null, passUnmapped: false },
    username: null,
    subject: 'prefixed',
    leewayMs: 30_000,
    types: null
  }
  const from = (...path: string[]) => ({ from: path, map: null, passUnmapped: false })
  t.same(issuers, {
    corp,
    partner: {
      name: 'partner',
      issuer: 'http://partner.example',
      jwksUrl: 'http://partner.example/keys',
      insecureHttp: true,
      audience: ['api', 'https://api'],
      algorithms: ['ES384'],
      roles: { from: ['realm_access', 'roles'], map: { ops: ['admin'], dev: ['a', 'b'] }, passUnmapped: true },
      username: 'preferred_username',
      subject: 'raw',
      leewayMs: 0,
      types: ['at+jwt']
    },
    auth0: {
      ...corp,
      name: 'auth0',
      issuer: 'https://t.auth0.com/',
      audience: ['a'],
      roles: from('https://a.example/roles')
    },
    listed: {
      ...corp,
      name: 'listed',
      issuer: 'https://l.example',
      audience: ['a'],
      roles: from('resource_access', 'a.b', 'roles')
    }
  })
  t.same(limits, {
    per_user: { name: 'per_user', by: 'user', requests: 100, windowMs: 600_000, algorithm: 'fixed_window' },
    burst: { name: 'burst', by: 'ip', requests: 20, windowMs: 250, algorithm: 'token_bucket' }
  })
  t.same(upstreams, {
    orders: {
      name: 'orders',
      origins: ['https://orders.internal:8443'],
      stripPrefix: '/api',
      host: 'upstream',
      timeoutMs: 5000,
      idleTimeoutMs: 3_600_000,
      forwardAuthorization: true,
      balance: 'round_robin',
      health: null,
      ejection: null,
      retries: { attempts: 1, budget: 0.2 },
      connections: { max: 10_000, maxWaiting: 1000 },
      keepAliveMs: 1500,
      tls: { ca: null, cert: null, key: null, serverName: null, verify: true },
      paths: { case: 'sensitive', encodedSlash: 'allow', semicolon: 'refuse', emptySegments: 'refuse' },
      websocket: { endsWith: 'session', idleTimeoutMs: 3_600_000 }
    }
  })
  t.equal(rules.length, 3)
  t.end()
})

t.test('a rule has its line, its canonical pattern, and what it inherits', (t) => {
  const [first, second, third] = settingsOf(source).rules
  t.same(first, {
    index: 0,
    line: 54,
    path: '/a/{id}/**',
    hosts: ['a.example', 'b.example'],
    methods: ['GET', 'POST'],
    allow: {
      kind: 'any',
      of: [
        { roles: ['admin'], allRoles: ['a', 'b'], scopes: ['read'], networks: ['10.0.0.0/8'] },
        {
          claims: { sub: [{ segment: 'id' }], login: [{ equals: 'x' }, { equals: 1 }, { equals: true }] },
          issuers: ['self', 'corp']
        }
      ]
    },
    upstream: 'orders',
    limits: ['burst', 'per_user'],
    paths: { case: 'insensitive', encodedSlash: 'allow', semicolon: 'allow', emptySegments: 'allow' },
    websocket: { endsWith: 'session', idleTimeoutMs: 3_600_000 },
    maxBody: null
  })
  t.match(second, {
    index: 1,
    line: 64,
    hosts: ['c.example'],
    allow: { kind: 'any', of: [{ roles: ['x'] }] },
    limits: [],
    maxBody: 10_485_760
  })
  t.match(third, { index: 2, line: 65, allow: { kind: 'nobody' }, upstream: null, limits: ['per_user'] })
  t.end()
})

t.test('assertions arrive with their places, their paths canonical', (t) => {
  const { assertions } = settingsOf(`${rest}assertions:
  - never: { path: /%61dmin/**, methods: [POST], host: A.example, unless: { roles: [admin] } }
    name: admins alone
  - always: { path: /healthz, allow: anyone }
  - never: { path: /internal/** }
`)
  const everywhere = { hosts: null, methods: null, name: null }
  const line = assertions[0]?.line ?? 0
  t.same(assertions, [
    {
      index: 0,
      line,
      name: 'admins alone',
      kind: 'never',
      path: '/admin/**',
      hosts: ['a.example'],
      methods: ['POST'],
      unless: { kind: 'any', of: [{ roles: ['admin'] }] }
    },
    { ...everywhere, index: 1, line: line + 2, kind: 'always', path: '/healthz', allow: { kind: 'anyone' } },
    { ...everywhere, index: 2, line: line + 3, kind: 'never', path: '/internal/**', unless: { kind: 'nobody' } }
  ])
  t.end()
})

t.test('listen takes every usual form', (t) => {
  const tail = 'upstreams: { app: { url: "http://a" } }\nrules: [{ path: /a, allow: nobody }]\n'
  const table: Record<string, { host: string; port: number }> = {
    '8080': { host: '127.0.0.1', port: 8080 },
    '":8080"': { host: '0.0.0.0', port: 8080 },
    '0.0.0.0:80': { host: '0.0.0.0', port: 80 },
    '"[::]:80"': { host: '::', port: 80 },
    'Localhost:80': { host: 'localhost', port: 80 },
    'gateway.internal:80': { host: 'gateway.internal', port: 80 }
  }
  for (const [written, read] of Object.entries(table)) t.same(settingsOf(`listen: ${written}\n${tail}`).listen, read)
  t.end()
})

t.test('one mode of forward_auth is a list of one', (t) => {
  const tail = 'upstreams: { app: { url: "http://a" } }\nrules: [{ path: /a, allow: nobody }]\n'
  const { forwardAuth } = settingsOf(`forward_auth: { mode: caddy, from: [127.0.0.1] }\n${tail}`)
  t.same(forwardAuth, { modes: ['caddy'], from: ['127.0.0.1'] })
  t.end()
})

t.test('nothing of it can be changed', (t) => {
  const frozen = (value: unknown): boolean => {
    if (typeof value !== 'object' || value === null) return true
    return Object.isFrozen(value) && Object.values(value).every(frozen)
  }
  t.ok(frozen(settingsOf(source)))
  t.end()
})

t.test('the revision is that of the text', (t) => {
  t.equal(settingsOf(source).revision, settingsOf(source).revision)
  t.not(settingsOf(source).revision, settingsOf(`${source}# more\n`).revision)
  t.end()
})

t.test('keys come from a directory, from files or from a secret', (t) => {
  const keysOf = (tokens: string) => settingsOf(`tokens: ${tokens}\n${rest}`).tokens.keys
  t.same(keysOf('{ keys: { files: a.pem } }'), { kind: 'files', paths: ['/etc/portcullis/a.pem'] })
  t.same(keysOf('{ keys: { files: [/run/a.pem, b.jwk] } }'), {
    kind: 'files',
    paths: ['/run/a.pem', '/etc/portcullis/b.jwk']
  })
  t.equal(keysOf('{ keys: keys, algorithm: HS512 }').kind, 'directory')
  t.equal(keysOf(`{ keys: { secret: ${'x'.repeat(48)} }, algorithm: HS384 }`).kind, 'secret')
  t.end()
})
