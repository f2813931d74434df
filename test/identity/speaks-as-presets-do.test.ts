import { SignJWT } from 'jose'
import t from 'tap'
import { bearer, post, startGateway } from '../helpers/gateway.js'
import { sendRaw } from '../helpers/raw-request.js'
import { startRecorder } from '../helpers/recorder.js'
import { startUpstream } from '../helpers/upstream.js'

const yaml = (url: string, identity: string) => `
tokens: { claims: { email: user.email, name: user.name } }
identity: ${identity}
clients: { billing: { secret: "${'s'.repeat(40)}", roles: [service] } }
upstreams: { web: { url: "${url}" } }
rules: [{ path: /**, allow: anyone, to: web }]
`

const zoe = { username: 'zoe', roles: ['b', 'a'], attributes: { email: 'zoe@example.com', name: 'Zoë Doe' } }

/** Every name by which one of the presets, or what it stands for, tells who asks. */
const NAMES = [
  ...['User', 'Email', 'Groups', 'Preferred-Username', 'Access-Token'].flatMap((name) => [
    `X-Forwarded-${name}`,
    `X-Auth-Request-${name}`
  ]),
  ...['User', 'Groups', 'Name', 'Email'].map((name) => `Remote-${name}`),
  'X-Jwt-Payload',
  'X-User-Id',
  'X-User-Name',
  'X-User-Roles',
  'X-Portcullis-Assertion'
]

async function told(identity: string, t: Parameters<typeof startUpstream>[0]) {
  const upstream = await startUpstream(t)
  const gateway = await startGateway(t, yaml(upstream.url, identity), [zoe])
  const { access_token: token } = await gateway.login('zoe')
  const names = new Set(NAMES.map((name) => name.toLowerCase()))
  const of = async (bearerToken: string) => {
    await fetch(`${gateway.url}/x`, { headers: bearer(bearerToken) })
    const { headers } = upstream.last()
    return Object.fromEntries(Object.entries(headers).filter(([name]) => names.has(name)))
  }
  const subject = (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sub: string }).sub
  return { gateway, of, token, subject, fields: await of(token) }
}

t.test('oauth2-proxy', async (t) => {
  const { fields, subject } = await told('{ preset: oauth2-proxy }', t)
  const said = { user: subject, 'preferred-username': 'zoe', email: 'zoe@example.com', groups: 'b,a' }
  t.same(
    fields,
    Object.fromEntries(
      Object.entries(said).flatMap(([name, value]) => [
        [`x-forwarded-${name}`, value],
        [`x-auth-request-${name}`, value]
      ])
    )
  )
})

t.test('authelia: whom Remote-User names, nobody else can come to be', async (t) => {
  const { gateway, of, fields } = await told('{ preset: authelia }', t)
  t.same(fields, {
    'remote-user': 'zoe',
    'remote-groups': 'b,a',
    'remote-name': 'Zo%C3%AB Doe',
    'remote-email': 'zoe@example.com'
  })
  const granted = await post(`${gateway.url}/auth/token`, {
    grant_type: 'client_credentials',
    client_id: 'billing',
    client_secret: 's'.repeat(40)
  })
  const { access_token } = (await granted.json()) as { access_token: string }
  t.same(
    await of(access_token),
    { 'remote-user': 'client:billing', 'remote-groups': 'service' },
    'a service is no user'
  )
})

t.test('envoy: the payload of the token, as its jwt_authn filter forwards it', async (t) => {
  const { fields, token } = await told('{ preset: envoy }', t)
  t.same(Object.keys(fields), ['x-jwt-payload'])
  const decode = (part = '') => JSON.parse(Buffer.from(part, 'base64url').toString()) as object
  t.same(decode(String(fields['x-jwt-payload'])), decode(token.split('.')[1]))
  t.notMatch(String(fields['x-jwt-payload']), /=/, 'without padding, as there by default')
})

t.test('presets add up, and what the file says itself comes first', async (t) => {
  const { fields } = await told(
    '{ preset: [authelia, envoy], headers: { remote-user: email, X-User-Name: session } }',
    t
  )
  t.match(fields, { 'remote-user': 'zoe@example.com', 'remote-groups': 'b,a', 'x-jwt-payload': /^ey/ })
  t.match(fields, { 'x-user-name': /./ }, 'the session')
  t.equal(fields['x-user-id'], undefined, 'a preset takes the place of the default')
})

t.test('a nested claim of another issuer is found by its members, a name with a colon as it stands', async (t) => {
  const { createIdentityFields } = await import('../../gateway/identity/index.js')
  const claims = {
    realm: { roles: ['a,b', 'c'], 'x.y': 1 },
    'https://a.example/t': 'T',
    'a.b': 'whole',
    email: 'a@example.com',
    email_verified: false,
    a: { b: 'in' }
  }
  const principal = {
    subject: 'corp:1',
    issuer: 'corp',
    username: 'admin',
    roles: [],
    scopes: ['read', 'write'],
    clientId: null,
    sessionId: null,
    tokenId: null,
    generation: null,
    expiresAt: 0,
    claims
  }
  const say = (source: string) => createIdentityFields({ X: source })(principal)[1]
  t.same(
    [
      'realm.roles',
      'https://a.example/t',
      'a.b',
      'user',
      'issuer',
      'scopes',
      'session',
      'email',
      'realm.x',
      'realm.roles.0'
    ].map(say),
    ['a%2Cb,c', 'T', 'whole', 'corp:1', 'corp', 'read,write', undefined, undefined, undefined, undefined]
  )
  t.equal(say('constructor.name'), undefined)
  t.equal(say('realm.__proto__'), undefined)
})

t.test('half a character, which no bytes stand for, is refused', async (t) => {
  const secret = 'k'.repeat(32)
  const upstream = await startUpstream(t)
  const gateway = await startGateway(
    t,
    `
tokens: { issuer: "https://gateway.test", algorithm: HS256, keys: { secret: ${secret} } }
upstreams: { web: { url: "${upstream.url}" } }
rules: [{ path: /**, allow: authenticated, to: web }]
`,
    [zoe]
  )
  const { access_token } = await gateway.login('zoe')
  const claims = JSON.parse(Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString()) as object
  const { kid } = JSON.parse(Buffer.from(access_token.split('.')[0] ?? '', 'base64url').toString()) as { kid: string }
  const mint = (username: string) =>
    new SignJWT({ ...claims, username })
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid })
      .sign(new TextEncoder().encode(secret))
  t.equal((await fetch(`${gateway.url}/x`, { headers: bearer(await mint('\u{1F600}')) })).status, 200)
  t.equal(upstream.last().headers['x-user-name'], '%F0%9F%98%80')
  const refused = await fetch(`${gateway.url}/x`, { headers: bearer(await mint('\ud83d')) })
  t.equal(refused.status, 401)
  t.match(await refused.json(), { code: 'invalid_token' })
  t.equal(upstream.received.length, 1)
})

t.test('no client says any of their names, whichever preset is on, or none', async (t) => {
  for (const identity of [
    '{}',
    '{ headers: {} }',
    '{ preset: oauth2-proxy }',
    '{ preset: authelia }',
    '{ preset: envoy }'
  ]) {
    const upstream = await startRecorder(t)
    const { port } = await startGateway(t, yaml(upstream.url, identity))
    for (const name of NAMES) {
      for (const spelling of [name, name.toUpperCase(), name.replaceAll('-', '_'), name.replace('-', '.')]) {
        await sendRaw(port, `GET / HTTP/1.1\r\nHost: a\r\n${spelling}: forged\r\nX-Kept: kept\r\n\r\n`, 20)
        const lines = upstream.lastLines()
        t.notOk(
          lines.some((line) => line.includes('forged')),
          `${identity} ${spelling}`
        )
        t.ok(lines.includes('X-Kept: kept'))
      }
    }
  }
})
