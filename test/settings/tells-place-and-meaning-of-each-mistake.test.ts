import t from 'tap'
import { mistakesOf, rest, withRule } from './reading.js'

const rule = 'path: /a, allow: anyone, to: app'

/** Source of the part under test, and everything that must be said of it. */
const topLevel: readonly (readonly [source: string, mistakes: readonly string[]])[] = [
  ['upsteams: {}', ["1:1 upsteams: is not a known key, did you mean 'upstreams'?"]],
  ['publicUrl: http://a', ["1:1 publicUrl: is not a known key, did you mean 'public_url'?"]],
  ['tls: { cert: a }', ['1:6 tls.key: is missing']],
  [
    'listener: { header_timeout: 15 }',
    ['1:29 listener.header_timeout: must be a duration such as 15m, write 15s or 15m']
  ],
  ['listener: { header_timeout: 0s }', ['1:29 listener.header_timeout: must be at least 100ms']],
  ['listener: { max_connections: 0 }', ['1:30 listener.max_connections: must be a whole number from 1 to 1000000']],
  [
    'listener: { max_header_size: 16384 }',
    ['1:30 listener.max_header_size: must be a size such as 16kb, write 16384kb']
  ],
  ['listener: { max_header_size: 1mb }', ['1:30 listener.max_header_size: must be at most 256kb']],
  ['listener: { max_memory: 1mb }', ['1:25 listener.max_memory: must be at least 16mb']],
  ['workers: 2', ['1:1 workers: is not supported by this version']],
  ['cors: { origins: ["*"] }', ['1:19 cors.origins[0]: would let every page in, name the origins']],
  ['cors: { origins: ["null"] }', ['1:19 cors.origins[0]: is what any sandboxed page says, name the origins']],
  ['cors: { origins: [null] }', ['1:19 cors.origins[0]: has no value']],
  [
    'cors: { origins: ["https://*.example.com"] }',
    [
      '1:19 cors.origins[0]: must be an origin such as https://app.example.com, origins are exact: wildcards are not supported'
    ]
  ],
  [
    'cors: { origins: [https://a.example/x] }',
    ['1:19 cors.origins[0]: must not have a path, an origin is the scheme, host and port alone']
  ],
  ['cors: { origins: https://a.example }', ['1:18 cors.origins: must be a list, write [https://a.example]']],
  ['forward_auth: {}', ['1:15 forward_auth.mode: is missing', '1:15 forward_auth.from: is missing']],
  ['forward_auth: { mode: apache, from: ["::1"] }', ['1:23 forward_auth.mode: must be nginx, traefik, caddy or envoy']],
  [
    'forward_auth: { mode: [nginx, 1], from: [] }',
    ['1:31 forward_auth.mode[1]: must be nginx, traefik, caddy or envoy', '1:41 forward_auth.from: must not be empty']
  ],
  [
    'forward_auth: { mode: nginx, from: [proxy.internal] }',
    ['1:37 forward_auth.from[0]: must be an address or a network such as 10.0.0.0/8']
  ],
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
  [
    'public_url: http://a.example\ntokens: { cookies: { enabled: true } }',
    [
      '2:31 tokens.cookies.enabled: would be kept by no browser, because public_url is plain http, give public_url https, or say insecure_cookies_without_tls: true'
    ]
  ],
  [
    'public_url: http://a.example\ntokens: { cookies: { enabled: true, same_site: none, insecure_cookies_without_tls: true } }',
    ['2:48 tokens.cookies.same_site: none needs https, use lax or strict']
  ],
  [
    'tokens: { cookies: { same_site: Lax } }',
    ["1:33 tokens.cookies.same_site: must be lax, strict or none, did you mean 'lax'?"]
  ],
  [
    'tokens: { cookies: { login_url: //evil.example } }',
    ['1:33 tokens.cookies.login_url: must be a path such as /login or an https URL']
  ],
  [
    'tokens: { cookies: { login_url: http://a.example/login } }',
    [
      '1:33 tokens.cookies.login_url: must be a path such as /login or an https URL, a password must not travel in clear'
    ]
  ],
  ['tokens: { cookies: { login_url: "/login#x" } }', ['1:33 tokens.cookies.login_url: must not have a fragment']],
  [
    'tokens: { algorithm: es256 }',
    [
      "1:22 tokens.algorithm: must be ES256, ES384, ES512, EdDSA, RS256, RS384, RS512, PS256, PS384, PS512, HS256, HS384 or HS512, did you mean 'ES256'?"
    ]
  ],
  [
    `tokens: { keys: { secret: ${'x'.repeat(32)} } }`,
    [
      '1:17 tokens.keys: must be a directory or files, because the algorithm is ES256, a secret is for HS256, HS384 and HS512'
    ]
  ],
  [
    `tokens: { algorithm: HS384, keys: { secret: ${'x'.repeat(47)} } }`,
    ['1:45 tokens.keys.secret: must have at least 48 bytes, make one with: openssl rand -base64 48']
  ],
  ['tokens: { keys: { rotate_every: 30d } }', ['1:17 tokens.keys: must have one of directory, files and secret']],
  [
    'tokens: { keys: { directory: a, files: [a] } }',
    ['1:17 tokens.keys: must have one of directory, files and secret']
  ],
  [
    'tokens: { keys: { files: [a], publish_before: 1h } }',
    ['1:31 tokens.keys.publish_before: is for keys in a directory alone']
  ],
  [
    'tokens: { keys: { directory: a, rotate_every: 1h } }',
    ['1:47 tokens.keys.rotate_every: must be longer than publish_before, which is 1h by default']
  ],
  [
    'tokens: { keys: { directory: a, rotate_every: 1d, publish_before: 2d } }',
    ['1:47 tokens.keys.rotate_every: must be longer than publish_before']
  ],
  ['tokens: { keys: { directory: a, rotate_every: 10s } }', ['1:47 tokens.keys.rotate_every: must be at least 1m']],
  ['tokens: { keys: { files: [] } }', ['1:26 tokens.keys.files: must not be empty']],
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
  [
    `tokens: { claims: { ${Array.from({ length: 60 }, (_, index) => `${'c'.repeat(100)}${index}: user.x`).join(', ')} } }`,
    [
      '1:9 tokens: make every token too long by 159 bytes, the names of the claims, the audience and the issuer may have 6144 bytes together'
    ]
  ],
  ['tokens: { claims: { a: b } }', ['1:24 tokens.claims.a: must be user.<attribute> or user.username, write user.b']],
  ['users: { source: sqlite }', ['1:18 users.source: must be store']],
  ['users: { password: { min_length: 7 } }', ['1:34 users.password.min_length: must be a whole number from 8 to 128']],
  ['users: { hash: { memory: 19 } }', ['1:26 users.hash.memory: must be a size such as 19mb, write 19mb']],
  ['users: { hash: { memory: 5gb } }', ['1:26 users.hash.memory: must be at most 4gb']],
  ['users: { hash: { algorithm: bcrypt } }', ['1:29 users.hash.algorithm: must be argon2id']],
  ['users: { login: { per_network: 0 } }', ['1:32 users.login.per_network: must be a whole number from 1 to 1000000']],
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
    'identity: { preset: authentik }',
    ["1:21 identity.preset: must be oauth2-proxy, authelia or envoy, did you mean 'authelia'?"]
  ],
  ['identity: { assertion: { ttl: 1h } }', ['1:31 identity.assertion.ttl: must be at most 10m']],
  [
    'identity: { assertion: { header: x_user_id } }',
    ["1:34 identity.assertion.header: is taken: 'X-User-Id' tells who asks, choose another name"]
  ],
  [
    'identity: { preset: authelia, assertion: { header: Remote.User } }',
    ["1:52 identity.assertion.header: is taken: 'Remote-User' tells who asks, choose another name"]
  ],
  [
    'identity: { assertion: { claims: [nam] } }',
    ["1:35 identity.assertion.claims[0]: no claim is called 'nam', add it to tokens.claims"]
  ],
  [
    'identity: { assertion: { keys: { directory: a, files: b } } }',
    ['1:32 identity.assertion.keys: must have one of directory and files']
  ],
  [
    'identity: { assertion: { keys: { files: a, rotate_every: 1d } } }',
    ['1:44 identity.assertion.keys.rotate_every: is for keys in a directory alone']
  ],
  [
    'tokens: { audience: [api, app] }\nidentity: { assertion: {} }',
    [
      '1:27 tokens.audience[1]: must not be the name of an upstream, which is the audience of its assertions, give one of them another name'
    ]
  ],
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

/** What follows `issuer` and `audience` in a definition of `corp`. */
const issuers: typeof topLevel = [
  ['', []],
  [', jwks_url: "https://b/keys?x=1"', []],
  [
    ', jwks_url: "http://b/keys"',
    [
      '1:68 issuers.corp.jwks_url: would fetch keys over plain http, where anybody on the way can put in his own, write https://, or say insecure_http: true'
    ]
  ],
  [', jwks_url: "http://b/keys", insecure_http: true', []],
  [', jwks_url: b', ['1:68 issuers.corp.jwks_url: must be a URL such as https://idp.example.com/keys']],
  [', jwks_url: "https://u:p@b/"', ['1:68 issuers.corp.jwks_url: must be a URL such as https://idp.example.com/keys']],
  [
    ', jwks_url: "https://b", discovery: true',
    ['1:92 issuers.corp.discovery: cannot be true beside jwks_url, keep one of them']
  ],
  [', discovery: false', ['1:69 issuers.corp.discovery: leaves no way to the keys, say jwks_url']],
  [
    ', algorithms: [HS256]',
    [
      '1:71 issuers.corp.algorithms[0]: must be an algorithm with public keys such as RS256, whoever can verify a secret can also sign with it'
    ]
  ],
  [', algorithms: [none]', ['1:71 issuers.corp.algorithms[0]: must be an algorithm with public keys such as RS256']],
  [', algorithms: []', ['1:70 issuers.corp.algorithms: must not be empty']],
  [', audiences: [b]', ["1:58 issuers.corp.audiences: is not a known key, did you mean 'audience'?"]],
  [', roles: { map: { a: b } }', ['1:65 issuers.corp.roles.from: is missing']],
  [', roles: { from: "a..b" }', ['1:73 issuers.corp.roles.from: must be a claim such as roles or realm_access.roles']],
  [
    ', roles: { from: a, map: { ops: "portcullis:admin" } }',
    ["1:88 issuers.corp.roles.map.ops: must not begin with 'portcullis:': only users of the store can have such a role"]
  ],
  [', subject: prefix', ["1:67 issuers.corp.subject: must be prefixed or raw, did you mean 'prefixed'?"]],
  [', leeway: 6m', ['1:66 issuers.corp.leeway: must be at most 5m']],
  [', typ: []', ['1:63 issuers.corp.typ: must not be empty']],
  [
    ' }, self: { issuer: "https://b", audience: a',
    ['1:60 issuers.self: must be another name: self means something already']
  ],
  [
    ' }, b: { issuer: "https://a", audience: a',
    ["1:73 issuers.b.issuer: is that of 'corp' too, a token must tell by `iss` alone whose it is"]
  ]
]

const upstreams: typeof topLevel = [
  ['{}', ['1:12 upstreams: must name at least one upstream']],
  [
    '{ app: { url: "http://a/b" } }',
    ['1:26 upstreams.app.url: must not have a path, the path of the request is kept; see strip_prefix']
  ],
  ['{ app: { url: "unix:/x" } }', ['1:26 upstreams.app.url: must be an origin such as https://api.example.com']],
  [
    '{ app: { url: "http://a", strip_prefix: a } }',
    ['1:52 upstreams.app.strip_prefix: must be a path such as /api, write /a']
  ],
  [
    '{ app: { url: "http://a", max_body: 10 } }',
    ['1:48 upstreams.app.max_body: must be a size such as 10mb, or none, write 10mb']
  ],
  [
    '{ app: { url: "http://a", max_body: 10mib } }',
    ['1:48 upstreams.app.max_body: must be a size such as 10mb, or none']
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
    [
      '4:41 rules[0].toward: is not a known key, the keys here are path, host, methods, allow, to, limit, max_body, paths, websocket'
    ]
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
  ['{ issuers: [] }', [`4:35 rules[0].allow.issuers: ${neverAny}`]],
  ['{ issuers: [corp] }', ["4:36 rules[0].allow.issuers[0]: no issuer is called 'corp', the names are self"]],
  ['[{ issuers: [slef] }]', ["4:37 rules[0].allow[0].issuers[0]: no issuer is called 'slef', did you mean 'self'?"]],
  ['{ issuers: [self] }', []],
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
    ['4:36 rules[0].allow.claims.iss: cannot be a condition, write issuers: [...] beside claims']
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

t.test('a mistake about an issuer is told with its place and what was meant', (t) => {
  for (const [source, expected] of issuers) {
    const file = `issuers: { corp: { issuer: "https://a", audience: [api]${source} } }\n${rest}`
    t.same(mistakesOf(file), expected, source)
  }
  t.same(mistakesOf(`issuers: { corp: { issuer: "https://a" } }\n${rest}`), ['1:18 issuers.corp.audience: is missing'])
  t.same(mistakesOf(`issuers: { corp: { issuer: "http://a", audience: a } }\n${rest}`), [
    '1:28 issuers.corp.issuer: would fetch keys over plain http, where anybody on the way can put in his own, write https://, or say insecure_http: true'
  ])
  t.same(mistakesOf(`public_url: https://a\nissuers: { corp: { issuer: "https://a", audience: a } }\n${rest}`), [
    '2:28 issuers.corp.issuer: is the issuer of our own tokens, a token must tell by `iss` alone whose it is'
  ])
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
    '3:3 rules: must not hold more than 10000 entries'
  ])
  t.end()
})
