import t from 'tap'
import { mistakesOf, rest, withRule } from './reading.js'

const rule = 'path: /a, allow: anyone, to: app'

/** Source of the part under test, and everything that must be said of it. */
const topLevel: readonly (readonly [source: string, mistakes: readonly string[]])[] = [
  ['upsteams: {}', ["1:1 upsteams: is not a known key, did you mean 'upstreams'?"]],
  ['publicUrl: http://a', ["1:1 publicUrl: is not a known key, did you mean 'public_url'?"]],
  ['tls: { cert: a, key: b }', ['1:1 tls: is not supported by this version']],
  ['workers: 2', ['1:1 workers: is not supported by this version']],
  ['cors: {}', ['1:1 cors: is not supported by this version']],
  ['issuers: {}', ['1:1 issuers: is not supported by this version']],
  ['forward_auth: {}', ['1:1 forward_auth: is not supported by this version']],
  ['listen: 127.0.0.1', ['1:9 listen: must be an address such as 127.0.0.1:8080']],
  ['listen: 127.0.0.1:65536', ['1:9 listen: must be an address such as 127.0.0.1:8080']],
  ['listen: 1.2.3:80', ['1:9 listen: must be an address such as 127.0.0.1:8080']],
  ['listen: "::1"', ['1:9 listen: must be an address such as 127.0.0.1:8080, write [::1]:8080']],
  ['listen: []', ['1:9 listen: must be an address such as 127.0.0.1:8080']],
  ['public_url: https://a.example/x', ['1:13 public_url: must not have a path, write the scheme, host and port alone']],
  ['public_url: https://a.example/?', ['1:13 public_url: must not have a query or fragment']],
  ['public_url: https://u:p@a.example', ['1:13 public_url: must not carry a name or password']],
  [
    'public_url: a.example',
    ['1:13 public_url: must be an origin such as https://api.example.com, write http:// before it']
  ],
  ['public_url: ftp://a.example', ['1:13 public_url: must be an origin such as https://api.example.com']],
  ['public_url: "http:/\\\\a"', ['1:13 public_url: must be an origin such as https://api.example.com']],
  ['trusted_proxies: 10.0.0.0/8', ['1:18 trusted_proxies: must be a list, write [10.0.0.0/8]']],
  ['trusted_proxies: [10.0.0.0/33]', ['1:19 trusted_proxies[0]: must be an address or a network such as 10.0.0.0/8']],
  ['trusted_proxies: [10.0.0.0/08]', ['1:19 trusted_proxies[0]: must be an address or a network such as 10.0.0.0/8']],
  ['trusted_proxies: [ten]', ['1:19 trusted_proxies[0]: must be an address or a network such as 10.0.0.0/8']],
  ['admin: 9901', ['1:8 admin: must be a map']],
  ['public_health: healthz', ['1:16 public_health: must be a path such as /api, write /healthz']],
  ['public_health: /%61', ["1:16 public_health: is not in canonical form, write '/a'"]],
  ['store: redis://localhost', ['1:8 store: redis is not supported by this version, use sqlite:<path> or memory:']],
  ['store: memory', ["1:8 store: must be sqlite:<path> or memory:, write 'memory:'"]],
  ['store: "sqlite:"', ['1:8 store: must be sqlite:<path> or memory:']],
  [
    'logs: { access: [stdout] }',
    ['1:17 logs.access: must be stdout, stderr, off or a path, write it without brackets']
  ],
  ['logs: { acess: stdout }', ["1:9 logs.acess: is not a known key, did you mean 'access'?"]],
  ['auth: { prefix: / }', ['1:17 auth.prefix: must have at least one segment']],
  ['auth: { prefix: /a/ }', ['1:17 auth.prefix: must be a path such as /api, write it without the slash at the end']],
  ['auth: { prefix: /a/** }', ['1:17 auth.prefix: must be literal, without wildcards']],
  ['auth: { prefix: /a/../b }', ['1:17 auth.prefix: must not have dot segments']],
  ['auth: { hosts: [] }', ['1:16 auth.hosts: must not be empty']],
  [
    'auth: { hosts: ["a:80"] }',
    ['1:17 auth.hosts[0]: must be a host name such as api.example.com, write it without the port']
  ],
  [
    'auth: { hosts: [bücher.example] }',
    ['1:17 auth.hosts[0]: must be a host name such as api.example.com, write xn--bcher-kva.example']
  ],
  ['tokens: { cookies: { enabled: true } }', ['1:11 tokens.cookies: is not supported by this version']],
  [
    'tokens: { algorithm: RS256 }',
    ["1:22 tokens.algorithm: 'RS256' is not supported by this version, use ES256, EdDSA or HS256"]
  ],
  ['tokens: { algorithm: es256 }', ["1:22 tokens.algorithm: must be ES256, EdDSA or HS256, did you mean 'ES256'?"]],
  [
    'tokens: { algorithm: HS256 }',
    [`1:9 tokens.keys: must be a secret, because the algorithm is HS256, write { secret: "\${NAME}" }`]
  ],
  [
    `tokens: { keys: { secret: ${'x'.repeat(32)} } }`,
    ['1:17 tokens.keys: must be a directory, because the algorithm is ES256, a secret is for HS256 alone']
  ],
  [
    'tokens: { keys: { files: [a] } }',
    ['1:17 tokens.keys.secret: is missing', '1:19 tokens.keys.files: is not supported by this version']
  ],
  ['tokens: { access: 15 }', ['1:19 tokens.access: must be a duration such as 15m, write 15s or 15m']],
  ['tokens: { access: 15min }', ['1:19 tokens.access: must be a duration such as 15m']],
  ['tokens: { access: -5m }', ['1:19 tokens.access: must be a duration such as 15m']],
  ['tokens: { access: 25h }', ['1:19 tokens.access: must be at most 24h']],
  ['tokens: { refresh: { idle: 0s } }', ['1:28 tokens.refresh.idle: must be at least 1s']],
  ['tokens: { refresh: { idle: 31d } }', ['1:28 tokens.refresh.idle: must not be longer than tokens.refresh.absolute']],
  ['tokens: { refresh: { reuse_grace: 61s } }', ['1:35 tokens.refresh.reuse_grace: must be at most 60s']],
  ['tokens: { audience: [] }', ['1:21 tokens.audience: must not be empty']],
  ['tokens: { issuer: "https://a?b" }', ['1:19 tokens.issuer: must be a URL such as https://api.example.com']],
  [
    'tokens: { claims: { sub: user.x } }',
    ['1:21 tokens.claims.sub: is a claim of the gateway itself, choose another name']
  ],
  ['tokens: { claims: { a: b } }', ['1:24 tokens.claims.a: must be user.<attribute> or user.username, write user.b']],
  ['users: { source: store }', ['1:10 users.source: is not supported by this version']],
  ['users: { login: { per_network: 0 } }', ['1:32 users.login.per_network: must be a whole number from 1 to 1000000']],
  ['identity: { assertion: {} }', ['1:13 identity.assertion: is not supported by this version']],
  [
    'identity: { headers: { X-A: nam } }',
    ["1:29 identity.headers.X-A: no claim is called 'nam', add it to tokens.claims"]
  ],
  [
    'identity: { headers: { X-A: usrname } }',
    ["1:29 identity.headers.X-A: no claim is called 'usrname', did you mean 'username'?"]
  ],
  [
    'identity: { headers: { X-A: sub, x_a: sub } }',
    ["1:34 identity.headers.x_a: many servers take it for the same field as 'X-A', keep one of them"]
  ],
  ...['Host', 'content-length', 'Transfer_Encoding', 'Authorization', 'Cookie', 'X-Forwarded-For', 'Forwarded'].map(
    (name) =>
      [
        `identity: { headers: { ${name}: sub } }`,
        [`1:24 identity.headers.${name}: '${name}' belongs to HTTP or to the gateway, choose another name`]
      ] as const
  ),
  ['identity: { headers: { "X A": sub } }', ["1:24 identity.headers['X A']: must be a header name such as X-User-Id"]],
  [
    'identity: { strip: [Connection] }',
    ["1:21 identity.strip[0]: 'Connection' belongs to HTTP or to the gateway, choose another name"]
  ],
  [
    'limits: { a: { by: ip, requests: 1.5, window: 1s } }',
    ['1:34 limits.a.requests: must be a whole number from 1 to 1000000000']
  ],
  ['limits: { a: { by: us, requests: 1, window: 1s } }', ['1:20 limits.a.by: must be user or ip']],
  ['limits: { a: { by: ip } }', ['1:14 limits.a.requests: is missing', '1:14 limits.a.window: is missing']],
  [
    'limits: { none: { by: ip, requests: 1, window: 1s } }',
    ['1:11 limits.none: must be another name: none or listener means something already']
  ],
  [
    'limits: { a: { by: ip, requests: 1, window: 1s, on_store_failure: deny } }',
    ['1:49 limits.a.on_store_failure: is not supported by this version']
  ],
  ['default_limits: [per_user]', ["1:18 default_limits[0]: no limit is called 'per_user'"]],
  ['listener_limit: { by: user, requests: 1, window: 1s }', ['1:23 listener_limit.by: must be ip']]
]

const upstreams: typeof topLevel = [
  ['{}', ['1:12 upstreams: must name at least one upstream']],
  [
    '{ app: { url: "http://a/b" } }',
    ['1:26 upstreams.app.url: must not have a path, the path of the request is kept; see strip_prefix']
  ],
  ['{ app: { url: "unix:/x" } }', ['1:26 upstreams.app.url: must be an origin such as https://api.example.com']],
  [
    '{ app: { urls: ["http://a"] } }',
    ['1:19 upstreams.app.url: is missing', '1:21 upstreams.app.urls: is not supported by this version']
  ],
  [
    '{ app: { url: "http://a", strip_prefix: a } }',
    ['1:52 upstreams.app.strip_prefix: must be a path such as /api, write /a']
  ],
  ['{ app: { url: "http://a", host: server } }', ['1:44 upstreams.app.host: must be client or upstream']],
  [
    '{ app: { url: "http://a", forward_authorization: yes } }',
    ['1:61 upstreams.app.forward_authorization: must be true or false, write true']
  ],
  [
    '{ app: { url: "http://a", paths: { case: on } } }',
    ['1:53 upstreams.app.paths.case: must be insensitive or sensitive']
  ],
  [
    '{ app: { url: "http://a", timeout: 30 } }',
    ['1:47 upstreams.app.timeout: must be a duration such as 15m, write 30s or 30m']
  ],
  [
    '{ app: { url: "http://a" }, "a b": { url: "http://a" } }',
    ["1:40 upstreams['a b']: must be a name of letters, digits and _ . -"]
  ],
  ['{ app: ~ }', ['1:19 upstreams.app: has no value']]
]

const rules: typeof topLevel = [
  ['{ allow: anyone, to: app }', ['4:5 rules[0].path: is missing']],
  ['{ path: a, allow: anyone, to: app }', ['4:13 rules[0].path: must begin with /']],
  ['{ path: /a, to: app }', ['4:5 rules[0].allow: is missing']],
  [
    '{ path: /a, allow: anyone }',
    ['4:5 rules[0].to: is missing, name the upstream, unless the rule is `allow: nobody`']
  ],
  ['{ path: /a, allow: anyone, to: ap }', ["4:36 rules[0].to: no upstream is called 'ap', did you mean 'app'?"]],
  ['{ path: /a, allow: anyone, to: web }', ["4:36 rules[0].to: no upstream is called 'web', the names are app"]],
  [`{ ${rule}, limit: slow }`, ["4:48 rules[0].limit: no limit is called 'slow'"]],
  [
    `{ ${rule}, limit: [none, none] }`,
    [
      "4:49 rules[0].limit[0]: must stand alone: 'none' is no limit at all",
      "4:55 rules[0].limit[1]: must stand alone: 'none' is no limit at all"
    ]
  ],
  [
    `{ ${rule}, host: "*.example.com" }`,
    ['4:47 rules[0].host: must be a host name such as api.example.com, hosts are exact: wildcards are not supported']
  ],
  [`{ ${rule}, methods: [get] }`, ['4:51 rules[0].methods[0]: must be a method such as GET, write GET']],
  [`{ ${rule}, methods: [PSOT] }`, ["4:51 rules[0].methods[0]: must be a method such as GET, did you mean 'POST'?"]],
  [`{ ${rule}, methods: GET }`, ['4:50 rules[0].methods: must be a list, write [GET]']],
  [`{ ${rule}, methods: [] }`, ['4:50 rules[0].methods: must not be empty']],
  [
    `{ ${rule}, toward: app }`,
    ['4:41 rules[0].toward: is not a known key, the keys here are path, host, methods, allow, to, limit, paths']
  ],
  ['anyone', ['4:5 rules[0]: must be a map']]
]

const words = 'must be anyone, authenticated, nobody, a map of conditions or a list of such maps'
const neverAny = 'must not be empty: that must never mean any role'

/** The value of `allow`, which begins at 4:24. */
const allows: typeof topLevel = [
  ['{}', [`4:24 rules[0].allow: ${neverAny}`]],
  ['[]', [`4:24 rules[0].allow: ${neverAny}`]],
  ['[{}]', [`4:25 rules[0].allow[0]: ${neverAny}`]],
  ['~', ['4:24 rules[0].allow: has no value, an empty condition must never mean any role']],
  ['{ roles: }', ['4:26 rules[0].allow.roles: has no value, an empty condition must never mean any role']],
  ['{ roles: [] }', [`4:33 rules[0].allow.roles: ${neverAny}`]],
  ['{ roles: [~] }', ['4:34 rules[0].allow.roles[0]: has no value, an empty condition must never mean any role']],
  ['{ roles: admin }', ['4:33 rules[0].allow.roles: must be a list, write [admin]']],
  ['{ roles: ["a,b"] }', ['4:34 rules[0].allow.roles[0]: must be a role: letters, digits and : _ . / -']],
  [
    '{ roles: [1] }',
    [
      '4:34 rules[0].allow.roles[0]: must be a role: letters, digits and : _ . / -, put it in quotes if it is meant as text'
    ]
  ],
  ['{ role: [admin] }', ["4:26 rules[0].allow.role: is not a known key, did you mean 'roles'?"]],
  ['{ issuers: [corp] }', ['4:26 rules[0].allow.issuers: is not supported by this version']],
  ['[{ issuers: [corp] }]', ['4:27 rules[0].allow[0].issuers: is not supported by this version']],
  ['{ claims: {} }', [`4:34 rules[0].allow.claims: ${neverAny}`]],
  ['{ claims: { sub: [] } }', [`4:41 rules[0].allow.claims.sub: ${neverAny}`]],
  [
    '{ claims: { sub: {id} } }',
    ['4:41 rules[0].allow.claims.sub: must be a text, a number, true or false, put it in quotes: "{id}"']
  ],
  ['{ claims: { sub: "{id}" } }', ["4:41 rules[0].allow.claims.sub: the path has no segment '{id}' to compare with"]],
  [
    '{ claims: { sub: ["x", "{id}"] } }',
    ["4:47 rules[0].allow.claims.sub[1]: the path has no segment '{id}' to compare with"]
  ],
  [
    '{ claims: { sub: "u-{id}" } }',
    ['4:41 rules[0].allow.claims.sub: may be "{name}" as a whole, or a text without braces']
  ],
  [
    '{ claims: { roles: admin } }',
    ['4:36 rules[0].allow.claims.roles: cannot be a condition, write roles: [...] beside claims']
  ],
  [
    '{ claims: { scope: a } }',
    ['4:36 rules[0].allow.claims.scope: cannot be a condition, write scopes: [...] beside claims']
  ],
  [
    '{ claims: { iss: a } }',
    ['4:36 rules[0].allow.claims.iss: cannot be a condition, every token here is of tokens.issuer']
  ],
  ['{ claims: { exp: 1 } }', ['4:36 rules[0].allow.claims.exp: cannot be a condition, it is verified for every token']],
  [
    '{ networks: [10.0.0.0/33] }',
    ['4:37 rules[0].allow.networks[0]: must be an address or a network such as 10.0.0.0/8']
  ],
  ['{ scopes: ["a b"] }', ['4:35 rules[0].allow.scopes[0]: must be a scope: one word, as RFC 6749 §3.3 spells it']],
  ['true', [`4:24 rules[0].allow: ${words}`]],
  ['yes', [`4:24 rules[0].allow: ${words}`]],
  ['admin', [`4:24 rules[0].allow: ${words}, for a role write { roles: [admin] }`]],
  ['anyon', [`4:24 rules[0].allow: ${words}, did you mean 'anyone'?`]],
  ['[anyone]', ['4:25 rules[0].allow[0]: must be a map']]
]

t.test('a mistake in a section is told with its place and what was meant', (t) => {
  for (const [source, expected] of topLevel) t.same(mistakesOf(`${source}\n${rest}`), expected, source)
  t.end()
})

t.test('a mistake in an upstream is told with its place and what was meant', (t) => {
  const file = (source: string) => `upstreams: ${source}\nrules: [{ path: /**, allow: nobody }]\n`
  for (const [source, expected] of upstreams) t.same(mistakesOf(file(source)), expected, source)
  t.end()
})

t.test('a mistake in a rule is told with its place and what was meant', (t) => {
  for (const [source, expected] of rules) t.same(mistakesOf(withRule(source)), expected, source)
  t.end()
})

t.test('a rule on a path that is always refused is a mistake, unless `paths` allows it', async (t) => {
  const message =
    '4:13 rules[0].path: every request for such a path is refused, allow it by paths: { semicolon: allow }'
  t.strictSame(mistakesOf(withRule('{ path: /a;b, allow: anyone, to: app }')), [message])
  t.strictSame(mistakesOf(withRule('{ path: /a;b, allow: anyone, to: app, paths: { semicolon: allow } }')), [])
})

t.test('a mistake in a condition is told with its place, and never lets anyone in', (t) => {
  const file = (allow: string) => withRule(`{ path: /a, allow: ${allow}, to: app }`)
  for (const [source, expected] of allows) t.same(mistakesOf(file(source)), expected, source)
  t.end()
})

t.test('a file must say what it serves', (t) => {
  t.same(mistakesOf('listen: 8080'), ['1:1 upstreams: is missing', '1:1 rules: is missing'])
  t.same(mistakesOf('upstreams: { a: { url: "http://a" } }\nrules: []'), [
    '2:8 rules: must not be empty: nothing would be served'
  ])
  const many = '  - { path: /a, allow: nobody }\n'.repeat(10_001)
  t.same(mistakesOf(`upstreams: { a: { url: "http://a" } }\nrules:\n${many}`), [
    '3:3 rules: must not hold more than 10000 rules'
  ])
  t.end()
})
