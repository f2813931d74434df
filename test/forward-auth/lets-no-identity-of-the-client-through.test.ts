import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { fragmentOf } from '../helpers/documentation.js'
import { startGateway } from '../helpers/gateway.js'
import { fieldOf, inquire, type Mode } from '../helpers/inquiry.js'
import type { RawAnswer } from '../helpers/raw-request.js'

const settings = (mode: Mode, forward = false) => `
forward_auth: { mode: ${mode}, from: [127.0.0.1] }
identity: { strip: [X-Tenant] }
upstreams: { app: { url: "http://127.0.0.1:1", forward_authorization: ${forward} } }
rules: [{ path: /**, allow: anyone, to: app }]
`

const NAMES = ['x-user-id', 'x-user-name', 'x-user-roles']
const forged = () => new Map([...NAMES, 'x-tenant', 'authorization', 'remote-user'].map((name) => [name, 'forged']))

/** What Traefik makes of a client's fields: listed ones are deleted, then copied if the answer has them. */
function throughTraefik(t: Test, answer: RawAnswer): Map<string, string> {
  const page = parse(fragmentOf('forward-auth.md', 'Traefik', 'yaml'))
  const { authResponseHeaders, trustForwardHeader, address } = page.http.middlewares.portcullis.forwardAuth
  t.match(address, /\/auth\/check$/)
  t.equal(trustForwardHeader, false)
  const fields = forged()
  for (const name of authResponseHeaders as string[]) {
    fields.delete(name.toLowerCase())
    const value = fieldOf(answer, name)
    if (value !== null) fields.set(name.toLowerCase(), value)
  }
  return fields
}

/** What Envoy makes of them: listed ones are set if the answer has them, then those are removed that it names. */
function throughEnvoy(t: Test, answer: RawAnswer): Map<string, string> {
  const service = parse(fragmentOf('forward-auth.md', 'Envoy', 'yaml')).typed_config.http_service
  t.equal(service.path_prefix, '/auth/check')
  t.equal(service.authorization_request.headers_to_add[0].key, 'x-real-ip')
  const fields = forged()
  for (const { exact } of service.authorization_response.allowed_upstream_headers.patterns as { exact: string }[]) {
    const value = fieldOf(answer, exact)
    if (value !== null) fields.set(exact, value)
  }
  for (const name of (fieldOf(answer, 'x-envoy-auth-headers-to-remove') ?? '').split(',')) fields.delete(name.trim())
  return fields
}

t.test('Traefik and Envoy pass on the identity, whole and alone', async (t) => {
  for (const [mode, through] of [
    ['traefik', throughTraefik],
    ['envoy', throughEnvoy]
  ] as const) {
    const gateway = await startGateway(t, settings(mode), [
      { username: 'alice', roles: ['user'] },
      { username: 'bare' }
    ])
    const shows = async (username: string | null) => {
      const token = username === null ? null : (await gateway.login(username)).access_token
      const lines = token === null ? [] : [`Authorization: Bearer ${token}`]
      return through(t, await inquire(gateway.port, mode, { uri: '/', lines }))
    }
    const alice = await shows('alice')
    t.same([alice.get('x-user-name'), alice.get('x-user-roles')], ['alice', 'user'], mode)
    t.match(alice.get('x-user-id'), /^(?!forged).+/)
    const bare = await shows('bare')
    t.same([bare.get('x-user-name'), bare.get('x-user-roles')], ['bare', undefined], `${mode}: no roles are none`)
    const stranger = await shows(null)
    t.same(
      NAMES.map((name) => stranger.get(name)),
      [undefined, undefined, undefined],
      `${mode}: a stranger is nobody`
    )
    if (mode !== 'envoy') continue
    t.same([...stranger.keys()], ['x-request-id'], 'Envoy removes whatever else no client may send')
  }
})

t.test('the client keeps its Authorization where the upstream is to have it', async (t) => {
  const { port } = await startGateway(t, settings('envoy', true))
  t.equal(throughEnvoy(t, await inquire(port, 'envoy', { uri: '/' })).get('authorization'), 'forged')
})

t.test('a field without a value is empty for Caddy and absent for the others', async (t) => {
  for (const [modes, mode, value] of [
    ['nginx', 'nginx', null],
    ['traefik', 'traefik', null],
    ['envoy', 'envoy', null],
    ['caddy', 'caddy', ''],
    ['[traefik, caddy]', 'traefik', '']
  ] as const) {
    const { port } = await startGateway(t, settings(modes as Mode))
    const answer = await inquire(port, mode, { uri: '/' })
    t.equal(answer.status, 200)
    t.same(
      NAMES.map((name) => fieldOf(answer, name)),
      [value, value, value],
      modes
    )
    t.match(fieldOf(answer, 'x-request-id'), /\S/)
    t.equal(fieldOf(answer, 'cache-control'), 'no-store')
  }
})
