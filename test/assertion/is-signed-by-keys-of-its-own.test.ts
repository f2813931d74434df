import { statSync } from 'node:fs'
import { join } from 'node:path'
import { decodeProtectedHeader } from 'jose'
import t from 'tap'
import { createKeyring, KeyRefused } from '../../gateway/tokens/index.js'
import { bearer, startGateway, verdictOf } from '../helpers/gateway.js'
import { startUpstream } from '../helpers/upstream.js'
import { ec, makeKeyFolder, pkcs8 } from '../tokens/some-keys.js'
import { alice, startSigning, yamlOf } from './assertion-fixture.js'

const SECRET = '0123456789abcdef0123456789abcdef0123456789abcdef'

async function publishedBy(url: string): Promise<readonly Record<string, string>[]> {
  const answer = await fetch(`${url}/.well-known/jwks.json`)
  return ((await answer.json()) as { keys: Record<string, string>[] }).keys
}

t.test('neither kind of token passes for the other', async (t) => {
  const { gateway, token, last } = await startSigning(t)
  await fetch(`${gateway.url}/api/a`, { headers: bearer(token) })
  const kids = (await publishedBy(gateway.url)).map(({ kid }) => kid)
  t.same(kids, [decodeProtectedHeader(token).kid, decodeProtectedHeader(last()).kid])
  t.not(kids[0], kids[1])
  t.equal(await verdictOf(await fetch(`${gateway.url}/api/a`, { headers: bearer(last()) })), '401 invalid_token')
  t.equal(
    await verdictOf(await fetch(`${gateway.url}/auth/userinfo`, { headers: bearer(last()) })),
    '401 invalid_token'
  )
})

t.test('whatever access tokens are signed with, assertions are ES256', async (t) => {
  for (const more of [', algorithm: EdDSA', `, algorithm: HS256, keys: { secret: ${SECRET} }`]) {
    const { gateway, token, last } = await startSigning(t, '{}', more)
    t.equal((await fetch(`${gateway.url}/api/a`, { headers: bearer(token) })).status, 200)
    t.match(decodeProtectedHeader(last()), { alg: 'ES256' }, more)
    const published = await publishedBy(gateway.url)
    t.ok(published.some(({ kid, alg }) => kid === decodeProtectedHeader(last()).kid && alg === 'ES256'))
    t.notOk(published.some(({ kty }) => kty === 'oct'))
    const metadata = await fetch(`${gateway.url}/.well-known/oauth-authorization-server`)
    t.match(await metadata.json(), { jwks_uri: /jwks\.json$/ })
  }
})

t.test('keys lie beside those of access tokens, closed to others, or where the settings say', async (t) => {
  const { gateway } = await startSigning(t)
  const folder = join(gateway.settings.dataDirectory, 'keys', 'assertion')
  t.equal(statSync(folder).mode & 0o777, 0o700)
  const upstream = await startUpstream(t)
  const files = makeKeyFolder(t, { 'a.pem': pkcs8(ec().privateKey), 'b.pem': pkcs8(ec().privateKey) })
  const keys = `{ keys: { files: [${files}/a.pem, ${files}/b.pem] } }`
  const other = await startGateway(t, yamlOf(upstream.url, keys), [alice])
  const { access_token } = await other.login('alice')
  await fetch(`${other.url}/api/a`, { headers: bearer(access_token) })
  const kid = decodeProtectedHeader(String(upstream.last().headers['x-portcullis-assertion'])).kid
  const published = await publishedBy(other.url)
  t.equal(published.length, 3)
  t.equal(published[1]?.kid, kid, 'the first signs')
  const p384 = makeKeyFolder(t, { 'a.pem': pkcs8(ec('P-384').privateKey) })
  await t.rejects(createKeyring({ kind: 'files', paths: [join(p384, 'a.pem')] }, 'ES256'), KeyRefused)
})

t.test('switched on by a reload, it waits for the keys of the next start; switched off, it ends at once', async (t) => {
  const upstream = await startUpstream(t)
  const signing = yamlOf(upstream.url)
  const silent = signing.replace('identity: { assertion: {} }\n', '')
  const gateway = await startGateway(t, silent, [alice])
  const { access_token } = await gateway.login('alice')
  const isSigned = async (url: string) => {
    await fetch(`${url}/api/a`, { headers: { ...bearer(access_token), 'x-portcullis-assertion': 'forged' } })
    return upstream.last().headers['x-portcullis-assertion'] !== undefined
  }
  t.notOk(await isSigned(gateway.url))
  gateway.reload(signing)
  t.notOk(await isSigned(gateway.url))
  const restarted = await gateway.restart(signing)
  await restarted.addUser({ username: 'bob' })
  const { access_token: bobs } = await restarted.login('bob')
  await fetch(`${restarted.url}/api/a`, { headers: bearer(bobs) })
  t.ok(upstream.last().headers['x-portcullis-assertion'])
  restarted.reload(silent)
  await fetch(`${restarted.url}/api/a`, { headers: bearer(bobs) })
  t.notOk(upstream.last().headers['x-portcullis-assertion'])
})
