import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
  const { status, stderr, settings, read, run, folder } = await init(
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
  t.equal(read('simplejwt-signing-key'), KEY)
  t.equal(statSync(join(folder, 'simplejwt-signing-key')).mode & 0o777, 0o600)
  t.notOk(read('gateway.yaml').includes(KEY), 'the key stands nowhere else')
  const checked = await run('check')
  t.equal(checked.status, 0, checked.stderr)
})

t.test('what is written passes the check as it stands', async (t) => {
  const rsa = ['-----BEGIN PRIVATE KEY-----', 'x', '-----END PRIVATE KEY-----'].join('\n')
  const dumps: [string, object, string][] = [
    ['nothing but defaults', { SECRET_KEY: KEY, SIMPLE_JWT: {} }, ''],
    ['no section for tokens', { SECRET_KEY: KEY, REST_FRAMEWORK: {} }, ''],
    ['a short key', { SECRET_KEY: 'short', SIMPLE_JWT: {} }, 'shorter than HS256 needs'],
    ['a key pair', { SIMPLE_JWT: { ALGORITHM: 'RS256', SIGNING_KEY: rsa } }, ''],
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
    ]
  ]
  for (const [name, dump, warning] of dumps) {
    const { text, notes, settings } = write(t, dump)
    t.ok(warning === '' ? notes.length === 0 : notes.join().includes(warning), `${name}: ${notes}`)
    t.notMatch(text, /-----BEGIN|django-insecure/, name)
    t.equal(settings().rules.at(-1)?.upstream, 'django', name)
  }
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
