import { createHash } from 'node:crypto'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import t from 'tap'
import { bearer } from '../helpers/gateway.js'
import { sendRaw } from '../helpers/raw-request.js'
import { FIELD, ISSUER, startSigning } from './assertion-fixture.js'

const hashOf = (query: string) => createHash('sha256').update(query).digest('base64url')

t.test('a stranger verifies it by the published keys, and reads who asks for what', async (t) => {
  const { upstream, gateway, token, last } = await startSigning(t, '{ ttl: 30s, claims: [full_name, issuer] }')
  const answer = await fetch(`${gateway.url}/api/users/7%C3%A4?q=%20b&r=?`, {
    method: 'DELETE',
    headers: { ...bearer(token), [FIELD]: 'forged' }
  })
  t.equal(answer.status, 200)
  t.equal(upstream.last().url, '/users/7%C3%A4?q=%20b&r=?')
  const keys = createRemoteJWKSet(new URL(`${gateway.url}/.well-known/jwks.json`))
  const { payload, protectedHeader } = await jwtVerify(last(), keys, {
    issuer: ISSUER,
    audience: 'orders',
    typ: 'portcullis-assertion+jwt',
    algorithms: ['ES256'],
    requiredClaims: ['exp', 'nbf', 'iat', 'jti', 'sub']
  })
  t.same(protectedHeader, { alg: 'ES256', typ: 'portcullis-assertion+jwt', kid: protectedHeader.kid })
  const { iat = 0, jti = '', ...said } = payload
  t.same(said, {
    iss: ISSUER,
    aud: 'orders',
    sub: decodeJwt(token).sub,
    username: 'alice',
    roles: decodeJwt(token).roles,
    claims: { full_name: 'Älice', issuer: 'self' },
    nbf: iat,
    exp: iat + 30,
    htm: 'DELETE',
    path: '/users/7%C3%A4',
    query_hash: hashOf('q=%20b&r=?'),
    host: `127.0.0.1:${gateway.port}`,
    request_id: upstream.last().headers['x-request-id']
  })
  t.ok(jti.length >= 16)
  await fetch(`${gateway.url}/api/users/7`, { headers: bearer(token) })
  const second = decodeJwt(last())
  t.match(second, { htm: 'GET', path: '/users/7', query_hash: hashOf('') })
  t.not(second.jti, jti)
})

t.test('exactly one arrives, the last of the fields, whatever the client sends', async (t) => {
  const { upstream, gateway, token } = await startSigning(t, '{ header: X-Who }')
  for (const line of [
    'X-Who: forged',
    'x_who: forged',
    'X.WHO: forged',
    'X-Who:\r\nx-who: forged',
    'Connection: x-who'
  ]) {
    const request = `GET /api/a HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n${line}\r\n\r\n`
    t.equal((await sendRaw(gateway.port, request, 20)).status, 200, line)
    const { rawHeaders } = upstream.last()
    const names = rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase().replace(/[^a-z]/g, '-'))
    t.equal(names.filter((name) => name === 'x-who').length, 1, line)
    const at = rawHeaders.indexOf('X-Who')
    t.match(decodeJwt(rawHeaders[at + 1] ?? ''), { aud: 'orders', path: '/a' })
    t.ok(at > rawHeaders.indexOf('X-User-Id'), 'after the plain fields')
  }
})

t.test('a stranger on an open rule has none, and none of his own', async (t) => {
  const { upstream, gateway, token } = await startSigning(t)
  for (const authorization of [undefined, 'Bearer forged']) {
    await fetch(`${gateway.url}/open`, {
      headers: { [FIELD]: 'forged', ...(authorization === undefined ? {} : { authorization }) }
    })
    t.equal(upstream.last().url, '/open')
    t.equal(upstream.last().headers[FIELD], undefined)
  }
  await fetch(`${gateway.url}/open`, { headers: bearer(token) })
  t.match(decodeJwt(String(upstream.last().headers[FIELD])), { aud: 'web', path: '/open' }, 'who is known is told')
})

t.test('it hardly outlives the token that it is made of', async (t) => {
  const { gateway, token, last } = await startSigning(t, '{}', ', access: 20s')
  await fetch(`${gateway.url}/api/a`, { headers: bearer(token) })
  const { exp = 0, iat = 0 } = decodeJwt(last())
  t.equal(exp, decodeJwt(token).exp)
  t.ok(exp - iat <= 20)
})

t.test('one that does not fit into a field is a refusal', async (t) => {
  const { upstream, gateway, token } = await startSigning(t)
  const before = upstream.received.length
  const refused = await fetch(`${gateway.url}/api/${'a'.repeat(6_000)}`, { headers: bearer(token) })
  t.equal(refused.status, 431)
  t.match(await refused.json(), { code: 'headers_too_large' })
  t.equal(upstream.received.length, before)
  const long = await fetch(`${gateway.url}/api/a?${'a'.repeat(10_000)}`, { headers: bearer(token) })
  t.equal(long.status, 200, 'a query may be as long as ever')
})
