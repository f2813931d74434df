import { readFileSync } from 'node:fs'
import t from 'tap'
import { startPostgres } from '../helpers/postgres.js'
import { openDirectory, unavailable } from './open-directory.js'

const server = await startPostgres(t)
await server.createDatabase(
  'shop',
  `create type grade as enum ('clerk', 'boss');
   create table people (
     id bigint primary key, login text, pw text, grades grade[], groups text, locked boolean, since date, points int8,
     ratio float8, notes jsonb, photo bytea
   );
   insert into people values
     (9007199254740993, 'Ada', 'h1', '{clerk,boss}', 'one, two,,', false, '2020-02-03', 12, 0.5, '{"a":1}', '\\x00'),
     (2, 'grace', null, '{}', null, true, null, null, null, null, null),
     (3, 'LINUS', 'h3', null, 'a', null, null, null, null, null, null),
     (4, 'Linus', 'h4', null, 'a', false, null, null, null, null, null);
   create function noted(name text) returns setof people language sql as
     $$ insert into people (id) values (77); select * from people where lower(login) = name $$;`
)
const columns = 'id as key, login as username, pw as password'
const lists = (select: string) => ({
  kind: 'queries' as const,
  byName: `select ${columns}, ${select} from people where lower(login) = $1 -- by its index`,
  byKey: `select ${columns}, ${select} from people where id = $1`,
  all: `select ${columns}, ${select} from people`
})

t.test('columns of their names are the user, others are attributes', async (test) => {
  const users = lists('grades as roles, locked as disabled, since, points, ratio, notes, photo, login as "Upper"')
  const { directory, told } = await openDirectory(test, { server: server.server('shop'), users })
  const ada = await directory.findUser('ada')
  test.same(ada, {
    key: '9007199254740993',
    username: 'Ada',
    passwordHash: 'h1',
    roles: ['clerk', 'boss'],
    attributes: { since: '2020-02-03', points: 12, ratio: 0.5, notes: '{"a": 1}', photo: '\\x00' },
    disabled: false
  })
  test.same(await directory.readUser('9007199254740993'), ada, 'and by a key that no number holds')
  test.match(await directory.findUser('grace'), { passwordHash: null, roles: [], attributes: {}, disabled: true })
  test.equal(await directory.findUser('nobody'), null)
  test.equal(await directory.readUser('99'), null)
  test.equal(await directory.findUser('linus'), null, 'two that differ in case are nobody')
  await directory.findUser('linus')
  test.same(told, ['two of linus'], 'which is told once')
  test.match(await directory.readUser('3'), { username: 'LINUS', disabled: true }, 'what is unknown is not active')
})

t.test('roles may be a text with commas, and other names here', async (test) => {
  const users = lists('groups as roles, coalesce(locked, false) as disabled, true as active')
  const roles = new Map([['two', 'second']])
  const { directory } = await openDirectory(test, { server: server.server('shop'), users, roles })
  test.same((await directory.findUser('ada'))?.roles, ['one', 'second'])
  test.same((await directory.findUser('grace'))?.roles, [])
  const listed = []
  for await (const page of directory.pages?.() ?? []) listed.push(...page.map(({ key }) => key))
  test.same(listed, ['2', '3', '4', '9007199254740993'])
  test.same(await directory.samplePasswordHashes(), ['h3', 'h4', 'h1'])
})

t.test('no name is read as SQL', async (test) => {
  const { directory, told } = await openDirectory(test, {
    server: server.server('shop'),
    users: lists('groups as roles')
  })
  const names = [
    ...[
      "' or '1'='1",
      "ada'--",
      "ada';drop table people;--",
      'ada";drop table people;--',
      "ada\\' or 1=1--",
      '%',
      '_da'
    ],
    ...['$1', '$$ada$$', "ada'/*", '\u02bc or 1=1', "ada') as users; delete from people; --", 'ada\n) or (1=1']
  ]
  for (const name of names) test.equal(await directory.findUser(name), null, name)
  test.same(told, [])
  test.equal((await server.run('select * from people', 'shop')).length, 4)
})

t.test('no query writes', async (test) => {
  const by = (from: string) => ({ ...lists('true as active'), byName: `select ${columns} from ${from} where $1 <> ''` })
  for (const [from, reason] of [
    ['noted($1)', /read-only transaction/],
    ['(delete from people returning *) as people', /syntax error/]
  ] as const) {
    const { directory, told } = await openDirectory(test, { server: server.server('shop'), users: by(from) })
    await test.rejects(directory.findUser('ada'), unavailable, from)
    test.match(told, [reason])
  }
  test.equal((await server.run('select * from people', 'shop')).length, 4)
})

t.test('what is wrong with a query is told once, and disturbs no other', async (test) => {
  for (const [select, reason] of [
    ['pass', 'column "pass" does not exist (SQLSTATE 42703)'],
    ['login as active', 'the column active is not true or false'],
    ['locked as roles', 'the column roles is no list of texts'],
    ['null as username', 'the column username is null']
  ] as const) {
    const users = {
      ...lists('groups as roles'),
      byName: `select ${columns}, ${select} from people where lower(login) = $1`
    }
    const { directory, told } = await openDirectory(test, { server: server.server('shop'), users })
    for (let times = 0; times < 3; times += 1) await test.rejects(directory.findUser('ada'), unavailable, select)
    test.same(told, [reason])
    test.match(await directory.readUser('2'), { username: 'grace' })
    test.ok(directory.isAway())
  }
  const users = { ...lists('groups as roles'), byName: 'select 1 as key where $1 <> $1 or true' }
  const { directory, told } = await openDirectory(test, { server: server.server('shop'), users })
  await test.rejects(directory.findUser('ada'), unavailable)
  test.same(told, ['the query has no column username'])
})

t.test('a key finds its own user, or nobody is believed', async (test) => {
  const byKey = (where: string) => ({
    ...lists('groups as roles'),
    byKey: `select ${columns}, groups as roles from people where ${where} order by id`
  })
  for (const [where, reason] of [
    ['id = $1 or id = 3', 'more than one user has the same key'],
    ['id = $1::int + 1', 'who is found by a key has another one']
  ] as const) {
    const { directory, told } = await openDirectory(test, { server: server.server('shop'), users: byKey(where) })
    await test.rejects(directory.readUser('2'), unavailable, where)
    test.same(told, [reason])
  }
})

t.test('an encrypted connection is one to the server that is meant', async (test) => {
  const users = lists('groups as roles')
  const own = server.server('shop')
  const ca = readFileSync(server.certificate, 'utf8')
  const table = [
    { tls: { ca, rejectUnauthorized: true }, host: '127.0.0.1', reason: null },
    { tls: { rejectUnauthorized: true }, host: '127.0.0.1', reason: /self-signed certificate/ },
    { tls: { ca, rejectUnauthorized: true }, host: 'localhost', reason: /does not match/ },
    { tls: { rejectUnauthorized: false }, host: 'localhost', reason: null }
  ]
  for (const { tls, host, reason } of table) {
    const { directory, told } = await openDirectory(test, { server: { ...own, host, tls }, users })
    if (reason === null) test.match(await directory.findUser('ada'), { username: 'Ada' })
    else await test.rejects(directory.findUser('ada'), unavailable)
    test.match(told, reason === null ? [] : [reason])
  }
  const wrong = await openDirectory(test, { server: { ...own, password: 'hidden-word' }, users })
  await test.rejects(wrong.directory.findUser('ada'), unavailable)
  test.same(wrong.told, ['password authentication failed for user "owner" (SQLSTATE 28P01)'])
  const socket = await openDirectory(test, { server: { ...own, host: server.folder }, users })
  test.match(await socket.directory.findUser('ada'), { username: 'Ada' })
})
