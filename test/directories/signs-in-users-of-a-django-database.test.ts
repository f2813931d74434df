import t from 'tap'
import { makePlace, post, signIn, startProcess } from '../helpers/gateway-process.js'
import { startPostgres } from '../helpers/postgres.js'
import { addDjangoUsers, claimsOf, djangoTables, PASSWORD, policy } from './django-tables.js'

const server = await startPostgres(t)

const status = async (url: string, path: string, body: object) => (await post(`${url}/auth/${path}`, body)).status

t.test('users of auth_user sign in with groups as roles, and refresh with those of now', async (test) => {
  const url = await server.createDatabase('plain', djangoTables())
  const users = [
    { username: 'Ada', groups: ['Content Editors', 'admin', 'No role'], superuser: true },
    { username: 'grace', staff: true },
    { username: 'off', active: false }
  ]
  await server.run(await addDjangoUsers(users), 'plain')
  const place = await makePlace(
    test,
    policy(
      `{ url: "\${DATABASE_URL}", preset: django, role_map: { Content Editors: editor }, superusers_as: root, staff_as: staff }`
    )
  )
  const gateway = await startProcess(test, place, { env: { DATABASE_URL: url } })
  const ada = await signIn(gateway.url, 'ADA', PASSWORD)
  const claims = claimsOf(ada.access_token)
  test.match(claims, { username: 'ada', full_name: 'Ada Lovelace', django_id: 1 })
  test.same([...(claims.roles as string[])].sort(), ['admin', 'editor', 'root'])
  const curtailed = gateway.audit().find(({ event }) => event === 'user_curtailed')
  test.match(curtailed, { username: 'ada', dropped: ['role No role'] }, 'a group that can be no role is told of')
  test.same(claimsOf((await signIn(gateway.url, 'grace', PASSWORD)).access_token).roles, ['staff'])
  test.equal(await status(gateway.url, 'login', { username: 'off', password: PASSWORD }), 401, 'who is not active')
  test.equal(await status(gateway.url, 'login', { username: 'ada', password: 'wrong' }), 401)

  await server.run(
    "delete from auth_user_groups where group_id = (select id from auth_group where name = 'admin')",
    'plain'
  )
  const refreshed = await post(`${gateway.url}/auth/refresh`, { refresh_token: ada.refresh_token })
  const now = (await refreshed.json()) as { access_token: string; refresh_token: string }
  test.same([...(claimsOf(now.access_token).roles as string[])].sort(), ['editor', 'root'])
  await server.run("update auth_user set is_active = false where username = 'Ada'", 'plain')
  test.equal(await status(gateway.url, 'refresh', { refresh_token: now.refresh_token }), 401)

  const rows = await server.run('select last_login from auth_user', 'plain')
  test.ok(
    rows.every(({ last_login }) => last_login === null),
    'nothing was written'
  )
  await server.run("update auth_user set username = 'ADA' where username = 'off'", 'plain')
  await server.run('update auth_user set is_active = true', 'plain')
  test.equal(
    await status(gateway.url, 'login', { username: 'ada', password: PASSWORD }),
    401,
    'two of one name are nobody'
  )
  await gateway.running.seen('two users differ only in the case of their names')
})

t.test('a user who is gone, or has another password, is out at the next refresh', async (test) => {
  const url = await server.createDatabase('gone', djangoTables())
  await server.run(await addDjangoUsers([{ username: 'ada' }, { username: 'grace' }, { username: 'linus' }]), 'gone')
  const place = await makePlace(test, policy(`{ url: "${url}", preset: django }`))
  const gateway = await startProcess(test, place)
  const [ada, grace, linus] = [
    await signIn(gateway.url, 'ada', PASSWORD),
    await signIn(gateway.url, 'grace', PASSWORD),
    await signIn(gateway.url, 'linus', PASSWORD)
  ]
  await server.run("delete from auth_user where username = 'ada'", 'gone')
  await server.run("update auth_user set password = '!unusable' where username = 'grace'", 'gone')
  for (const [{ refresh_token }, expected] of [
    [ada, 401],
    [grace, 401],
    [linus, 200]
  ] as const)
    test.equal(await status(gateway.url, 'refresh', { refresh_token }), expected)
})

t.test('last_login is written when the settings say so, and only then can anything be', async (test) => {
  const url = await server.createDatabase('noted', djangoTables())
  await server.run(await addDjangoUsers([{ username: 'ada' }, { username: 'grace' }]), 'noted')
  const place = await makePlace(test, policy(`{ url: "${url}", preset: django, update_last_login: true }`))
  const gateway = await startProcess(test, place)
  await signIn(gateway.url, 'ada', PASSWORD)
  const noted = async () =>
    server.run(
      "select username from auth_user where last_login between now() - interval '1 minute' and now() + interval '1 second'",
      'noted'
    )
  let rows = await noted()
  for (let tries = 0; rows.length === 0 && tries < 200; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    rows = await noted()
  }
  test.same(rows, [{ username: 'ada' }])
})

t.test('what cannot be written is told once, and hinders nobody', async (test) => {
  const url = await server.createDatabase('unwritable', djangoTables())
  await server.run(await addDjangoUsers([{ username: 'ada' }]), 'unwritable')
  await server.run(
    "create role reader login password 'reader'; grant select on all tables in schema public to reader",
    'unwritable'
  )
  const reader = url.replace(/\/\/.*@/, '//reader:reader@')
  const place = await makePlace(test, policy(`{ url: "${reader}", preset: django, update_last_login: true }`))
  const gateway = await startProcess(test, place)
  for (let times = 0; times < 3; times += 1) await signIn(gateway.url, 'ada', PASSWORD)
  await gateway.running.seen('sign-ins cannot be noted in the database of users')
  const readiness = (await (await fetch(`${gateway.adminUrl}/readyz`)).json()) as { users?: string }
  test.equal(readiness.users, undefined, 'users sign in')
  await gateway.stop()
  const told = gateway.lines().filter(({ level }) => level === 'warn' || level === 'error')
  test.match(told, [{ reason: 'permission denied for table auth_user (SQLSTATE 42501)' }])
  test.equal(told.length, 1)
})

t.test(
  "a hash that is damaged or of no kind that is read lets nobody in, is told, and is nobody else's",
  async (test) => {
    const url = await server.createDatabase('damaged', djangoTables())
    const digest = 'A'.repeat(43)
    const hashes = {
      passes: `argon2$argon2id$v=19$m=64,t=0,p=1$c2FsdHNhbHQ$${digest}`,
      salt: `argon2$argon2id$v=19$m=64,t=1,p=1$${'c'.repeat(13)}$${digest}`,
      work: `scrypt$65536$salt$1$1$${'A'.repeat(86)}==`,
      cut: 'pbkdf2_sha256$260000$sal',
      md5: 'md5$salt$0571f6e5a6a1f9d6ea3e9d6e3ad4d4ad'
    }
    const names = Object.keys(hashes)
    await server.run(await addDjangoUsers(['ada', 'none', ...names].map((username) => ({ username }))), 'damaged')
    for (const [name, hash] of Object.entries({ ...hashes, none: '!unusable' }))
      await server.run('update auth_user set password = $1 where username = $2', 'damaged', [hash, name])
    const place = await makePlace(test, policy(`{ url: "${url}", preset: django }`))
    const gateway = await startProcess(test, place)
    const login = (username: string) => status(gateway.url, 'login', { username, password: PASSWORD })
    for (const name of ['none', ...names]) test.equal(await login(name), 401, name)
    for (let number = 0; number < 40; number += 1) test.equal(await login(`stranger${number}`), 401)
    test.equal(await login('ada'), 200)
    const curtailed = gateway.audit().filter(({ event }) => event === 'user_curtailed')
    test.same(
      curtailed.map(({ username, dropped }) => [username, dropped]),
      names.map((name) => [name, ['password, whose hash is of no kind that is read']])
    )
  }
)

t.test("a site's own user model has tables of its own names", async (test) => {
  const url = await server.createDatabase(
    'custom',
    `create schema site; set search_path = site; ${djangoTables('my_app_member', 'member_id')}`
  )
  await server.run(
    `set search_path = site; ${await addDjangoUsers([{ username: 'ada', groups: ['admin'] }], 'my_app_member', 'member_id')}`,
    'custom'
  )
  const place = await makePlace(test, policy(`{ url: "${url}", preset: django, table: site.my_app_member }`))
  const gateway = await startProcess(test, place)
  test.same(claimsOf((await signIn(gateway.url, 'ada', PASSWORD)).access_token).roles, ['admin'])
})
