import type { ServerResponse } from 'node:http'
import t from 'tap'
import { figureOf } from '../door/figures.js'
import { eventually } from '../helpers/eventually.js'
import { createSigningKey, now, sign, startIssuer } from '../helpers/issuer.js'
import { startGatewayOf } from './gateway-of.js'

t.test('a request that waits for keys is judged by the policy it began with', async (t) => {
  const key = await createSigningKey('one')
  const issuer = await startIssuer(t, [key])
  const waiting: ServerResponse[] = []
  issuer.answer = (_request, response) => waiting.push(response)
  const gateway = await startGatewayOf(t, issuer)
  await eventually(() => waiting.length > 0, 'the issuer is asked')
  const token = await sign(key, { iss: issuer.issuer, aud: 'api', sub: 'alice', exp: now() + 60, iat: now() })
  const answer = gateway.ask('/corp', token)
  await eventually(async () => (await figureOf(gateway, 'portcullis_requests_in_flight')) === 1, 'it is under way')
  const { url } = gateway.upstream
  gateway.reload(`upstreams: { app: { url: "${url}" } }\nrules: [{ path: /**, allow: authenticated, to: app }]\n`)
  waiting[0]?.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [key.jwk] }))
  t.equal((await answer).status, 200)
  t.match(await gateway.ask('/corp', token), { status: 401, code: 'invalid_token' }, 'the next one by the new policy')
})
