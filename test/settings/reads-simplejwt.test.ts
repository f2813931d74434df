import t from 'tap'
import { mistakesOf, rest, settingsOf, warningsOf } from './reading.js'

const LONG = 'a secret of forty-eight characters, as HS384 needs'

t.test('every key of compat.simplejwt arrives under its name in the code', (t) => {
  const { simpleJwt } = settingsOf(`
tokens: { refresh: { reuse_grace: 0s }, claims: { full_name: user.full_name } }
compat:
  simplejwt:
    prefix: /auth-api/token
    access: 10m
    refresh: 7d
    rotate: true
    session: 14d
    algorithm: HS384
    signing_key: { secret: "${LONG}" }
    audience: [a, b]
    issuer: https://simple.example
    leeway: 5s
    auth_header_types: [JWT, Bearer]
    auth_header: X-Access-Token
    user_id: user.key
    user_id_claim: uid
    token_type_claim: kind
    jti_claim: id
    auth_tokens: [access, sliding, access]
    sliding: { lifetime: 1h, refresh: 2d, refresh_exp_claim: until }
${rest}`)
  const { signingKey, ...others } = simpleJwt ?? { signingKey: null }
  t.equal(signingKey?.kind === 'secret' && signingKey.secret.reveal(), LONG)
  t.equal(signingKey?.algorithm, 'HS384')
  t.same(others, {
    prefix: '/auth-api/token',
    accessMs: 600_000,
    refreshMs: 604_800_000,
    rotate: true,
    sessionMs: 1_209_600_000,
    reuseGraceMs: 0,
    audience: ['a', 'b'],
    issuer: 'https://simple.example',
    leewayMs: 5000,
    headerTypes: ['JWT', 'Bearer'],
    headerName: 'x-access-token',
    userId: 'key',
    userIdClaim: 'uid',
    tokenTypeClaim: 'kind',
    jtiClaim: 'id',
    authTokens: ['access', 'sliding'],
    sliding: { lifetimeMs: 3_600_000, refreshMs: 172_800_000, refreshExpClaim: 'until' },
    claims: { full_name: 'full_name' }
  })
  t.end()
})

t.test('its defaults are those of simplejwt, but for the key', (t) => {
  t.same(settingsOf(`public_url: https://a.example\ncompat: { simplejwt: {} }\n${rest}`).simpleJwt, {
    prefix: '/api/token',
    accessMs: 300_000,
    refreshMs: 86_400_000,
    rotate: false,
    sessionMs: 2_592_000_000,
    reuseGraceMs: 10_000,
    signingKey: null,
    audience: null,
    issuer: 'https://a.example',
    leewayMs: 0,
    headerTypes: ['Bearer'],
    headerName: null,
    userId: 'id',
    userIdClaim: 'user_id',
    tokenTypeClaim: 'token_type',
    jtiClaim: 'jti',
    authTokens: ['access'],
    sliding: { lifetimeMs: 300_000, refreshMs: 86_400_000, refreshExpClaim: 'refresh_exp' },
    claims: {}
  })
  const file = settingsOf(`compat: { simplejwt: { algorithm: RS256, signing_key: { file: key.pem } } }\n${rest}`)
  t.same(file.simpleJwt?.signingKey, { kind: 'file', path: '/etc/portcullis/key.pem', algorithm: 'RS256' })
  t.end()
})

t.test('what cannot be meant is told with its place', (t) => {
  const at = (section: string, before = '') => mistakesOf(`compat: { simplejwt: { ${section} } }\n${before}${rest}`)
  for (const [section, mistake, before = ''] of [
    ['prefix: /auth/token', '1:32 compat.simplejwt.prefix: and auth.prefix lie within each other, keep them apart'],
    ['prefix: /AUTH', '1:32 compat.simplejwt.prefix: and auth.prefix lie within each other, keep them apart'],
    ['prefix: /h', '1:32 compat.simplejwt.prefix: is public_health too', 'public_health: /h\n'],
    ['prefix: /%61pi', "1:32 compat.simplejwt.prefix: is not in canonical form, write '/api'"],
    ['access: 2d', '1:32 compat.simplejwt.access: must be at most 24h'],
    ['rotate: true, refresh: 40d', '1:47 compat.simplejwt.refresh: must not be longer than session'],
    ['leeway: 10m', '1:32 compat.simplejwt.leeway: must be at most 60s'],
    [
      'algorithm: HS256',
      '1:24 compat.simplejwt.algorithm: says what signing_key signs with, and there is none, without signing_key, tokens.algorithm is what signs'
    ],
    [
      '',
      '1:22 compat.simplejwt: cannot sign with tokens.algorithm: simplejwt does not know EdDSA, choose ES256, RS256 or HS256 there, or say signing_key here',
      'tokens: { algorithm: EdDSA }\n'
    ],
    ['signing_key: {}', '1:37 compat.simplejwt.signing_key: must have one of secret and file'],
    [
      'signing_key: { file: a }',
      '1:37 compat.simplejwt.signing_key: does not fit HS256, say secret, or another algorithm'
    ],
    [
      `algorithm: RS256, signing_key: { secret: "${LONG}" }`,
      '1:55 compat.simplejwt.signing_key: does not fit RS256, say file: the private key in PEM'
    ],
    [
      'signing_key: { secret: short }',
      '1:47 compat.simplejwt.signing_key.secret: must have at least 32 bytes, make one with: openssl rand -base64 32, for Django too; or say insecure_short_secret: true'
    ],
    ['user_id_claim: exp', "1:39 compat.simplejwt.user_id_claim: 'exp' is a claim of the gateway itself"],
    ['user_id_claim: username', "1:39 compat.simplejwt.user_id_claim: 'username' is a claim of the gateway itself"],
    ['jti_claim: sub', "1:35 compat.simplejwt.jti_claim: 'sub' is a claim of the gateway itself"],
    ['token_type_claim: sid', "1:42 compat.simplejwt.token_type_claim: 'sid' is a claim of the gateway itself"],
    ['user_id_claim: kind, token_type_claim: kind', '1:63 compat.simplejwt.token_type_claim: must be another name'],
    [
      '',
      '2:21 tokens.claims.user_id: is what user_id_claim calls a claim of its own',
      'tokens: { claims: { user_id: user.key } }\n'
    ],
    ['user_id: key', '1:33 compat.simplejwt.user_id: must be user.id, user.username or user.<attribute>'],
    [
      'auth_header: Cookie',
      "1:37 compat.simplejwt.auth_header: 'Cookie' belongs to HTTP or to the gateway, choose another name"
    ],
    [
      'auth_header: x_user_id',
      '1:37 compat.simplejwt.auth_header: is a field of identity, which no client can send, choose another name'
    ],
    ['auth_tokens: []', '1:37 compat.simplejwt.auth_tokens: must not be empty'],
    ['auth_tokens: [refresh]', '1:38 compat.simplejwt.auth_tokens[0]: must be access or sliding'],
    [
      'issuer: https://i.example',
      '2:28 issuers.corp.issuer: is the issuer of our own tokens, a token must tell by `iss` alone whose it is',
      'issuers: { corp: { issuer: https://i.example, audience: a } }\n'
    ]
  ] as const)
    t.same(at(section, before), [mistake], section)
  t.same(mistakesOf(`compat: { djangorest: {} }\n${rest}`), [
    '1:11 compat.djangorest: is not a known key, the keys here are simplejwt'
  ])
  t.end()
})

t.test('names that Django sites use are good', (t) => {
  const good = (section: string) => mistakesOf(`compat: { simplejwt: { ${section} } }\n${rest}`)
  for (const section of [
    'user_id_claim: sub',
    'user_id: user.username, user_id_claim: username',
    'jti_claim: token_id'
  ])
    t.same(good(section), [], section)
  const told = 'compat: { simplejwt: {} }\nidentity: { headers: { X-User: user_id } }\n'
  t.same(mistakesOf(`${told}${rest}`), [])
  t.end()
})

t.test('what weakens it, and what a rule there would be for, is warned of', (t) => {
  const weak = 'compat: { simplejwt: { signing_key: { secret: short, insecure_short_secret: true } } }'
  t.same(warningsOf(`${weak}\n${rest}`), [
    '1:77 compat.simplejwt.signing_key.insecure_short_secret: weakens the gateway'
  ])
  const own = `tokens: { algorithm: HS256, keys: { secret: ${'s'.repeat(32)} } }`
  t.match(warningsOf(`${own}\ncompat: { simplejwt: {} }\n${rest}`), [
    /^2:22 compat\.simplejwt: signs with the secret of tokens\.keys: /
  ])
  t.same(warningsOf(`${own}\ncompat: { simplejwt: { signing_key: { secret: ${'d'.repeat(32)} } } }\n${rest}`), [])
  const rules = 'rules: [{ path: /api/token/verify/, allow: anyone, to: app }]\nupstreams: { app: { url: "http://a" } }'
  t.same(warningsOf(`compat: { simplejwt: {} }\n${rules}`), [
    '2:17 rules[0].path: lies under /api/token, where the gateway answers itself before any rule'
  ])
  t.end()
})
