import { readSeconds } from './duration.js'

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
  readonly rates: readonly Rate[]
  /** What is not taken over, and why: one line each. */
  readonly notes: readonly string[]
}

export interface Rate {
  readonly scope: string
  readonly requests: number
  readonly windowSeconds: number
}

type Section = Readonly<Record<string, unknown>>

const isSection = (value: unknown): value is Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Views and serializers of their own, of which nobody can tell from here what they do. */
const CODE = /_(?:SERIALIZER|RULE|ENCODER)$|^TOKEN_USER_CLASS$/

/** Reads one section, noting what is not as it should be. */
function createReader(section: Section, notes: string[]) {
  const known = (name: string) => (Object.hasOwn(section, name) ? section[name] : undefined)
  return {
    text(name: string, otherwise: string): string {
      const value = known(name)
      if (value === null) notes.push(`${name} is None: the gateway always has this claim, and calls it ${otherwise}`)
      return typeof value === 'string' && value !== '' ? value : otherwise
    },
    seconds(name: string, otherwise: number): number {
      const value = known(name)
      const seconds = value === undefined ? otherwise : readSeconds(value)
      if (seconds === null) notes.push(`${name} is no time that can be read: ${otherwise} seconds are written instead`)
      return seconds ?? otherwise
    },
    texts(name: string, otherwise: readonly string[]): readonly string[] {
      const value = known(name)
      const list = typeof value === 'string' ? [value] : Array.isArray(value) ? value : []
      const texts = list.filter((one): one is string => typeof one === 'string' && one !== '')
      return texts.length === 0 ? otherwise : texts
    },
    value: known
  }
}

/** `rest_framework.permissions.IsAuthenticated` → `IsAuthenticated`, also out of what `str` makes of a class. */
const classNameOf = (dotted: string) =>
  dotted
    .replace(/^<class '|'>$/g, '')
    .split('.')
    .at(-1) ?? ''

const PERIODS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** `1000/day`: DRF reads the first letter of the period. */
function readRates(value: unknown, notes: string[]): Rate[] {
  return Object.entries(isSection(value) ? value : {}).flatMap(([scope, rate]) => {
    const [, requests, period = ''] = /^(\d+)\/([a-z])/.exec(String(rate)) ?? []
    const windowSeconds = PERIODS[period]
    if (rate === null) return []
    if (
      requests !== undefined &&
      Number(requests) > 0 &&
      windowSeconds !== undefined &&
      /^[A-Za-z0-9][\w.-]*$/.test(scope)
    )
      return [{ scope, requests: Number(requests), windowSeconds }]
    notes.push(`the rate of ${JSON.stringify(scope)} cannot be read: write it under limits`)
    return []
  })
}

function noteCode(jwt: Section, notes: string[]): void {
  for (const [name, value] of Object.entries(jwt)) {
    const own = typeof value === 'string' && !value.includes('rest_framework_simplejwt.')
    if (own && CODE.test(name))
      notes.push(`${name} is code of your own: claims that it adds are named in tokens.claims`)
  }
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

/** null: it is no such dump. */
export function readDump(dump: unknown): DjangoSettings | null {
  if (!isSection(dump) || !isSection(dump.SIMPLE_JWT ?? {}) || !isSection(dump.REST_FRAMEWORK ?? {})) return null
  if (dump.SIMPLE_JWT === undefined && dump.REST_FRAMEWORK === undefined) return null
  const notes: string[] = []
  const [jwt, rest] = [dump.SIMPLE_JWT ?? {}, dump.REST_FRAMEWORK ?? {}] as [Section, Section]
  const read = createReader(jwt, notes)
  noteCode(jwt, notes)
  if (rest.NUM_PROXIES !== undefined && rest.NUM_PROXIES !== null && rest.NUM_PROXIES !== 0)
    notes.push('NUM_PROXIES is set: name the proxies in front of the gateway in trusted_proxies')
  const key = read.value('SIGNING_KEY') ?? dump.SECRET_KEY
  const classes = read.texts('AUTH_TOKEN_CLASSES', ['AccessToken']).map(classNameOf)
  const createRest = createReader(rest, notes)
  return {
    accessSeconds: read.seconds('ACCESS_TOKEN_LIFETIME', 300),
    refreshSeconds: read.seconds('REFRESH_TOKEN_LIFETIME', 86_400),
    rotates: read.value('ROTATE_REFRESH_TOKENS') === true,
    algorithm: read.text('ALGORITHM', 'HS256'),
    signingKey: typeof key === 'string' && key !== '' ? key : null,
    verifiesByUrl: typeof read.value('JWK_URL') === 'string',
    audience: read.texts('AUDIENCE', []),
    issuer: read.texts('ISSUER', [])[0] ?? null,
    leewaySeconds: read.value('LEEWAY') === null ? 0 : read.seconds('LEEWAY', 0),
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
    rates: readRates(rest.DEFAULT_THROTTLE_RATES, notes),
    notes
  }
}
