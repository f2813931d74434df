import { inspect } from 'node:util'
import t from 'tap'
import { formatMistake, showMistake } from '../../gateway/settings/index.js'
import { mistakesOf, parse, rest, settingsOf, warningsOf } from './reading.js'

const long = 'correct-horse-battery-staple-0123456789'
const clients = (entries: string) => `clients: { ${entries} }\n${rest}`

t.test('a client has its secrets, and what it may do', (t) => {
  const source = `
tokens: { access: 10m }
clients:
  billing:
    secret: "\${BILLING}"
    roles: [service, service]
    scopes: [orders.read, orders.write]
    access: 1m
    networks: [10.0.0.0/8, "::1"]
  reports.v2: { secrets: ["${long}1", "${long}2"] }
${rest}`
  const { clients } = settingsOf(source, { BILLING: long })
  t.same(Object.keys(clients), ['billing', 'reports.v2'])
  t.match(clients.billing, {
    id: 'billing',
    roles: ['service'],
    scopes: ['orders.read', 'orders.write'],
    accessMs: 60_000,
    networks: ['10.0.0.0/8', '::1']
  })
  t.same(
    clients.billing?.secrets.map((secret) => secret.reveal()),
    [long]
  )
  t.match(clients['reports.v2'], { id: 'reports.v2', roles: [], scopes: [], accessMs: 600_000, networks: null })
  t.same(
    clients['reports.v2']?.secrets.map((secret) => secret.reveal()),
    [`${long}1`, `${long}2`]
  )
  for (const printed of [JSON.stringify(clients), inspect(clients, { depth: 9, showHidden: true })]) {
    t.notMatch(printed, long)
    t.match(printed, '[secret]')
  }
  t.end()
})

t.test('each mistake is told where it stands', (t) => {
  const ok = `secret: "${long}"`
  const table: readonly (readonly [entries: string, mistakes: readonly string[]])[] = [
    ['a: {}', [`1:15 clients.a.secret: is missing, write secret: "\${NAME}" or secret: { file: path }`]],
    [
      'a: { secret: short }',
      ['1:25 clients.a.secret: must have at least 32 bytes, make one with: openssl rand -base64 32']
    ],
    ['a: { secret: "" }', ['1:25 clients.a.secret: is empty']],
    ['a: { secret: { file: /none } }', ['1:25 clients.a.secret: cannot be read: /none (there is no such file)']],
    ['a: { secret: ~ }', ['1:25 clients.a.secret: has no value']],
    [
      'a: { secret: 12345678901234 }',
      [
        `1:25 clients.a.secret: must be a secret, usually \${NAME}, or { file: path }, put it in quotes if it is meant as text`
      ]
    ],
    ['a: { secrets: [] }', ['1:26 clients.a.secrets: must be one or two: the old one and the new one']],
    [
      `a: { secrets: ["${long}", short] }`,
      ['1:70 clients.a.secrets[1]: must have at least 32 bytes, make one with: openssl rand -base64 32']
    ],
    [
      `a: { secrets: ["${long}", "${long}", "${long}"] }`,
      ['1:26 clients.a.secrets: must be one or two: the old one and the new one']
    ],
    [`a: { ${ok}, secrets: ["${long}"] }`, ['1:68 clients.a.secrets: stands beside secret, keep one of them']],
    [`a: { ${ok}, role: [x] }`, ["1:68 clients.a.role: is not a known key, did you mean 'roles'?"]],
    [`a: { ${ok}, roles: x }`, ['1:75 clients.a.roles: must be a list, write [x]']],
    [
      `a: { ${ok}, roles: [a b] }`,
      ['1:76 clients.a.roles[0]: must be a role: at most 64 letters, digits and : _ . / -']
    ],
    [
      `a: { ${ok}, roles: [portcullis:admin] }`,
      ['1:76 clients.a.roles[0]: must not begin with portcullis:, which only users may have']
    ],
    [
      `a: { ${ok}, roles: [${'r'.repeat(65)}] }`,
      ['1:76 clients.a.roles[0]: must be a role: at most 64 letters, digits and : _ . / -']
    ],
    [
      `a: { ${ok}, scopes: ["a b"] }`,
      ['1:77 clients.a.scopes[0]: must be a scope: one word, as RFC 6749 §3.3 spells it']
    ],
    [`a: { ${ok}, access: 2d }`, ['1:76 clients.a.access: must be at most 24h']],
    [
      `a: { ${ok}, networks: [ten] }`,
      ['1:79 clients.a.networks[0]: must be an address or a network such as 10.0.0.0/8']
    ],
    [`a: { ${ok}, networks: [] }`, ['1:78 clients.a.networks: must not be empty']],
    [`portcullis: { ${ok} }`, ['1:12 clients.portcullis: must be another name: users sign in by this one']],
    [`"a:b": { ${ok} }`, ["1:12 clients['a:b']: must be a client id of letters, digits and _ . -"]],
    [
      `7D444840-9DC0-11D1-B245-5FFDCE74FAD2: { ${ok} }`,
      ["1:12 clients['7D444840-9DC0-11D1-B245-5FFDCE74FAD2']: must not look like the id of a user"]
    ],
    [
      `a: { ${ok}, scopes: [${Array.from({ length: 40 }, (_, i) => `s${i}${'x'.repeat(100)}`)}] }`,
      ['1:15 clients.a: has roles and scopes of more than 4000 characters, which no token can carry']
    ]
  ]
  for (const [entries, mistakes] of table) t.same(mistakesOf(clients(entries)), mistakes, entries.slice(0, 80))
  t.end()
})

t.test('a short secret needs a key that says so, and is warned of', (t) => {
  const source = clients('a: { secret: short, insecure_short_secret: true }')
  t.equal(settingsOf(source).clients.a?.secrets[0]?.reveal(), 'short')
  t.same(warningsOf(source), ['1:55 clients.a.insecure_short_secret: weakens the gateway'])
  t.end()
})

t.test('no message quotes a secret of a client', (t) => {
  for (const source of [
    clients('a: { secret: hunter2 }'),
    clients('a: { secrets: [hunter2, hunter2] }'),
    clients('a: { secrets: hunter2 }'),
    clients('a: { "secrets": ["hunter2"], x: y }'),
    `clients:\n  a:\n    secrets:\n      - hunter2\n      - hunter2 x\n${rest}`,
    `clients:\n  a:\n    secret:\n      hunter2\n${rest}`
  ]) {
    const result = parse(source)
    t.ok('mistakes' in result && result.mistakes.length > 0)
    for (const mistake of 'mistakes' in result ? result.mistakes : []) {
      t.notMatch(formatMistake(mistake), 'hunter2')
      t.notMatch(showMistake(mistake, { color: false }), 'hunter2', source)
    }
  }
  t.end()
})
