import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { readSeconds, writeDuration } from '../../gateway/cli/django/duration.js'
import { readDump } from '../../gateway/cli/django/read-dump.js'
import { writeGateway } from '../../gateway/cli/django/write-gateway.js'
import { makeFolder, runCommand } from '../helpers/command.js'
import { settingsOf } from '../helpers/gateway.js'

const KEY = 'django-insecure-but-long-enough-to-sign-with'

/** Runs `init --from-django` on a dump. */
async function init(t: Test, dump: unknown, ...more: string[]) {
  const folder = makeFolder(t, '')
  writeFileSync(join(folder, 'django.json'), typeof dump === 'string' ? dump : JSON.stringify(dump))
  const run = (...args: string[]) => runCommand(t, args, { cwd: folder })
  const done = await run('init', '--force', '--from-django', 'django.json', ...more)
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  return { ...done, folder, read, run, settings: () => settingsOf(read('gateway.yaml'), folder) }
}

/** The same without a process of its own. */
function write(t: Test, dump: unknown) {
  const folder = makeFolder(t, '')
  const django = readDump(dump)
  if (django === null) throw new Error('no dump')
  const written = writeGateway(django, { prefix: '/api/token', schemaLine: null })
  if (written.key !== null) writeFileSync(join(folder, written.key.file), written.key.content)
  return { ...written, settings: () => settingsOf(written.text, folder) }
}

t.test('every setting arrives, however the dump spells times', async (t) => {
  const { status, stdout, stderr, settings, read, run, folder } = await init(
    t,
    {
      SECRET_KEY: 'not this one',
      SIMPLE_JWT: {
        ACCESS_TOKEN_LIFETIME: 'P0DT00H15M00S',
        REFRESH_TOKEN_LIFETIME: '60 days, 0:00:00',
        ROTATE_REFRESH_TOKENS: true,
        BLACKLIST_AFTER_ROTATION: true,
        UPDATE_LAST_LOGIN: true,
        ALGORITHM: 'HS256',
        SIGNING_KEY: KEY,
        VERIFYING_KEY: '',
        AUDIENCE: ['api', 'more'],
        ISSUER: 'https://id.example/$' + '{x}',
        LEEWAY: 10,
        AUTH_HEADER_TYPES: ['JWT', 'Bearer'],
        AUTH_HEADER_NAME: 'HTTP_X_ACCESS_TOKEN',
        USER_ID_FIELD: 'uuid',
        USER_ID_CLAIM: 'sub',
        AUTH_TOKEN_CLASSES: [
          'rest_framework_simplejwt.tokens.AccessToken',
          "<class 'rest_framework_simplejwt.tokens.SlidingToken'>"
        ],
        TOKEN_TYPE_CLAIM: 'kind',
        JTI_CLAIM: 'id',
        SLIDING_TOKEN_REFRESH_EXP_CLAIM: 'until',
        SLIDING_TOKEN_LIFETIME: '0:05:00',
        SLIDING_TOKEN_REFRESH_LIFETIME: 172_800
      },
      REST_FRAMEWORK: {
        DEFAULT_PERMISSION_CLASSES: ['rest_framework.permissions.IsAuthenticatedOrReadOnly'],
        DEFAULT_THROTTLE_RATES: { anon: '100/day', user: '1000/hour', burst: '60/min', none: null }
      }
    },
    '--prefix',
    '/api/jwt'
  )
  t.equal(status, 0, stderr)
  t.match(settings().simpleJwt, {
    prefix: '/api/jwt',
    accessMs: 900_000,
    refreshMs: 60 * 86_400_000,
    sessionMs: 60 * 86_400_000,
    rotate: true,
    audience: ['api', 'more'],
    issuer: 'https://id.example/$' + '{x}',
    leewayMs: 10_000,
    headerTypes: ['JWT', 'Bearer'],
    headerName: 'x-access-token',
    userId: 'uuid',
    userIdClaim: 'sub',
    tokenTypeClaim: 'kind',
    jtiClaim: 'id',
    authTokens: ['access', 'sliding'],
    sliding: { lifetimeMs: 300_000, refreshMs: 172_800_000, refreshExpClaim: 'until' }
  })
  t.match(settings().limits, {
    anon: { by: 'ip', requests: 100, windowMs: 86_400_000 },
    user: { by: 'user', requests: 1000, windowMs: 3_600_000 },
    burst: { requests: 60, windowMs: 60_000 }
  })
  t.strictSame(
    settings().rules.map(({ methods, allow, limits }) => [methods, allow.kind, limits]),
    [
      [['GET', 'HEAD', 'OPTIONS'], 'anyone', ['user']],
      [null, 'authenticated', ['user']]
    ]
  )
  t.match(stdout, 'the signing key to simplejwt-signing-key. Delete django.json: it holds the key, too.')
  t.match(stdout, /^ {2}portcullis user import users\.json /m)
  t.notMatch(stdout, '--example-upstream', 'the file has no upstream for it')
  t.equal(read('simplejwt-signing-key'), KEY)
  t.equal(statSync(join(folder, 'simplejwt-signing-key')).mode & 0o777, 0o600)
  t.notOk(read('gateway.yaml').includes(KEY), 'the key stands nowhere else')
  const checked = await run('check')
  t.equal(checked.status, 0, checked.stderr)
})

t.test('the page says of every setting of simplejwt what it is here', async (t) => {
  const page = readFileSync(new URL('../../../docs/simplejwt.md', import.meta.url), 'utf8')
  const source = readFileSync('/usr/lib/python3/dist-packages/rest_framework_simplejwt/settings.py', 'utf8')
  const installed = [...source.matchAll(/^ {4}"([A-Z_]+)":/gm)].map(([, name = '']) => name)
  t.ok(installed.length > 30)
  const later = [
    'CHECK_REVOKE_TOKEN',
    'REVOKE_TOKEN_CLAIM',
    'CHECK_USER_IS_ACTIVE',
    'ON_LOGIN_SUCCESS',
    'ON_LOGIN_FAILED'
  ]
  const rows = page.split('\n').filter((line) => line.startsWith('| '))
  for (const name of [...installed, ...later])
    t.ok(
      rows.some((row) => new RegExp(`^\\| ([A-Z_]+, )*${name}[, ]`).test(row)),
      name
    )
})

t.test('what is told is said in the file too, in lines of its own', async (t) => {
  const { text, notes } = write(t, {
    SECRET_KEY: KEY,
    SIMPLE_JWT: { AUTH_COOKIE: 'access', 'X\nrules: []': 1, TOKEN_OBTAIN_SERIALIZER: 'shop.Mine' },
    REST_FRAMEWORK: { DEFAULT_THROTTLE_RATES: { user: 'often' }, DEFAULT_PERMISSION_CLASSES: ['a.b\u0085c: d\u2028e'] }
  })
  t.equal(notes.length, 5)
  const [, told = ''] = text.split('# Not taken over from Django, or in another way:\n')
  t.same(
    told.trimEnd().split('\n'),
    notes.map((note) => `# - ${note}`)
  )
  t.notMatch(write(t, { SECRET_KEY: KEY, SIMPLE_JWT: {} }).text, 'Not taken over')
})

t.test('no setting of simplejwt is taken for one that it does not know', async (t) => {
  const source = readFileSync('/usr/lib/python3/dist-packages/rest_framework_simplejwt/settings.py', 'utf8')
  const names = [...source.matchAll(/^ {4}"([A-Z_]+)":/gm)].map(([, name = '']) => name)
  t.ok(names.length > 30)
  const { notes } = write(t, { SECRET_KEY: KEY, SIMPLE_JWT: Object.fromEntries(names.map((name) => [name, null])) })
  t.notMatch(notes.join('\n'), 'not known to simplejwt')
})

t.test('what is written passes the check as it stands', async (t) => {
  const pem = (pair: { privateKey: KeyObject }) => pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const rsa = pem(generateKeyPairSync('rsa', { modulusLength: 2048 }))
  const p256 = pem(generateKeyPairSync('ec', { namedCurve: 'prime256v1' }))
  const broken = ['-----BEGIN PRIVATE KEY-----', 'x', '-----END PRIVATE KEY-----'].join('\n')
  const dumps: [string, object, string][] = [
    ['nothing but defaults', { SECRET_KEY: KEY, SIMPLE_JWT: {} }, ''],
    [
      'a name with a slip',
      { SECRET_KEY: KEY, SIMPLE_JWT: { ROTATE_REFRESH_TOKEN: true } },
      'ROTATE_REFRESH_TOKEN: not'
    ],
    ['cookies of a view', { SECRET_KEY: KEY, SIMPLE_JWT: { AUTH_COOKIE: 'access' } }, 'docs/browser-apps.md'],
    [
      'a class of tokens of its own',
      { SECRET_KEY: KEY, SIMPLE_JWT: { AUTH_TOKEN_CLASSES: ['shop.tokens.MyToken'] } },
      'MyToken is code of your own'
    ],
    [
      'tokens in cookies',
      {
        SECRET_KEY: KEY,
        REST_FRAMEWORK: { DEFAULT_AUTHENTICATION_CLASSES: ['dj_rest_auth.jwt_auth.JWTCookieAuthentication'] }
      },
      'JWTCookieAuthentication: who comes with no token'
    ],
    [
      'refusals of its own',
      { SECRET_KEY: KEY, REST_FRAMEWORK: { EXCEPTION_HANDLER: 'shop.errors.handler' } },
      'EXCEPTION_HANDLER is passed over'
    ],
    [
      'a rate of nothing',
      { SECRET_KEY: KEY, REST_FRAMEWORK: { DEFAULT_THROTTLE_RATES: { user: '0/day' } } },
      'the rate of "user", "0/day", lets nothing pass'
    ],
    ['no section for tokens', { SECRET_KEY: KEY, REST_FRAMEWORK: {} }, ''],
    ['a short key', { SECRET_KEY: 'short', SIMPLE_JWT: {} }, 'shorter than HS256 needs'],
    ['a key pair', { SIMPLE_JWT: { ALGORITHM: 'RS256', SIGNING_KEY: rsa } }, ''],
    ['another key pair', { SIMPLE_JWT: { ALGORITHM: 'ES256', SIGNING_KEY: p256 } }, ''],
    ['a key of another kind', { SIMPLE_JWT: { ALGORITHM: 'ES384', SIGNING_KEY: p256 } }, 'is no key for ES384'],
    ['a key of no kind', { SIMPLE_JWT: { ALGORITHM: 'RS256', SIGNING_KEY: broken } }, 'cannot be read'],
    ['a key pair as a secret', { SIMPLE_JWT: { SIGNING_KEY: rsa } }, 'a PEM key where a shared secret'],
    ['no key', { SIMPLE_JWT: {} }, 'no SIGNING_KEY and no SECRET_KEY'],
    ['an algorithm of nobody', { SECRET_KEY: KEY, SIMPLE_JWT: { ALGORITHM: 'HS1024' } }, 'ALGORITHM "HS1024" is none'],
    [
      'an issuer and an audience that are no URLs',
      { SECRET_KEY: KEY, SIMPLE_JWT: { ISSUER: 'my shop', AUDIENCE: 'the api' } },
      ''
    ],
    ['an issuer of two lines', { SECRET_KEY: KEY, SIMPLE_JWT: { ISSUER: 'my\nshop' } }, 'ISSUER cannot be taken over'],
    ['one name for two claims', { SECRET_KEY: KEY, SIMPLE_JWT: { JTI_CLAIM: 'user_id' } }, 'JTI_CLAIM cannot be'],
    ['a lifetime of nothing', { SECRET_KEY: KEY, SIMPLE_JWT: { ACCESS_TOKEN_LIFETIME: 0 } }, 'less than 1 second'],
    [
      'sign-in by sessions',
      { SECRET_KEY: KEY, REST_FRAMEWORK: { DEFAULT_AUTHENTICATION_CLASSES: ['a.SessionAuthentication'] } },
      'SessionAuthentication: who comes with no token'
    ],
    ['a key set elsewhere', { SIMPLE_JWT: { ALGORITHM: 'RS256', JWK_URL: 'https://id.example/jwks' } }, 'set JWK_URL'],
    [
      'lifetimes of weeks',
      { SECRET_KEY: KEY, SIMPLE_JWT: { ACCESS_TOKEN_LIFETIME: '14 days, 0:00:00' } },
      'a day at most'
    ],
    [
      'a lifetime of a hundred years',
      {
        SECRET_KEY: KEY,
        SIMPLE_JWT: { REFRESH_TOKEN_LIFETIME: '36500 days, 0:00:00', SLIDING_TOKEN_REFRESH_LIFETIME: 1e30 }
      },
      'ten years at most'
    ],
    ['a key with the end of its line', { SECRET_KEY: `${KEY}\n`, SIMPLE_JWT: {} }, 'strip it in Django'],
    ['claims without names', { SECRET_KEY: KEY, SIMPLE_JWT: { JTI_CLAIM: null } }, 'JTI_CLAIM is None'],
    [
      'code of its own',
      { SECRET_KEY: KEY, SIMPLE_JWT: { TOKEN_OBTAIN_SERIALIZER: 'shop.MySerializer' } },
      'tokens.claims'
    ],
    [
      'code that ran at sign-in',
      { SECRET_KEY: KEY, SIMPLE_JWT: { ON_LOGIN_SUCCESS: 'shop.hooks.greet' } },
      'ON_LOGIN_SUCCESS is code of your own, which is not run any more'
    ],
    [
      'a rule of its own',
      { SECRET_KEY: KEY, SIMPLE_JWT: { USER_AUTHENTICATION_RULE: 'shop.may_enter' } },
      'USER_AUTHENTICATION_RULE is code of your own: whom it refuses'
    ],
    [
      'the code of simplejwt, and a check that is off',
      {
        SECRET_KEY: KEY,
        SIMPLE_JWT: {
          ON_LOGIN_FAILED: 'rest_framework_simplejwt.serializers.default_on_login_failed',
          CHECK_REVOKE_TOKEN: false,
          JSON_ENCODER: null
        }
      },
      ''
    ],
    ['a digest in each token', { SECRET_KEY: KEY, SIMPLE_JWT: { CHECK_REVOKE_TOKEN: true } }, 'unset it in Django'],
    ['only the admin', { SECRET_KEY: KEY, REST_FRAMEWORK: { DEFAULT_PERMISSION_CLASSES: ['a.IsAdminUser'] } }, ''],
    [
      'permissions of its own',
      { SECRET_KEY: KEY, REST_FRAMEWORK: { DEFAULT_PERMISSION_CLASSES: ['a.Mine'] } },
      'Mine: not known'
    ],
    [
      'rates that nobody can read',
      { SECRET_KEY: KEY, REST_FRAMEWORK: { DEFAULT_THROTTLE_RATES: { user: 'often' } } },
      'cannot be read'
    ],
    [
      'rates beyond all measure',
      { SECRET_KEY: KEY, REST_FRAMEWORK: { DEFAULT_THROTTLE_RATES: { 1: `${'9'.repeat(400)}/day` } } },
      'which is the most'
    ],
    [
      'scopes of the gateway',
      { SECRET_KEY: KEY, REST_FRAMEWORK: { DEFAULT_THROTTLE_RATES: { none: '1/s', 'a b': '1/s' } } },
      'the rate of "none" cannot be taken over'
    ]
  ]
  for (const [name, dump, warning] of dumps) {
    const { text, notes, settings } = write(t, dump)
    t.ok(warning === '' ? notes.length === 0 : notes.join().includes(warning), `${name}: ${notes}`)
    t.notMatch(text, /-----BEGIN|django-insecure/, name)
    t.equal(settings().rules.at(-1)?.upstream, 'django', name)
  }
})

t.test('limits are those that Django applies, under the names that it has for them', async (t) => {
  const rates = { anon: '10/min', user: '1_000/Day', 5: ' 5/second', '1e3': '3/hour', off: '2/h' }
  const limitsOf = (rest: object) => {
    const { limits, rules } = write(t, { SECRET_KEY: KEY, REST_FRAMEWORK: rest }).settings()
    return [Object.keys(limits), rules.at(-1)?.limits]
  }
  const names = ['5', 'anon', '1e3', 'off']
  const classes = (...list: string[]) => list.map((name) => `rest_framework.throttling.${name}`)
  t.same(limitsOf({ DEFAULT_THROTTLE_RATES: rates }), [names, ['anon']])
  t.same(limitsOf({ DEFAULT_THROTTLE_RATES: rates, DEFAULT_THROTTLE_CLASSES: [] }), [names, []])
  const both = { anon: '10/min', user: '1000/day' }
  for (const [list, applied] of [
    [classes('UserRateThrottle', 'AnonRateThrottle'), ['user']],
    [classes('AnonRateThrottle'), ['anon']],
    [classes('ScopedRateThrottle'), []],
    ['rest_framework.throttling.UserRateThrottle', ['user']],
    [["<class 'rest_framework.throttling.UserRateThrottle'>"], ['user']]
  ] as const)
    t.same(limitsOf({ DEFAULT_THROTTLE_RATES: both, DEFAULT_THROTTLE_CLASSES: list })[1], applied, String(list))
})

t.test('a rate of ten minutes is what it says, also where a throttle of the site reads it', async (t) => {
  const windowOf = (rate: string) => {
    const rest = { DEFAULT_THROTTLE_CLASSES: ['x.UserRateThrottle'], DEFAULT_THROTTLE_RATES: { user: rate } }
    const { limits } = write(t, { SECRET_KEY: KEY, REST_FRAMEWORK: rest }).settings()
    return [limits.user?.requests, limits.user?.windowMs]
  }
  t.same(windowOf('100/10m'), [100, 600_000])
  t.same(windowOf('100/600s'), [100, 600_000])
  t.same(windowOf('100/10min'), [100, 600_000])
  t.same(windowOf('100/m'), [100, 60_000])
  t.same(windowOf('100/0m'), [undefined, undefined])
})

t.test("the name of a user is told as Django spells it, and lower-cased only in the gateway's own claim", async (t) => {
  const userIdOf = (jwt: object) => write(t, { SECRET_KEY: KEY, SIMPLE_JWT: jwt }).settings().simpleJwt?.userId
  t.equal(userIdOf({ USER_ID_FIELD: 'username' }), 'django_username')
  t.equal(userIdOf({ USER_ID_FIELD: 'username', USER_ID_CLAIM: 'username' }), 'username')
  t.equal(userIdOf({ USER_ID_FIELD: 'pk' }), 'django_id')
  t.equal(userIdOf({ USER_ID_FIELD: 'email' }), 'email')
})

t.test('keys of bytes, and prefixes that lie over our own, are taken over', async (t) => {
  const bytes = write(t, { SIMPLE_JWT: { SIGNING_KEY: `b'${KEY}\\n\\''` } })
  t.equal(bytes.key?.content, `${KEY}\n'`)
  const { status, stderr, run } = await init(t, { SECRET_KEY: KEY, SIMPLE_JWT: {} }, '--prefix', '/auth/jwt')
  t.equal(status, 0, stderr)
  t.equal((await run('check')).status, 0)
  const odd = await init(t, { SECRET_KEY: KEY, SIMPLE_JWT: {} }, '--prefix', 'api/token/')
  t.match(odd, { status: 1, stderr: /^portcullis: the settings cannot be written: compat.simplejwt.prefix [^\n]+\n$/ })
  t.equal(odd.read('gateway.yaml'), '')
})

const junk = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constantFrom(null, {}, [], '', '__proto__', 'sub', 'username', '1 day, 0:00:00', 'P1DT00H00M00S', '$' + '{HOME}'),
  fc.array(fc.oneof(fc.string(), fc.integer(), fc.constant(null)), { maxLength: 3 })
)
const SIMPLE_JWT = [
  ...['ACCESS_TOKEN_LIFETIME', 'REFRESH_TOKEN_LIFETIME', 'ROTATE_REFRESH_TOKENS', 'BLACKLIST_AFTER_ROTATION'],
  ...[
    'UPDATE_LAST_LOGIN',
    'ALGORITHM',
    'SIGNING_KEY',
    'VERIFYING_KEY',
    'AUDIENCE',
    'ISSUER',
    'JSON_ENCODER',
    'JWK_URL'
  ],
  ...['LEEWAY', 'AUTH_HEADER_TYPES', 'AUTH_HEADER_NAME', 'USER_ID_FIELD', 'USER_ID_CLAIM', 'USER_AUTHENTICATION_RULE'],
  ...['AUTH_TOKEN_CLASSES', 'TOKEN_TYPE_CLAIM', 'TOKEN_USER_CLASS', 'JTI_CLAIM', 'SLIDING_TOKEN_REFRESH_EXP_CLAIM'],
  ...['SLIDING_TOKEN_LIFETIME', 'SLIDING_TOKEN_REFRESH_LIFETIME', 'TOKEN_OBTAIN_SERIALIZER', 'CHECK_REVOKE_TOKEN']
]
const REST_FRAMEWORK = [
  ...['DEFAULT_THROTTLE_CLASSES', 'DEFAULT_PERMISSION_CLASSES', 'DEFAULT_AUTHENTICATION_CLASSES', 'NUM_PROXIES']
]
const likely: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  ALGORITHM: fc.constantFrom('HS256', 'HS384', 'HS512', 'HS1024', 'RS256', 'ES256', 'PS256', 'EdDSA', 'none'),
  SIGNING_KEY: fc.constantFrom(
    KEY,
    'short',
    `${KEY}\n`,
    '\n',
    `b'${KEY}'`,
    '-----BEGIN KEY-----',
    'k'.repeat(70_000),
    '\ud800'
  ),
  AUTH_HEADER_NAME: fc.constantFrom('HTTP_X_TOKEN', 'HTTP_COOKIE', 'HTTP_X_USER_ID', 'HTTP_', 'HTTP__'),
  AUTH_TOKEN_CLASSES: fc.constantFrom(['a.SlidingToken'], ['a.AccessToken', 'b.SlidingToken']),
  DEFAULT_THROTTLE_CLASSES: fc.subarray([
    'x.UserRateThrottle',
    'x.AnonRateThrottle',
    'x.ScopedRateThrottle',
    'x.constructor'
  ]),
  DEFAULT_PERMISSION_CLASSES: fc.subarray(['x.AllowAny', 'x.IsAuthenticated', 'x.IsAdminUser', 'y.Mine'])
}
const sectionOf = (names: readonly string[]) =>
  fc.record(Object.fromEntries(names.map((name) => [name, fc.oneof(junk, likely[name] ?? junk)])), { requiredKeys: [] })
const ratesOf = fc.dictionary(
  fc.oneof(fc.string(), fc.constantFrom('user', 'anon', 'none', 'listener', '1', '1e3', 'yes', 'null', 'constructor')),
  fc.oneof(junk, fc.constantFrom('1/s', '5/min', '0/day', '1000000000000/h', '10/', '1/d/e', '-1/day')),
  { maxKeys: 4 }
)

t.test('whatever stands in the settings of Django, what is written passes, or is refused in one line', async (t) => {
  const folder = makeFolder(t, '')
  const dumps = fc.record({
    SECRET_KEY: fc.oneof(junk, fc.constant(KEY)),
    SIMPLE_JWT: sectionOf(SIMPLE_JWT),
    REST_FRAMEWORK: fc
      .tuple(sectionOf(REST_FRAMEWORK), fc.oneof(junk, ratesOf))
      .map(([rest, rates]) => ({ ...rest, DEFAULT_THROTTLE_RATES: rates }))
  })
  fc.assert(
    fc.property(dumps, (dump) => {
      const django = readDump(JSON.parse(JSON.stringify(dump)))
      if (django === null) throw new Error('no dump')
      const { text, key } = writeGateway(django, { prefix: '/api/token', schemaLine: null })
      if (key !== null) writeFileSync(join(folder, key.file), key.content)
      return settingsOf(text, folder).rules.length > 0
    }),
    { interruptAfterTimeLimit: 4_000, numRuns: 400 }
  )
})

t.test('who may pass is never more than Django lets through', async (t) => {
  const allowOf = (classes: readonly string[]) =>
    write(t, { SECRET_KEY: KEY, REST_FRAMEWORK: { DEFAULT_PERMISSION_CLASSES: classes } })
      .settings()
      .rules.at(-1)?.allow
  t.same(allowOf(['x.AllowAny']), { kind: 'anyone' })
  t.same(allowOf(['x.AllowAny', 'x.IsAuthenticated']), { kind: 'authenticated' })
  t.same(allowOf(['shop.Mine']), { kind: 'authenticated' })
  t.same(allowOf(['x.IsAuthenticated', 'x.IsAdminUser']), { kind: 'any', of: [{ roles: ['staff'] }] })
})

t.test('what is no dump is told in one line, and leaves no file', async (t) => {
  for (const [dump, words] of [
    ['{"SECRET_KEY": "never shown', 'is no JSON'],
    ['[]', 'has no SIMPLE_JWT'],
    ['{"SIMPLE_JWT": 5}', 'has no SIMPLE_JWT'],
    ['{}', 'has no SIMPLE_JWT']
  ] as const) {
    const { status, stderr, read } = await init(t, dump)
    t.equal(status, 1)
    t.match(stderr, words)
    t.notMatch(stderr, 'never shown')
    t.equal(read('gateway.yaml'), '', 'as it was')
  }
})

t.test('times are read as Python writes them', async (t) => {
  for (const [written, seconds] of [
    [300, 300],
    [90.5, 90],
    ['0:05:00', 300],
    ['12:00:00.500000', 43_200],
    ['1 day, 0:00:00', 86_400],
    ['5 days, 1:02:03', 435_723],
    ['P7DT00H00M00S', 604_800],
    ['P0DT00H05M00.5S', 300],
    ['PT1H', 3600],
    ['5 01:02:03', 435_723],
    ['00:05:00', 300],
    ['5 00:00:00.000001', 432_000],
    ['300', 300],
    ['datetime.timedelta(days=5, seconds=30)', 432_030],
    ['datetime.timedelta(seconds=300)', 300],
    ['datetime.timedelta(days=7)', 604_800],
    ['datetime.timedelta(days=-1, seconds=5)', null],
    ['-P1DT00H00M00S', null],
    ['-1 day, 0:00:00', null],
    ['P', null],
    ['soon', null],
    [-5, null],
    [null, null],
    [[], null]
  ] as const)
    t.equal(readSeconds(written), seconds, JSON.stringify(written))
  for (const [seconds, written] of [
    [86_400, '1d'],
    [90_000, '25h'],
    [90, '90s'],
    [120, '2m'],
    [0, '0s']
  ] as const)
    t.equal(writeDuration(seconds), written)
})
