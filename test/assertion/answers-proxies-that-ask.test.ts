import { decodeJwt } from 'jose'
import t from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { fieldOf, inquire } from '../helpers/inquiry.js'
import { alice, ISSUER } from './assertion-fixture.js'

const yaml = `
tokens: { issuer: "${ISSUER}" }
forward_auth: { mode: [nginx, caddy, envoy], from: [127.0.0.1] }
identity: { assertion: {} }
upstreams: { orders: { url: "http://127.0.0.1:9", strip_prefix: /api } }
rules:
  - { path: /api/**, allow: authenticated, to: orders }
  - { path: /**, allow: anyone, to: orders }
`

t.test('a proxy that asks is given the assertion of the request that it forwards, as it forwards it', async (t) => {
  const gateway = await startGateway(t, yaml, [alice])
  const { access_token } = await gateway.login('alice')
  for (const mode of ['nginx', 'caddy', 'envoy'] as const) {
    const answer = await inquire(gateway.port, mode, {
      method: 'PUT',
      uri: '/api/users/7?a=1',
      lines: [`Authorization: Bearer ${access_token}`]
    })
    t.equal(answer.status, 200, mode)
    const said = decodeJwt(fieldOf(answer, 'x-portcullis-assertion') ?? '')
    t.match(said, { aud: 'orders', htm: 'PUT', path: '/api/users/7', host: 'shop.test', username: 'alice' })
    t.equal(said.request_id, fieldOf(answer, 'x-request-id'))
  }
})

t.test("without one, the client's own does not stay either", async (t) => {
  const { port } = await startGateway(t, yaml)
  const answer = (mode: 'nginx' | 'caddy' | 'envoy', line?: string) =>
    inquire(port, mode, { uri: '/open', ...(line === undefined ? {} : { lines: [line] }) })
  t.equal(fieldOf(await answer('nginx'), 'x-portcullis-assertion'), null)
  t.equal(fieldOf(await answer('caddy'), 'x-portcullis-assertion'), '')
  const removed = fieldOf(await answer('envoy'), 'x-envoy-auth-headers-to-remove') ?? ''
  t.ok(removed.split(',').includes('x-portcullis-assertion'))
  t.equal((await answer('nginx', 'X_Portcullis-Assertion: forged')).status, 403, 'another spelling is refused')
})
