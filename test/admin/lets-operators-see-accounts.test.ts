import fastify from 'fastify'
import t from 'tap'
import { operatorEndpoints } from '../../gateway/admin/index.js'
import { UserMistake } from '../../gateway/users/index.js'
import { startGateway } from '../helpers/gateway.js'
import { NOWHERE, site } from '../helpers/site.js'

t.test('accounts, sessions and tokens are read and changed as JSON, and nothing is coerced', async (t) => {
  const { gateway, login } = await startGateway(t, site(NOWHERE), [{ username: 'alice', roles: ['a'] }])
  const { access_token } = await login('alice')
  const app = fastify()
  t.teardown(() => app.close())
  await app.register(operatorEndpoints, {
    users: gateway.operatorUsers,
    accounts: gateway.operatorAccounts,
    isMistake: (error: unknown) => error instanceof UserMistake
  })
  const call = async (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object) => {
    const answer = await app.inject({ method, url, ...(payload === undefined ? {} : { payload }) })
    return [answer.statusCode, answer.json()] as const
  }
  t.match(await call('GET', '/api/users/Alice'), [200, { user: { username: 'alice' }, sessions: 1 }])
  t.notOk(JSON.stringify(await call('GET', '/api/users/alice')).includes('argon2'), 'no hash')
  const [, { sessions }] = await call('GET', '/api/users/alice/sessions')
  t.match(sessions, [{ username: 'alice', address: '127.0.0.1' }])
  t.match(await call('GET', '/api/sessions'), [200, { sessions }])
  t.match(await call('POST', '/api/tokens/inspect', { token: access_token }), [200, { active: true }])
  t.match(await call('DELETE', `/api/sessions/${sessions[0].id}`), [200, { id: sessions[0].id }])
  t.match(await call('POST', '/api/tokens/inspect', { token: access_token }), [200, { active: false }])
  t.match(await call('POST', '/api/tokens', { username: 'alice', ttl_ms: 1000 }), [200, { username: 'alice' }])
  t.match(await call('DELETE', '/api/users/alice/guesses'), [200, { username: 'alice' }])
  t.match(await call('DELETE', '/api/users/alice/sessions'), [200, { username: 'alice', generation: 2 }])
  t.match(await call('DELETE', '/api/users/alice'), [200, { username: 'alice' }])

  const refused: readonly (readonly [method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object])[] = [
    ['GET', '/api/users/alice'],
    ['GET', '/api/users/alice/sessions'],
    ['DELETE', '/api/users/alice'],
    ['DELETE', '/api/sessions/none'],
    ['POST', '/api/tokens', { username: 'alice', ttl_ms: 1000 }],
    ['POST', '/api/tokens', { username: 'alice', ttl_ms: '1000' }],
    ['POST', '/api/tokens', { username: 'alice', ttl_ms: 999 }],
    ['POST', '/api/tokens', { username: 'alice', ttl_ms: 86_400_001 }],
    ['POST', '/api/tokens', { username: 'alice' }],
    ['POST', '/api/tokens/inspect', { token: ['x'] }],
    ['POST', '/api/tokens/inspect', { token: 'x', more: 1 }]
  ]
  for (const [method, url, payload] of refused) {
    t.match(await call(method, url, payload), [422, { message: String }], `${method} ${url}`)
  }
})
