import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import t from 'tap'
import { formatMistake, showMistake } from '../../gateway/settings/index.js'
import { mistakesOf, parse, rest, settingsOf, warningsOf } from './reading.js'

const users = (source: string) => `users: { source: ${source} }\n${rest}`
const postgres = (keys: string) => users(`{ postgres: { ${keys} } }`)
const sourceOf = (keys: string, environment = {}) => {
  const { source } = settingsOf(postgres(keys), environment).users
  if (source.kind !== 'postgres') throw new Error(source.kind)
  return source
}
const serverOf = (url: string) => sourceOf(`url: "\${DATABASE_URL}", preset: django`, { DATABASE_URL: url }).server

t.test('users are kept by the store, by a file, or by a database', (t) => {
  t.same(settingsOf(users('store')).users.source, { kind: 'store' })
  t.same(settingsOf(users('{ file: u.yaml }')).users.source, { kind: 'file', path: '/etc/portcullis/u.yaml' })
  t.match(sourceOf('url: "postgres://app@localhost/site", preset: django'), {
    users: { kind: 'django', table: 'auth_user', superuserRole: null, staffRole: null, updatesLastLogin: false },
    roles: {},
    connections: 10,
    timeoutMs: 2000
  })
  const queries = 'query: "select 1 where $1;", by_key: "select 2 where $1", all: select 3, role_map: { A b: c }'
  t.match(sourceOf(`url: "postgres://app@localhost/site", ${queries}, pool: { max: 3 }, timeout: 500ms`), {
    users: { kind: 'queries', byName: 'select 1 where $1', byKey: 'select 2 where $1', all: 'select 3' },
    roles: { 'A b': 'c' },
    connections: 3,
    timeoutMs: 500
  })
  t.end()
})

t.test('a URL is read as libpq reads it, and encrypted where it leaves the machine', (t) => {
  const parts = { port: 5432, database: 'site', user: 'app' }
  const verified = { ca: null, verifies: true }
  const table: readonly (readonly [url: string, expected: object])[] = [
    ['postgres://app@localhost/site', { ...parts, host: 'localhost', tls: null }],
    ['postgresql://app:p%40ss@[::1]:6432/site', { ...parts, host: '::1', port: 6432, tls: null }],
    ['postgres://app@%2Frun%2Fpostgresql/site', { ...parts, host: '/run/postgresql', tls: null }],
    ['postgres://app@x/site?host=/run/postgresql', { ...parts, host: '/run/postgresql', tls: null }],
    ['postgres://app@db.internal/site', { ...parts, host: 'db.internal', tls: verified }],
    ['postgres://app@db.internal/site?sslmode=require', { ...parts, host: 'db.internal', tls: verified }],
    ['postgres://app@localhost/site?sslmode=verify-full', { ...parts, host: 'localhost', tls: verified }],
    ['postgres://app@db.internal/site?sslmode=disable', { ...parts, host: 'db.internal', tls: null }]
  ]
  for (const [url, expected] of table) t.match(serverOf(url), expected, url)
  t.equal(serverOf('postgres://app:p%40s%2Fs%25@localhost/site').password?.reveal(), 'p@s/s%')
  t.equal(serverOf('postgres://app@localhost/site').password, null)
  const own = sourceOf('url: "postgres://a@db/site", preset: django, tls: { ca: ca.pem, insecure_skip_verify: true }')
  t.same(own.server.tls, { ca: '/etc/portcullis/ca.pem', verifies: false })
  t.end()
})

t.test('a URL that cannot be used is told without its password', (t) => {
  const table: readonly (readonly [url: string, told: RegExp])[] = [
    ['mysql://app:hidden-word@db/site', /url: is not a URL of PostgreSQL, write postgres:\/\/user:password@host/],
    ['postgres://app:hidden-word/x@db/site', /url: is not a URL of PostgreSQL/],
    ['postgres://app:hidden-word@db', /url: names no database/],
    ['postgres://:hidden-word@db/site', /url: names no user/],
    ['postgres://app:hidden-word@db/site?sslmode=prefer', /url: has an sslmode that protects nothing/],
    ['postgres://app:hidden-word@db/site?sslrootcert=x', /the parameter sslrootcert.*write tls: \{ ca: path \}/],
    ['postgres://app:hidden-word@one,two/site', /url: names several hosts/],
    ['postgres://app:hidden-word%@db/site', /url: has a % that stands for nothing/],
    ['', /url: is empty/]
  ]
  for (const [url, told] of table) {
    for (const result of [
      parse(postgres(`url: "\${DATABASE_URL}", preset: django`), { DATABASE_URL: url }),
      parse(postgres(`url: "${url}", preset: django`))
    ]) {
      const mistakes = 'mistakes' in result ? result.mistakes : []
      t.match(mistakes.map(formatMistake).join('\n'), told, url)
      t.notMatch(mistakes.map((mistake) => showMistake(mistake, { color: false })).join('\n'), 'hidden-word', url)
    }
  }
  t.end()
})

t.test('the URL may lie in a file, and settings print without its password', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'settings-url-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  writeFileSync(join(directory, 'url'), 'postgres://app:hidden-word@localhost/site\n')
  const settings = settingsOf(postgres(`url: { file: ${join(directory, 'url')} }, preset: django`))
  for (const printed of [JSON.stringify(settings), inspect(settings, { depth: 20, showHidden: true })]) {
    t.match(printed, 'localhost')
    t.notMatch(printed, 'hidden-word')
  }
  t.end()
})

t.test('keys that do not go together are told', (t) => {
  const url = 'url: "postgres://app@localhost/site"'
  const table: readonly (readonly [keys: string, ...mistakes: RegExp[]])[] = [
    ['preset: django', /users.source.postgres.url: is missing/],
    [`${url}, preset: rails`, /users.source.postgres.preset: must be django/],
    [url, /postgres.query: is missing, or write preset: django/, /postgres.by_key: is missing/],
    [`${url}, query: "select 1", by_key: "select $1"`, /postgres.query: does not ask for \$1/],
    [`${url}, query: "select $10", by_key: "select $1"`, /postgres.query: does not ask for \$1/],
    [`${url}, preset: django, query: "select $1"`, /postgres.query: stands beside preset/],
    [`${url}, query: "select $1", by_key: "select $1", staff_as: a`, /postgres.staff_as: goes with preset alone/],
    [`${url}, preset: django, table: "auth user"`, /postgres.table: must be a table such as auth_user/],
    [`${url}, preset: django, timeout: 1m`, /postgres.timeout: must be at most 30s/],
    [`${url}, preset: django, role_map: { a: "b c" }`, /postgres.role_map.a: must be a role/]
  ]
  for (const [keys, ...told] of table) {
    const mistakes = mistakesOf(postgres(keys))
    t.equal(mistakes.length, told.length, keys)
    for (const [index, pattern] of told.entries()) t.match(mistakes[index], pattern, keys)
  }
  t.match(mistakesOf(users('{ file: a, htpasswd: b }')), [
    /users.source.htpasswd: stands beside file, keep one of them/
  ])
  t.match(mistakesOf(users('{ file: a, roles: [b] }')), [/users.source.roles: goes with htpasswd alone/])
  t.match(mistakesOf(users('{}')), [/users.source: says nothing of where the users are/])
  const weak = 'url: "postgres://app@db/site", preset: django, tls: { insecure_skip_verify: true }'
  t.match(warningsOf(postgres(weak)), [/insecure_skip_verify: weakens the gateway/])
  t.end()
})
