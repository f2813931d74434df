import { createHmac, createPublicKey, type KeyObject } from 'node:crypto'
import { CompactEncrypt, exportJWK, type JWK } from 'jose'
import t, { type Test } from 'tap'
import { createSigningKey, now, type SigningKey, sign, startIssuer } from '../helpers/issuer.js'
import { startGatewayOf } from './gateway-of.js'

const part = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

/** A signed token whose payload is any text; the library signs only what is an object of claims. */
async function signText(key: SigningKey, payload: string, header: string): Promise<string> {
  const { subtle } = globalThis.crypto
  const signed = `${part(header)}.${part(payload)}`
  const signature = await subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key.privateKey, Buffer.from(signed))
  return `${signed}.${Buffer.from(signature).toString('base64url')}`
}

const publicKey = (jwk: JWK): KeyObject => createPublicKey({ key: { ...jwk } as Record<string, string>, format: 'jwk' })

async function verify(url: string, token: string) {
  const response = await fetch(`${url}/auth/verify`, { method: 'POST', body: new URLSearchParams({ token }) })
  return { status: response.status, ...((await response.json()) as object) }
}

async function startCorp(t: Test) {
  const [es, rs] = [await createSigningKey('es'), await createSigningKey('rs', 'RS256')]
  const issuer = await startIssuer(t, [es, rs])
  const gateway = await startGatewayOf(t, issuer)
  const claims = () => ({ iss: issuer.issuer, aud: 'api', sub: 'u', iat: now(), exp: now() + 300 })
  // So that no answer below is that of an issuer whose keys are not there yet.
  t.match(await gateway.ask('/', await sign(es, claims())), { status: 200 })
  return { ...gateway, es, rs, issuer, claims }
}

t.test('headers that ask for another way to verify', async (t) => {
  const { ask, url, es, rs, issuer, claims, settings, resources } = await startCorp(t)
  const stranger = await createSigningKey('es')
  const thief = await startIssuer(t, [stranger])
  const payload = part(claims())
  const hmac = (secret: string | Buffer) => {
    const signed = `${part({ alg: 'HS256', kid: 'rs', typ: 'JWT' })}.${payload}`
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
  }
  const pem = publicKey(rs.jwk).export({ type: 'spki', format: 'pem' }).toString()
  const jwe = await new CompactEncrypt(Buffer.from(JSON.stringify(claims())))
    .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', kid: 'rs' })
    .encrypt(publicKey(rs.jwk))
  const good = await sign(es, claims())
  const [head = '', body = '', signature = ''] = good.split('.')
  const table: Record<string, string> = {
    'alg none': `${part({ alg: 'none' })}.${payload}.`,
    'alg none with a signature': `${part({ alg: 'none', kid: 'es' })}.${payload}.${signature}`,
    'alg None': `${part({ alg: 'None', kid: 'es' })}.${payload}.${signature}`,
    'no alg': `${part({ kid: 'es' })}.${payload}.${signature}`,
    'alg in a list': `${part({ alg: ['ES256'], kid: 'es' })}.${payload}.${signature}`,
    'HS256 with the public key in PEM': hmac(pem),
    'HS256 with the public key in PEM, trimmed': hmac(pem.trim()),
    'HS256 with the public key in DER': hmac(publicKey(rs.jwk).export({ type: 'spki', format: 'der' })),
    'HS256 with the modulus': hmac(Buffer.from(rs.jwk.n ?? '', 'base64url')),
    'HS256 with nothing': hmac(''),
    'an embedded key': await sign(stranger, claims(), { jwk: await exportJWK(stranger.privateKey), kid: undefined }),
    'an embedded key under a known kid': await sign(stranger, claims(), { jwk: stranger.jwk }),
    'jku to another server': await sign(stranger, claims(), { jku: thief.jwksUrl }),
    'jku to another server, unknown kid': await sign(stranger, claims(), { jku: thief.jwksUrl, kid: 'new' }),
    'x5u to another server': await sign(stranger, claims(), { x5u: thief.jwksUrl, x5c: ['MIIB'] }),
    'iss of another server': await sign(stranger, { ...claims(), iss: thief.issuer }),
    'another key under a known kid': await sign(stranger, claims()),
    'RS384, which the settings do not list': `${part({ alg: 'RS384', kid: 'rs' })}.${payload}.${signature}`,
    'ES256 with the RSA key': `${part({ alg: 'ES256', kid: 'rs' })}.${payload}.${signature}`,
    'PS256 with a key for RS256': `${part({ alg: 'PS256', kid: 'rs' })}.${payload}.${signature}`,
    crit: await signText(es, JSON.stringify(claims()), '{"alg":"ES256","kid":"es","crit":["x"],"x":1}'),
    'an empty crit': await signText(es, JSON.stringify(claims()), '{"alg":"ES256","kid":"es","crit":[]}'),
    'b64 true': await signText(es, JSON.stringify(claims()), '{"alg":"ES256","kid":"es","b64":true}'),
    'b64 false': await signText(es, JSON.stringify(claims()), '{"alg":"ES256","kid":"es","b64":false,"crit":["b64"]}'),
    'kid twice': await signText(es, JSON.stringify(claims()), '{"alg":"ES256","kid":"x","kid":"es"}'),
    'alg twice': await signText(es, JSON.stringify(claims()), '{"alg":"none","alg":"ES256","kid":"es"}'),
    'an empty kid': await sign(es, claims(), { kid: '' }),
    'a kid that is a number': await signText(es, JSON.stringify(claims()), '{"alg":"ES256","kid":1}'),
    'a kid of the prototype': await sign(es, claims(), { kid: '__proto__' }),
    'no kid, where two keys could be meant by kid alone': `${part({ alg: 'ES384' })}.${payload}.${signature}`,
    encrypted: jwe,
    'a padded signature': `${good}==`,
    'a line end': `${head}.${body}\n.${signature}`,
    'another spelling of the last character': `${good.slice(0, -1)}${respell(good.at(-1) ?? '')}`,
    'a cut signature': good.slice(0, -4),
    'an empty signature': `${head}.${body}.`,
    'a fourth part': `${good}.${signature}`,
    'a changed payload': `${head}.${part({ ...claims(), sub: 'admin' })}.${signature}`,
    'our own token under their name': await sign(es, { ...claims(), iss: settings.tokens.issuer }),
    'our own token with a key of theirs': await sign(
      { ...es, kid: resources.keyring.signing().keyId },
      { ...claims(), iss: settings.tokens.issuer, sid: 's', jti: 'j', gen: 1 },
      { typ: 'at+jwt' }
    )
  }
  for (const [name, token] of Object.entries(table)) {
    // A line end cannot stand in a field, but it can in a body.
    const answered = await (token.includes('\n') ? verify(url, token) : ask('/', token))
    t.match(answered, { status: 401, code: 'invalid_token' }, name)
  }
  t.strictSame(thief.asked, [], 'nobody was asked whom a token names')
  t.ok(issuer.asked.length <= 2, 'the first fetch, and one for all the unknown keys')
})

/** base64url: the spare bits of the last character, set. */
function respell(character: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return alphabet[alphabet.indexOf(character) ^ 1] ?? ''
}

t.test('claims that are missing, of another type, or for somebody else', async (t) => {
  const { ask, es, claims, issuer } = await startCorp(t)
  const far = 10 * 365 * 86_400
  type Case = readonly [name: string, claims: Record<string, unknown>, code?: string]
  const refused: readonly Case[] = [
    ['iss with a slash', { iss: `${issuer.issuer}/` }],
    ['iss in capitals', { iss: issuer.issuer.toUpperCase() }],
    ['iss in a list', { iss: [issuer.issuer] }],
    ['no iss', { iss: undefined }],
    ['no aud', { aud: undefined }],
    ['another aud', { aud: 'web' }],
    ['an empty list of aud', { aud: [] }],
    ['aud in a list within a list', { aud: [['api']] }],
    ['aud with a number beside', { aud: ['api', 1] }],
    ['aud as a part', { aud: 'api web' }],
    ['aud null', { aud: null }],
    ['no exp', { exp: undefined }],
    ['exp as text', { exp: String(now() + far) }],
    ['exp null', { exp: null }],
    ['exp true', { exp: true }],
    ['exp past', { exp: now() - 31 }, 'expired_token'],
    ['exp at zero', { exp: 0 }, 'expired_token'],
    ['nbf to come', { nbf: now() + 60 }],
    ['nbf as text', { nbf: '0' }],
    ['iat to come', { iat: now() + 60 }],
    ['iat as text', { iat: String(now()) }],
    ['no sub', { sub: undefined }],
    ['an empty sub', { sub: '' }],
    ['sub a number', { sub: 1 }],
    ['sub null', { sub: null }],
    ['sub in a list', { sub: ['u'] }],
    ['sub without end', { sub: 'u'.repeat(256) }],
    ['bound to a key', { cnf: { jkt: 'x' } }],
    ['an ID token by at_hash', { at_hash: 'x' }],
    ['an ID token by c_hash', { c_hash: 'x' }],
    ['an ID token by nonce', { nonce: 'x' }],
    ['an ID token by its word', { typ: 'ID' }],
    ['an ID token as Cognito has it', { token_use: 'id' }],
    ['a refresh token by its word', { typ: 'Refresh' }],
    ['a typ of another type', { typ: ['Bearer'] }],
    ['a logout token', { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }]
  ]
  for (const [name, changed, code = 'invalid_token'] of refused) {
    t.match(await ask('/', await sign(es, { ...claims(), ...changed })), { status: 401, code }, name)
  }
  const accepted: readonly Case[] = [
    ['aud in a list', { aud: ['web', 'api'] }],
    ['no iat', { iat: undefined }],
    ['iat of a clock that is ahead', { iat: now() + 20, nbf: now() + 20 }],
    ['exp of a clock that is behind', { exp: now() - 20 }],
    ['exp with a fraction', { exp: now() + 60.5 }],
    ['nonce in a token that says Bearer', { nonce: 'x', typ: 'Bearer' }],
    ['an access token as Cognito has it', { token_use: 'access' }]
  ]
  for (const [name, changed] of accepted) {
    t.match(await ask('/', await sign(es, { ...claims(), ...changed })), { status: 200 }, name)
  }
})

t.test('payloads that parsers read in more than one way', async (t) => {
  const { ask, es, issuer } = await startCorp(t)
  const header = '{"alg":"ES256","kid":"es"}'
  const payload = (more: string) =>
    `{"iss":"${issuer.issuer}","aud":"api","sub":"u","exp":${now() + 300}${more === '' ? '' : `,${more}`}}`
  t.match(await ask('/', await signText(es, payload('"x":{"a":1},"y":{"a":1},"z":["a","a",{"a":"}"}]'), header)), {
    status: 200
  })
  const table: Record<string, string> = {
    'sub twice': payload('"sub":"admin"'),
    'sub twice, once escaped': payload('"\\u0073ub":"admin"'),
    'a member twice, further in': payload('"realm_access":{"roles":[],"roles":["admin"]}'),
    'a member twice, in a list': payload('"a":[{"b":1,"b":2}]'),
    'exp beyond numbers': `{"iss":"${issuer.issuer}","aud":"api","sub":"u","exp":1e400}`,
    'a list': '[]',
    null: 'null',
    'a text': '"u"',
    'no JSON': '{',
    'a comma too many': payload('"a":1,').replace(/,}$/, ',}'),
    'a byte order mark': `\uFEFF${payload('')}`,
    'too deep': payload(`"a":${'['.repeat(40)}${']'.repeat(40)}`),
    'far too deep': payload(`"a":${'['.repeat(4_000)}${']'.repeat(4_000)}`)
  }
  for (const [name, text] of Object.entries(table)) {
    t.match(await ask('/', await signText(es, text, header)), { status: 401, code: 'invalid_token' }, name)
  }
})

t.test('tokens of other kinds by their type', async (t) => {
  const { ask, es, claims } = await startCorp(t)
  const table: [unknown, number][] = [
    [undefined, 200],
    ['JWT', 200],
    ['jwt', 200],
    ['at+jwt', 200],
    ['AT+JWT', 200],
    ['application/at+jwt', 200],
    ['logout+jwt', 401],
    ['dpop+jwt', 401],
    ['secevent+jwt', 401],
    ['id_token', 401],
    ['token-introspection+jwt', 401],
    ['application/application/jwt', 401],
    ['JWS', 401],
    ['', 401],
    [null, 401],
    [1, 401]
  ]
  for (const [typ, status] of table) t.match(await ask('/', await sign(es, claims(), { typ })), { status }, String(typ))
})

t.test('`typ` of the settings is what the type must be', async (t) => {
  const { ask, es, claims, reload, yaml } = await startCorp(t)
  reload(yaml.replace('audience: [api]', 'audience: [api], typ: [at+jwt]'))
  t.match(await ask('/', await sign(es, claims(), { typ: 'at+jwt' })), { status: 200 })
  t.match(await ask('/', await sign(es, claims(), { typ: 'JWT' })), { status: 401 })
  t.match(await ask('/', await sign(es, claims())), { status: 401 }, 'and must be there')
})

t.test('a token without kid, where one key fits and where two do', async (t) => {
  const keys = [await createSigningKey('es'), await createSigningKey('rs', 'RS256')] as const
  const issuer = await startIssuer(t, keys)
  const claims = { iss: issuer.issuer, aud: 'api', sub: 'u', exp: now() + 300 }
  const token = await sign(keys[0], claims, { kid: undefined })
  const { ask } = await startGatewayOf(t, issuer)
  t.match(await ask('/', token), { status: 200 })
  issuer.keys = [...issuer.keys, (await createSigningKey('es2')).jwk]
  const { ask: askOther } = await startGatewayOf(t, issuer)
  t.match(await askOther('/', token), { status: 401, code: 'invalid_token' })
})

t.test('a bad token of an issuer means nobody where anyone may pass, and no identity', async (t) => {
  const { ask, claims, upstream } = await startCorp(t)
  const stranger = await createSigningKey('es')
  t.match(await ask('/open', await sign(stranger, claims())), { status: 200 })
  t.equal(upstream.last().headers['x-user-id'], undefined)
})
