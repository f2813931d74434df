import { classNameOf, createReader, isSection, type Section } from './dump-section.js'
import { readThrottling, type Throttling } from './read-throttling.js'

/** A dump of Django's settings as JSON: what of it the gateway has a counterpart for. Times are seconds. */
export interface DjangoSettings {
  readonly accessSeconds: number
  readonly refreshSeconds: number
  readonly rotates: boolean
  readonly algorithm: string
  /** null: the dump does not say it. */
  readonly signingKey: string | null
  readonly verifiesByUrl: boolean
  readonly audience: readonly string[]
  readonly issuer: string | null
  readonly leewaySeconds: number
  readonly headerTypes: readonly string[]
  /** null: Authorization. */
  readonly header: string | null
  readonly userIdField: string
  readonly userIdClaim: string
  readonly tokenTypeClaim: string
  readonly jtiClaim: string
  readonly tokenClasses: readonly ('access' | 'sliding')[]
  readonly sliding: {
    readonly lifetimeSeconds: number
    readonly refreshSeconds: number
    readonly refreshExpClaim: string
  }
  /** Names of permission classes without their modules. */
  readonly permissions: readonly string[]
  readonly throttling: Throttling
  /** What is not taken over, and why: one line each. */
  readonly notes: readonly string[]
}

/** Code of the site's own, of which nobody can tell from here what it does, and what becomes of it. */
const CODE: readonly (readonly [RegExp, string])[] = [
  [/OBTAIN_SERIALIZER$/, 'is code of your own: claims that it adds are named in tokens.claims'],
  [/_SERIALIZER$|^ON_LOGIN_/, 'is code of your own, which is not run any more'],
  [/_RULE$/, 'is code of your own: whom it refuses, user disable or a rule has to refuse'],
  [/^JSON_ENCODER$|^TOKEN_USER_CLASS$/, 'is code of your own, which only Django runs']
]

/** What simplejwt reads, of any version; it passes over every other name without a word. */
const SETTINGS: ReadonlySet<string> = new Set([
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
  ...['AUTH_TOKEN_CLASSES', 'TOKEN_TYPE_CLAIM', 'JTI_CLAIM', 'TOKEN_USER_CLASS', 'SLIDING_TOKEN_LIFETIME'],
  ...['SLIDING_TOKEN_REFRESH_LIFETIME', 'SLIDING_TOKEN_REFRESH_EXP_CLAIM', 'TOKEN_OBTAIN_SERIALIZER'],
  ...['TOKEN_REFRESH_SERIALIZER', 'TOKEN_VERIFY_SERIALIZER', 'TOKEN_BLACKLIST_SERIALIZER'],
  ...['SLIDING_TOKEN_OBTAIN_SERIALIZER', 'SLIDING_TOKEN_REFRESH_SERIALIZER', 'CHECK_REVOKE_TOKEN'],
  ...['REVOKE_TOKEN_CLAIM', 'CHECK_USER_IS_ACTIVE', 'ON_LOGIN_SUCCESS', 'ON_LOGIN_FAILED']
])
const TOKEN_CLASSES: readonly string[] = ['AccessToken', 'SlidingToken']

function noteUnknown(jwt: Section, rest: Section, notes: string[]): void {
  const unknown = Object.keys(jwt).filter((name) => !SETTINGS.has(name))
  if (unknown.length > 0) notes.push(`${unknown.join(', ')}: not known to simplejwt, and not taken over`)
  if (unknown.some((name) => name.includes('COOKIE')))
    notes.push('tokens in cookies are here those of tokens.cookies: see docs/browser-apps.md')
  for (const name of ['EXCEPTION_HANDLER', 'NON_FIELD_ERRORS_KEY'])
    if (rest[name] !== undefined)
      notes.push(`${name} is passed over: refusals of tokens are worded as DRF does by itself`)
}

function noteCode(jwt: Section, notes: string[]): void {
  for (const [name, value] of Object.entries(jwt)) {
    const own = typeof value === 'string' && !value.includes('rest_framework_simplejwt.')
    const [, becomes] = CODE.find(([names]) => names.test(name)) ?? []
    if (own && becomes !== undefined) notes.push(`${name} ${becomes}`)
  }
  if (isTrue(jwt.CHECK_REVOKE_TOKEN))
    notes.push('CHECK_REVOKE_TOKEN is set: unset it in Django, which would refuse our tokens; they end all the same')
}

/** `HTTP_X_ACCESS_TOKEN`, as WSGI spells it → `X-Access-Token`. */
function readHeader(name: string): string | null {
  const field = /^HTTP_([A-Z0-9_]+)$/.exec(name)?.[1]
  if (field === undefined || field === 'AUTHORIZATION') return null
  return field
    .split('_')
    .map((word) => word.slice(0, 1) + word.slice(1).toLowerCase())
    .join('-')
}

/** What Python takes for true. */
const isTrue = (value: unknown) =>
  value !== undefined && value !== null && value !== false && value !== 0 && value !== ''

/** A key, also as `str` spells one of bytes: `b'…'`. null: there is none. */
function readKey(value: unknown): string | null {
  if (typeof value !== 'string') return null
  const bytes = /^b(['"])(.*)\1$/s.exec(value)?.[2]
  const text =
    bytes === undefined ? value : bytes.replaceAll(/\\(n|r|t|\\|'|")/g, (_, sign: string) => ESCAPES[sign] ?? sign)
  return text.replace(/[\r\n]+$/, '') === '' ? null : text
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

const BY_TOKEN: readonly string[] = [
  'JWTAuthentication',
  'JWTStatelessUserAuthentication',
  'JWTTokenUserAuthentication'
]

/** Others than those by tokens show nothing to the gateway. */
function noteAuthentication(classes: readonly string[], notes: string[]): void {
  const others = classes.map(classNameOf).filter((name) => !BY_TOKEN.includes(name))
  if (others.length > 0)
    notes.push(`${others.join(', ')}: who comes with no token is a stranger to the gateway, and to its rules`)
}

/** null: it is no such dump. */
export function readDump(dump: unknown): DjangoSettings | null {
  if (!isSection(dump) || !isSection(dump.SIMPLE_JWT ?? {}) || !isSection(dump.REST_FRAMEWORK ?? {})) return null
  if (dump.SIMPLE_JWT === undefined && dump.REST_FRAMEWORK === undefined) return null
  const notes: string[] = []
  const [jwt, rest] = [dump.SIMPLE_JWT ?? {}, dump.REST_FRAMEWORK ?? {}] as [Section, Section]
  const read = createReader(jwt, notes)
  noteCode(jwt, notes)
  noteUnknown(jwt, rest, notes)
  if (rest.NUM_PROXIES !== undefined && rest.NUM_PROXIES !== null && rest.NUM_PROXIES !== 0)
    notes.push('NUM_PROXIES is set: name the proxies in front of the gateway in trusted_proxies')
  // Python takes an empty key for none, as simplejwt's own default does.
  const key = readKey(read.value('SIGNING_KEY')) ?? readKey(dump.SECRET_KEY)
  noteAuthentication(createReader(rest, notes).texts('DEFAULT_AUTHENTICATION_CLASSES', []), notes)
  const classes = read.texts('AUTH_TOKEN_CLASSES', ['AccessToken']).map(classNameOf)
  const others = classes.filter((name) => !TOKEN_CLASSES.includes(name))
  if (others.length > 0) notes.push(`AUTH_TOKEN_CLASSES: ${others.join(', ')} is code of your own, read as AccessToken`)
  const createRest = createReader(rest, notes)
  return {
    accessSeconds: read.seconds('ACCESS_TOKEN_LIFETIME', 300),
    refreshSeconds: read.seconds('REFRESH_TOKEN_LIFETIME', 86_400),
    rotates: isTrue(read.value('ROTATE_REFRESH_TOKENS')),
    algorithm: read.text('ALGORITHM', 'HS256'),
    signingKey: key,
    verifiesByUrl: typeof read.value('JWK_URL') === 'string',
    audience: read.texts('AUDIENCE', []),
    issuer: read.texts('ISSUER', [])[0] ?? null,
    leewaySeconds: read.value('LEEWAY') === null ? 0 : read.seconds('LEEWAY', 0, 0),
    headerTypes: read.texts('AUTH_HEADER_TYPES', ['Bearer']),
    header: readHeader(read.text('AUTH_HEADER_NAME', 'HTTP_AUTHORIZATION')),
    userIdField: read.text('USER_ID_FIELD', 'id'),
    userIdClaim: read.text('USER_ID_CLAIM', 'user_id'),
    tokenTypeClaim: read.text('TOKEN_TYPE_CLAIM', 'token_type'),
    jtiClaim: read.text('JTI_CLAIM', 'jti'),
    tokenClasses: [
      ...(classes.includes('AccessToken') || !classes.includes('SlidingToken') ? (['access'] as const) : []),
      ...(classes.includes('SlidingToken') ? (['sliding'] as const) : [])
    ],
    sliding: {
      lifetimeSeconds: read.seconds('SLIDING_TOKEN_LIFETIME', 300),
      refreshSeconds: read.seconds('SLIDING_TOKEN_REFRESH_LIFETIME', 86_400),
      refreshExpClaim: read.text('SLIDING_TOKEN_REFRESH_EXP_CLAIM', 'refresh_exp')
    },
    permissions: createRest.texts('DEFAULT_PERMISSION_CLASSES', ['AllowAny']).map(classNameOf),
    throttling: readThrottling(rest, notes),
    notes
  }
}
