import { generateKeyPairSync } from 'node:crypto'
import { CompactEncrypt, exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import t, { type Test } from 'tap'
import { decode, encode, openToken, resign, signText } from '../helpers/forge.js'
import { bearer, post, verdictOf } from '../helpers/gateway.js'
import { rawGet, sendRaw } from '../helpers/raw-request.js'
import { site } from '../helpers/site.js'
import { startHostileSite } from '../hygiene/hostile-site.js'

const CHALLENGE = 'Bearer realm="portcullis", error="invalid_token", error_description="The access token is not valid"'

/** A gateway in front of an upstream that records bytes, a token of it that holds, and what forging takes. */
async function start(t: Test) {
  const gateway = await startHostileSite(t, {
    yaml: site,
    settings: 'tokens: { audience: api }',
    users: [{ username: 'alice', roles: ['user'] }]
  })
  const { access_token: good } = await gateway.login('alice')
  const { keyring } = gateway.resources
  const text = (header: string, claims: string) => signText(header, claims, keyring.signing().signingKey)
  const own = (header: Record<string, unknown>, claims: Record<string, unknown> = {}) =>
    resign(keyring, good, { header, claims })
  return { ...gateway, good, text, own, keyring }
}

type Started = Awaited<ReturnType<typeof start>>

/** Each is 401 where somebody is asked for, and nobody where anyone may ask; a good token then still passes. */
async function refuse(t: Test, { url, good, send, arrived, control }: Started, tokens: Record<string, string>) {
  const ask = (path: string, token: string) =>
    send(rawGet(path, `Authorization: Bearer ${token}`, 'X-User-Id: forged', 'Connection: close'))
  for (const [name, token] of Object.entries(tokens)) {
    const shown = await ask('/page', token)
    t.equal(shown.status, 401, name)
    t.equal(/^www-authenticate: (.*)$/im.exec(shown.head)?.[1], CHALLENGE, `${name}: challenge`)
    t.equal((JSON.parse(shown.body) as { code: string }).code, 'invalid_token', name)
    t.strictSame(arrived(), [], `${name}: arrives nowhere`)
    t.equal((await ask('/open/page', token)).status, 200, `${name}: anyone may ask`)
    const [anonymous, ...more] = arrived()
    t.equal(more.length, 0)
    t.notMatch(JSON.stringify(anonymous?.fields), /x-user|authorization|bearer|forged/i, `${name}: and is nobody`)
    const asked = await post(`${url}/auth/verify`, { token })
    t.equal(await verdictOf(asked), '401 invalid_token', `${name}: verify agrees`)
    await control(t, name)
    t.equal((await ask('/page', good)).status, 200, `after ${name} a good token passes`)
    arrived()
  }
}

const accepted = async ({ url }: Started, token: string) =>
  (await fetch(`${url}/auth/userinfo`, { headers: bearer(token) })).status

t.test('signatures that are not ours', async (t) => {
  const started = await start(t)
  const { good, keyring } = started
  const { header, claims } = openToken(good)
  const stranger = await generateKeyPair('ES256', { extractable: true })
  const jwk = await exportJWK(stranger.publicKey)
  const strange = (more: Record<string, unknown>) =>
    new SignJWT(claims).setProtectedHeader({ ...header, alg: 'ES256', ...more }).sign(stranger.privateKey)
  const { verifyingKey } = keyring.signing()
  const kid = keyring.signing().keyId
  const [h = '', c = '', s = ''] = good.split('.')
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  await refuse(t, started, {
    'alg none': `${encode(JSON.stringify({ alg: 'none', typ: 'at+jwt', kid }))}.${c}.`,
    'alg none, signature kept': `${encode(JSON.stringify({ alg: 'none', typ: 'at+jwt', kid }))}.${c}.${s}`,
    'alg nOnE': `${encode(JSON.stringify({ alg: 'nOnE', typ: 'at+jwt', kid }))}.${c}.${s}`,
    'an unsecured JWT': new UnsecuredJWT(claims).encode(),
    'no signature': `${h}.${c}.`,
    'HS256 with the public key as the secret': signText(
      JSON.stringify({ ...header, alg: 'HS256' }),
      JSON.stringify(claims),
      verifyingKey,
      'HS256'
    ),
    'HS256 with the trimmed public key': signText(
      JSON.stringify({ ...header, alg: 'HS256' }),
      JSON.stringify(claims),
      String(verifyingKey).trim(),
      'HS256'
    ),
    'ES256 under the name ES384': signText(
      JSON.stringify({ ...header, alg: 'ES384' }),
      JSON.stringify(claims),
      keyring.signing().signingKey
    ),
    RS256: await new SignJWT(claims).setProtectedHeader({ ...header, alg: 'RS256' }).sign(rsa),
    'another key under our kid': await strange({}),
    'another key and its jwk': await strange({ jwk }),
    'another key and a jku': await strange({ jku: `${started.url}/.well-known/jwks.json` }),
    'another key and an x5c': await strange({ x5c: ['MIIB'], x5u: 'https://example.com/x' }),
    'an all-zero signature': `${h}.${c}.${Buffer.alloc(64).toString('base64url')}`,
    'a short signature': `${h}.${c}.${s.slice(0, 40)}`,
    'a DER signature': `${h}.${c}.${Buffer.from(`3044${'01'.repeat(68)}`, 'hex').toString('base64url')}`
  })
})

t.test('headers that no token of ours has', async (t) => {
  const started = await start(t)
  const { own, keyring } = started
  const { jwk } = keyring.signing()
  const kids = [
    '',
    '__proto__',
    'constructor',
    'toString',
    '*',
    'other',
    `${keyring.signing().keyId} `,
    0,
    null,
    [keyring.signing().keyId]
  ]
  await refuse(t, started, {
    ...Object.fromEntries(kids.map((kid) => [`kid ${JSON.stringify(kid)}`, own({ kid })])),
    'no kid': own({ kid: undefined }),
    'typ JWT': own({ typ: 'JWT' }),
    'no typ': own({ typ: undefined }),
    'typ as a list': own({ typ: ['at+jwt'] }),
    'typ of another token': own({ typ: 'dpop+jwt' }),
    crit: own({ crit: ['exp'], exp: 1 }),
    'crit null': own({ crit: null }),
    'crit empty': own({ crit: [] }),
    'crit false': own({ crit: false }),
    'b64 false': own({ b64: false }),
    'b64 false in crit': own({ b64: false, crit: ['b64'] }),
    'no alg': own({ alg: undefined }),
    'alg as a list': own({ alg: ['ES256'] }),
    'alg with a kid of a prototype': own({ alg: 'constructor' })
  })
  t.equal(
    await accepted(started, own({ jwk, jku: 'https://example.com/', cty: 'x' })),
    200,
    'keys beside ours are ignored'
  )
  t.equal(await accepted(started, own({ typ: 'application/at+jwt' })), 200, 'RFC 9068 §4 allows both')
})

t.test('claims of a wrong kind, even under our signature', async (t) => {
  const started = await start(t)
  const { own, text, good } = started
  const { header, claims } = openToken(good)
  const far = Math.floor(Date.now() / 1000) + 3_600
  const wrong: Record<string, readonly unknown[]> = {
    exp: [undefined, null, '9999999999', true, [far], {}],
    iat: [undefined, null, '1', far, 1e300],
    nbf: [null, '1', far, 1e300, [1]],
    iss: [undefined, null, '', 'https://evil.example', [claims.iss], 1],
    aud: [undefined, null, '', 'other', [], ['other'], ['api', 1], { 0: 'api' }, 1],
    sub: [undefined, null, '', 1, ['x'], {}],
    sid: [undefined, null, '', 1],
    jti: [undefined, null, '', 1],
    gen: [undefined, null, '1', [1]]
  }
  const cases = Object.entries(wrong).flatMap(([name, values]) =>
    values.map((value) => [`${name}: ${JSON.stringify(value)}`, own({}, { [name]: value })] as const)
  )
  const withExp = (exp: string) =>
    text(JSON.stringify(header), JSON.stringify({ ...claims, exp: 1 }).replace('"exp":1', `"exp":${exp}`))
  await refuse(t, started, {
    ...Object.fromEntries(cases),
    'exp: 1e400': withExp('1e400'),
    'exp: -1e400': withExp('-1e400'),
    'exp: NaN': withExp('NaN'),
    'exp: Infinity': withExp('Infinity')
  })
  t.equal(await accepted(started, own({}, { aud: ['other', 'api'] })), 200, 'one of several audiences')
  t.equal(await accepted(started, own({}, { nbf: undefined })), 200, 'nbf may be absent (RFC 9068 §2.2)')
})

t.test('what is no object, or can be read in two ways', async (t) => {
  const started = await start(t)
  const { good, text } = started
  const [h = '', c = '', s = ''] = good.split('.')
  const header = decode(h)
  const claims = decode(c)
  const twice = (json: string, member: string) => json.replace(/\}$/, `,${member}}`)
  const last = s.at(-1) ?? ''
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const respelt = s.slice(0, -1) + alphabet[alphabet.indexOf(last) + 1]
  t.same(Buffer.from(respelt, 'base64url'), Buffer.from(s, 'base64url'), 'the same octets, spelt otherwise')
  await refuse(t, started, {
    'claims: an array': text(header, '[]'),
    'claims: an array with names': text(header, `[${claims}]`),
    'claims: a string': text(header, '"claims"'),
    'claims: null': text(header, 'null'),
    'claims: no JSON': text(header, 'claims'),
    'claims: empty': text(header, ''),
    'claims: more after them': text(header, `${claims}{}`),
    'header: an array': text(`[${header}]`, claims),
    'header: null': text('null', claims),
    'header: no JSON': text('header', claims),
    'claims: a member twice': text(header, twice(claims, '"sub":"admin"')),
    'claims: a member twice, escaped': text(header, twice(claims, '"s\\u0075b":"admin"')),
    'claims: a member twice inside': text(header, twice(claims, '"x":[{"a":1,"a":2}]')),
    'claims: __proto__ twice': text(header, twice(claims, '"__proto__":{},"__proto__":{}')),
    'header: a member twice': text(twice(header, '"alg":"ES256"'), claims),
    'another spelling of the last character': `${h}.${c}.${respelt}`,
    padding: `${h}.${c}.${s}==`,
    'padding in the middle': `${h}=.${c}.${s}`,
    'base64 instead of base64url': `${h}.${Buffer.from(claims).toString('base64')}.${s}+/`,
    'four parts': `${good}.`,
    'five parts': `${h}.${h}.${c}.${s}.${s}`,
    'two parts': `${h}.${c}`,
    'an empty part': `${h}..${s}`,
    'a hundred dots': '.'.repeat(100),
    'dots between': good.split('').join('.'),
    'a JWE': await new CompactEncrypt(Buffer.from(claims))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .encrypt(new Uint8Array(32)),
    '9 KB': `${h}.${c}.${'A'.repeat(9 * 1024)}`,
    'nothing of ours': 'x'
  })
  const colons = twice(claims, '"x":"\\\\\\":,\\"a\\":{}"')
  t.equal(await accepted(started, text(header, colons)), 200, 'colons and braces inside strings are no members')
})

t.test('white space and other schemes around a token', async (t) => {
  const { port, good, url } = await start(t)
  const answered = async (field: string) => {
    const { status, body } = await sendRaw(port, rawGet('/page', 'Connection: close', `Authorization: ${field}`))
    return `${status} ${(JSON.parse(body) as { code: string }).code}`
  }
  for (const field of [
    `Bearer ${good} ${good}`,
    `Bearer ${good},`,
    `Bearer "${good}"`,
    `Bearer\t${good}`,
    `Bearer ${good.replace('.', '. ')}`,
    'Bearer',
    'Bearer '
  ]) {
    const verdict = await answered(field)
    // A tab is no separator (RFC 9110 §11.4): such a field is of no scheme we know.
    t.equal(
      verdict,
      field.includes('\t') ? '401 missing_token' : '401 invalid_token',
      JSON.stringify(field.replaceAll(good, '…'))
    )
  }
  for (const field of [`Basic ${good}`, good, `Token ${good}`]) t.equal(await answered(field), '401 missing_token')
  t.equal((await fetch(`${url}/auth/userinfo`, { headers: { authorization: `bEaReR   ${good}` } })).status, 200)
  const twice = await sendRaw(port, rawGet('/page', `Authorization: Bearer ${good}`, 'Authorization: Bearer x'))
  t.match(twice.status, /^40[01]$/, 'two fields are not one of them')
})
