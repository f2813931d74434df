import t from 'tap'
import { mistakesOf, parse } from './reading.js'

const source = `listen: nowhere
lisen: 8080
trusted_proxies: [0.0.0.0/0]
tokens:
  access: 15
  refresh: { idle: 40d }
  claims: { sub: user.x }
limits:
  slow: { by: ip, requests: none, window: 1m }
  empty:
default_limits: [slw]
upstreams:
  app: { url: http://a/path }
rules:
  - path: nowhere
    methods: [get]
    allow: { roles: }
    to: ap
    limit: slo
  - path: /x/{id}
    allow: { claims: { sub: "{ide}" } }
    host: "*"
    to: \${NOWHERE}
`

t.test('mistakes of every kind are told together, in the order of the file', (t) => {
  t.same(mistakesOf(source), [
    '1:9 listen: must be an address such as 127.0.0.1:8080',
    "2:1 lisen: is not a known key, did you mean 'listen'?",
    '3:19 trusted_proxies[0]: would let every client choose its own address, name the proxies, or say insecure_trust_every_proxy: true',
    '5:11 tokens.access: must be a duration such as 15m, write 15s or 15m',
    '6:20 tokens.refresh.idle: must not be longer than tokens.refresh.absolute',
    '7:13 tokens.claims.sub: is a claim of the gateway itself, choose another name',
    '9:29 limits.slow.requests: must be a whole number from 1 to 1000000000',
    '10:3 limits.empty: has no value',
    "11:18 default_limits[0]: no limit is called 'slw', did you mean 'slow'?",
    '13:15 upstreams.app.url: must not have a path, the path of the request is kept; see strip_prefix',
    '15:11 rules[0].path: must begin with /',
    '16:15 rules[0].methods[0]: must be a method such as GET, write GET',
    '17:14 rules[0].allow.roles: has no value, an empty condition must never mean any role',
    "18:9 rules[0].to: no upstream is called 'ap', did you mean 'app'?",
    "19:12 rules[0].limit: no limit is called 'slo', did you mean 'slow'?",
    "21:29 rules[1].allow.claims.sub: the path has no segment '{ide}' to compare with, did you mean 'id'?",
    '22:11 rules[1].host: must be a host name such as api.example.com, hosts are exact: wildcards are not supported',
    `23:9 rules[1].to: the environment variable 'NOWHERE' is not set, set it, or write \${NOWHERE:-default}`
  ])
  t.end()
})

t.test('a result with mistakes has no settings', (t) => {
  t.notOk('settings' in parse(source))
  t.end()
})

t.test('a mistaken section does not make its own names dangle', (t) => {
  const file = 'limits: []\nupstreams: []\nrules: [{ path: /a, allow: anyone, to: app, limit: slow }]\n'
  t.same(mistakesOf(file), ['1:9 limits: must be a map', '2:12 upstreams: must be a map'])
  t.end()
})

t.test('a name that is defined with a mistake is defined', (t) => {
  const file = 'upstreams: { app: { url: x } }\nrules: [{ path: /a, allow: anyone, to: app }]\n'
  t.same(mistakesOf(file), [
    '1:26 upstreams.app.url: must be an origin such as https://api.example.com, write http:// before it'
  ])
  t.end()
})
