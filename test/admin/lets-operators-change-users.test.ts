import fastify from 'fastify'
import t from 'tap'
import { operatorEndpoints } from '../../gateway/admin/index.js'
import { Problem } from '../../gateway/problems.js'
import { UserMistake } from '../../gateway/users/index.js'
import { startGateway, type TestGateway } from '../helpers/gateway.js'
import { NOWHERE, site } from '../helpers/site.js'

async function open(t: Parameters<typeof startGateway>[0], gateway: TestGateway) {
  const app = fastify()
  t.teardown(() => app.close())
  await app.register(operatorEndpoints, {
    users: gateway.gateway.operatorUsers,
    accounts: gateway.gateway.operatorAccounts,
    isMistake: (error: unknown) => error instanceof UserMistake
  })
  return (method: 'GET' | 'POST' | 'PUT', url: string, payload?: object) =>
    app.inject({ method, url, ...(payload === undefined ? {} : { payload }) })
}

t.test('users are added, listed and changed, and no hash is shown', async (t) => {
  const gateway = await startGateway(t, site(NOWHERE))
  const ask = await open(t, gateway)
  const added = await ask('POST', '/api/users', {
    username: 'Alice',
    password: 'a good password',
    roles: ['user'],
    attributes: { age: 1 }
  })
  t.equal(added.statusCode, 201)
  t.match(added.json(), { username: 'alice', roles: ['user'], attributes: { age: 1 }, disabled: false })
  t.equal((await ask('PUT', '/api/users/alice/roles', { roles: ['admin'] })).json().roles[0], 'admin')
  t.equal((await ask('PUT', '/api/users/ALICE/disabled', { disabled: true })).json().disabled, true)
  t.equal((await ask('PUT', '/api/users/alice/password', { password: 'another password' })).statusCode, 200)
  const listed = await ask('GET', '/api/users')
  t.equal(listed.json().users.length, 1)
  t.notMatch(listed.body + added.body, /argon2|passwordHash/)
  t.same(
    gateway.audit.map(({ event }) => event),
    ['user_added', 'user_roles_set', 'user_disabled', 'user_password_set']
  )
})

t.test('a mistake is told in one line, and changes nothing', async (t) => {
  const gateway = await startGateway(t, site(NOWHERE), [{ username: 'alice', roles: ['user'] }])
  const ask = await open(t, gateway)
  const user = { username: 'bob', password: 'a good password', roles: [], attributes: {} }
  const mistakes: [Parameters<typeof ask>[0], string, object][] = [
    ['POST', '/api/users', { ...user, username: 'alice' }],
    ['POST', '/api/users', { ...user, username: 'a b' }],
    ['POST', '/api/users', { ...user, password: 'short' }],
    ['POST', '/api/users', { ...user, roles: ['a,b'] }],
    ['POST', '/api/users', { ...user, roles: 'admin' }],
    ['POST', '/api/users', { ...user, attributes: { a: {} } }],
    ['POST', '/api/users', { username: 'bob' }],
    ['POST', '/api/users', { ...user, admin: true }],
    ['PUT', '/api/users/nobody/roles', { roles: [] }],
    ['PUT', '/api/users/alice/roles', { roles: null }],
    ['PUT', '/api/users/alice/roles', {}],
    ['PUT', '/api/users/alice/disabled', { disabled: 'false' }],
    ['PUT', '/api/users/alice/password', { password: 1 }]
  ]
  for (const [method, url, payload] of mistakes) {
    const answer = await ask(method, url, payload)
    t.equal(answer.statusCode, 422, `${method} ${url} ${JSON.stringify(payload)}`)
    t.match(answer.json().message, /^[^\n]+$/)
  }
  t.match((await ask('GET', '/api/users')).json(), {
    users: [{ username: 'alice', roles: ['user'], disabled: false, generation: 1 }]
  })
  t.equal(gateway.audit.length, 1)
})

t.test('a failure shows no words of a library', async (t) => {
  const failing = () => Promise.reject(new Error('SQLITE_IOERR at /secret/path'))
  const app = fastify()
  t.teardown(() => app.close())
  const users = {
    list: failing,
    import: failing,
    add: failing,
    setPassword: failing,
    setRoles: failing,
    setAttributes: failing,
    setDisabled: () => Promise.reject(new Problem('store_unavailable'))
  }
  const { operatorAccounts: accounts } = (await startGateway(t, site(NOWHERE))).gateway
  await app.register(operatorEndpoints, { users, accounts, isMistake: () => false })
  const list = await app.inject({ url: '/api/users' })
  t.same([list.statusCode, list.json()], [503, { message: 'The gateway failed' }])
  const away = await app.inject({ method: 'PUT', url: '/api/users/a/disabled', payload: { disabled: true } })
  t.same([away.statusCode, away.json()], [503, { message: 'The store cannot be reached' }])
})
