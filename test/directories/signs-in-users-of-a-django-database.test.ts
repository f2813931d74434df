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
