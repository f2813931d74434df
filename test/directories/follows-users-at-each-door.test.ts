import t, { type Test } from 'tap'
import { makePlace, post, startProcess } from '../helpers/gateway-process.js'
import { startPostgres } from '../helpers/postgres.js'
import { addDjangoUsers, claimsOf, djangoTables, PASSWORD, policy } from './django-tables.js'

const server = await startPostgres(t)

interface Tokens {
  readonly access: string
  readonly refresh?: string
  readonly token: string
}

/** A gateway that answers as simplejwt does for the users of a Django database. */
async function startWithDjango(test: Test, name: string, more: string, users: readonly string[]) {
  const url = await server.createDatabase(name, djangoTables())
  await server.run(await addDjangoUsers(users.map((username) => ({ username, groups: ['admin'] }))), name)
  const place = await makePlace(
    test,
    `${policy(`{ url: "${url}", preset: django, timeout: 500ms, update_last_login: true }`)}
compat: { simplejwt: { user_id: user.django_id, auth_tokens: [access, sliding], ${more} } }
`
  )
  const gateway = await startProcess(test, place)
  const ask = async (path: string, body: object) => {
    const response = await post(`${gateway.url}/api/token/${path}`, body)
    return { status: response.status, body: (await response.json()) as Tokens, headers: response.headers }
  }
  const signIn = async (username: string, path = '') => (await ask(path, { username, password: PASSWORD })).body
  return { gateway, ask, signIn }
}

for (const rotate of [true, false]) {
  t.test(`simplejwt's refresh follows the database, ${rotate ? 'rotating' : 'reusing'}`, async (test) => {
    const database = `at_refresh_${rotate}`
    const users = ['Ada', 'grace', 'linus', 'ken']
    const { gateway, ask, signIn } = await startWithDjango(test, database, `rotate: ${rotate}`, users)
    const [ada, grace, linus, ken] = [
      await signIn('ada'),
      await signIn('grace'),
      await signIn('linus'),
      await signIn('ken')
    ]
    test.match(claimsOf(ada.access), { user_id: 1, username: 'ada', roles: ['admin'] })
    await server.run('delete from auth_user_groups where user_id = 1', database)
    await server.run("update auth_user set is_active = false where username = 'grace'", database)
    await server.run("update auth_user set password = '!unusable' where username = 'linus'", database)
    await server.run('delete from auth_user_groups where user_id = 4; delete from auth_user where id = 4', database)

    const renewed = await ask('refresh/', { refresh: ada.refresh })
    test.same(claimsOf(renewed.body.access).roles, [], 'the roles of now')
    for (const { refresh } of [grace, linus, ken]) {
      const { status, headers } = await ask('refresh/', { refresh })
      test.equal(status, 401)
      test.equal(headers.get('www-authenticate'), 'Bearer realm="api"')
    }
    for (const { access } of [ada, grace, linus, ken])
      test.equal((await ask('verify/', { token: access })).status, 401, 'older access tokens have ended')

    const { refresh = ada.refresh } = renewed.body
    await server.stop()
    const away = await ask('refresh/', { refresh })
    test.equal(away.status, 503)
    test.ok(away.headers.get('retry-after'))
    test.equal((await ask('verify/', { token: renewed.body.access })).status, 200, 'access tokens go on')
    await server.start()
    test.equal((await ask('refresh/', { refresh })).status, 200, 'nothing was spent')
    test.same(
      gateway.audit().filter(({ event }) => event === 'refresh_reuse'),
      []
    )
  })
}

t.test("simplejwt's sliding tokens follow the database, and its sign-in is noted there", async (test) => {
  const { ask, signIn } = await startWithDjango(test, 'sliding', 'rotate: true', ['ada', 'grace'])
  const [ada, grace] = [await signIn('ada', 'sliding/'), await signIn('grace', 'sliding/')]
  await server.run('delete from auth_user_groups where user_id = 1', 'sliding')
  await server.run("update auth_user set is_active = false where username = 'grace'", 'sliding')
  const renewed = await ask('sliding/refresh/', { token: ada.token })
  test.same(claimsOf(renewed.body.token).roles, [])
  test.equal((await ask('sliding/refresh/', { token: grace.token })).status, 401)
  const rows = await server.run('select last_login from auth_user', 'sliding')
  test.ok(rows.every(({ last_login }) => last_login !== null))
})

t.test('a refresh that is repeated in time asks the database as the first one did', async (test) => {
  const url = await server.createDatabase('repeats', djangoTables())
  await server.run(await addDjangoUsers([{ username: 'ada', groups: ['admin'] }, { username: 'grace' }]), 'repeats')
  const source = policy(`{ url: "${url}", preset: django, timeout: 500ms }`).replace(
    'reuse_grace: 0s',
    'reuse_grace: 60s'
  )
  const place = await makePlace(test, `${source}compat: { simplejwt: { user_id: user.django_id, rotate: true } }\n`)
  const gateway = await startProcess(test, place)
  const ask = async (path: string, body: object) => {
    const response = await post(`${gateway.url}${path}`, body)
    return { status: response.status, body: (await response.json()) as Record<string, string> }
  }
  const doors = [
    ['/auth/login', '/auth/refresh', 'refresh_token', 'access_token'],
    ['/api/token/', '/api/token/refresh/', 'refresh', 'access']
  ] as const
  for (const [login, refresh, field, access] of doors) {
    await server.run('update auth_user set is_active = true; delete from auth_user_groups', 'repeats')
    const sessionOf = async (username: string) => (await ask(login, { username, password: PASSWORD })).body[field]
    const [ada, grace] = [await sessionOf('ada'), await sessionOf('grace')]
    const again = (token: string | undefined) => ask(refresh, { [field]: token })
    const first = await again(ada)
    test.equal(first.status, 200)
    test.equal((await again(grace)).status, 200)
    // Two signatures of one token may differ.
    const successorOf = (body: Record<string, string>) =>
      field === 'refresh' ? claimsOf(body[field] ?? '').jti : body[field]
    test.equal(successorOf((await again(ada)).body), successorOf(first.body), 'the same successor')

    await server.run("update auth_user set is_active = false where username = 'grace'", 'repeats')
    test.equal((await again(grace)).status, 401, 'deactivated meanwhile')
    const group = "insert into auth_user_groups (user_id, group_id) select 1, id from auth_group where name = 'admin'"
    await server.run(group, 'repeats')
    test.same(claimsOf((await again(ada)).body[access] ?? '').roles, ['admin'], 'with the roles of now')
    await server.stop()
    test.equal((await again(ada)).status, 503)
    await server.start()
    test.equal((await again(ada)).status, 200, 'and nothing was spent')
  }
})
