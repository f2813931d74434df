import t from 'tap'
import { mistakesOf, rest, settingsOf, withRule } from './reading.js'

const table: readonly (readonly [name: string, source: string, mistakes: readonly string[]])[] = [
  ['nothing', '', ['1:1 the file is empty']],
  ['a comment alone', '# nothing\n', ['1:1 the file is empty']],
  ['a null', '~', ['1:1 the file is empty']],
  ['a list', '- a\n', ['1:1 the file must be a map of settings, begin with listen:, upstreams: or rules:']],
  ['a scalar', 'yes', ['1:1 the file must be a map of settings, begin with listen:, upstreams: or rules:']],
  ['a tab', 'admin:\n\tlisten: 1\n', ['2:1 is indented with a tab, use spaces']],
  ['two documents', `${rest}---\na: 1\n`, ['3:1 a second document begins here, keep everything in one document']],
  ['a duplicate key', `listen: 1\nlisten: 2\n${rest}`, ['2:1 listen: is given twice']],
  ['an unknown tag', `listen: !port 1\n${rest}`, ['1:9 has a tag that is not known here (!port), remove it']],
  [
    'binary',
    `listen: !!binary MQ==\n${rest}`,
    [
      '1:9 has a tag that is not known here (tag:yaml.org,2002:binary), remove it',
      '1:18 listen: must be an address such as 127.0.0.1:8080'
    ]
  ],
  ['YAML 1.1', `%YAML 1.1\n---\n${rest}`, ['1:1 only YAML 1.2 is read, remove the %YAML directive']],
  [
    'a merge key',
    `admin:\n  <<: { listen: 1 }\n${rest}`,
    ["2:3 admin['<<']: does not merge maps here, write the keys out"]
  ],
  ['a key that is no text', `1: a\n${rest}`, ['1:1 has a key that is not text, put the key in quotes']],
  ['a key that is a list', `? [a]\n: b\n${rest}`, ['1:3 has a key that is not text']],
  ['a section without a value', `limits:\n${rest}`, ['1:1 limits: has no value']],
  ['a null', `limits: ~\n${rest}`, ['1:9 limits: has no value']],
  [
    'an unclosed list',
    'trusted_proxies: [10.0.0.1\n',
    ['2:1 is not valid YAML: flow sequence in block collection must be sufficiently indented and end with a ]']
  ],
  ['an unclosed quote', 'listen: "a\n', ['2:1 is not valid YAML: missing closing "quote']],
  ['two colons', 'listen: a: b\n', ['1:9 has a second colon on one line, put the value in quotes']],
  ['an at sign', 'listen: @a\n', ["1:9 a plain value cannot begin with '@', put it in quotes"]],
  [
    'an address of IPv6',
    'listen: [::1]:80\n',
    ['1:14 is not valid YAML here, put the value in quotes if it is meant as text']
  ],
  [
    'an octal number',
    `listen: 010\n${rest}`,
    ['1:9 listen: would be read as the number 10, write 10, or put it in quotes']
  ],
  ['a star', `auth: { hosts: [*] }\n${rest}`, ["1:17 '*' begins a YAML alias here, put the value in quotes"]],
  [
    'an alias',
    `public_url: *url\n${rest}`,
    ["1:13 public_url: YAML reads '*url' as an alias, and there is no such anchor, put it in quotes"]
  ],
  [
    'an interpolation in a flow',
    `admin: { listen: \${X} }\n`,
    ["1:19 '{' cannot stand here, inside { } and [ ] a value with braces needs quotes"]
  ]
]

t.test('what YAML reads as something else is told in the words of the author', (t) => {
  for (const [name, source, expected] of table) t.same(mistakesOf(source), expected, name)
  t.end()
})

t.test('a host that begins with a star is explained', (t) => {
  const message =
    "YAML reads '*.x' as an alias, and there is no such anchor, hosts are exact: wildcards are not supported"
  t.same(mistakesOf(withRule('{ path: /a, allow: anyone, to: app, host: *.x }')), [`4:47 rules[0].host: ${message}`])
  t.end()
})

t.test('numbers that would lose digits are refused where text may be meant', (t) => {
  for (const written of ['1.20', '0x10', '1e3', '12345678901234567890', '.inf', '.nan', '+1']) {
    const [first, ...others] = mistakesOf(withRule(`{ path: /a, to: app, allow: { claims: { tenant: ${written} } } }`))
    t.match(first, /^4:53 .*tenant: would be read as the number /, written)
    t.same(others, [])
  }
  t.end()
})

t.test('yes, no, on and off are no booleans', (t) => {
  for (const [written, meant] of Object.entries({ yes: 'true', On: 'true', no: 'false', OFF: 'false' })) {
    const expected = [`1:29 insecure_trust_every_proxy: must be true or false, write ${meant}`]
    t.same(mistakesOf(`insecure_trust_every_proxy: ${written}\n${rest}`), expected)
  }
  t.end()
})

t.test('anchors and aliases may share a list', (t) => {
  const source = `auth: { hosts: &hosts [a.example, b.example] }\nupstreams: { app: { url: "http://a" } }\nrules: [{ path: /a, host: *hosts, allow: nobody }]\n`
  t.same(settingsOf(source).rules[0]?.hosts, ['a.example', 'b.example'])
  t.end()
})

t.test('a mistake in what an alias stands for is told where it is written', (t) => {
  const source = `auth: { hosts: &hosts [a.example, "b:1"] }\nupstreams: { app: { url: "http://a" } }\nrules: [{ path: /a, host: *hosts, allow: nobody }]\n`
  t.match(mistakesOf(source)[1], /^1:35 rules\[0\].host\[1\]: must be a host name/)
  t.end()
})
