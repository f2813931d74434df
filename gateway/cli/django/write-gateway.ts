import { writeDuration } from './duration.js'
import type { DjangoSettings, Rate } from './read-dump.js'

export interface Written {
  readonly text: string
  /** What stays in a file of its own; null: the dump has no key, or the gateway's own sign. */
  readonly key: { readonly file: string; readonly content: string } | null
  /** For whoever runs the command: one line each. */
  readonly notes: readonly string[]
}

const DAY = 86_400
const LONGEST_LEEWAY = 60
/** Of what any setting of the gateway takes for a time. */
const LONGEST = 3650 * DAY
const SHORTEST: Readonly<Record<string, number>> = { HS256: 32, HS384: 48, HS512: 64 }

/** As YAML reads it; nothing in it is taken for a name of the environment. */
const quoted = (text: string) => JSON.stringify(text).replaceAll('${', () => '$${')
const list = (texts: readonly string[]) => `[${texts.map(quoted).join(', ')}]`

/** The key of the tokens as the file refers to it; it is never written into the file itself. */
function signingKey({ algorithm, signingKey: key, verifiesByUrl }: DjangoSettings) {
  const symmetric = algorithm.startsWith('HS')
  if (!symmetric && (verifiesByUrl || key === null || !key.includes('-----BEGIN'))) {
    const line =
      "# Signed with the gateway's own keys: JWK_URL of Django is <gateway>/.well-known/jwks.json, ALGORITHM ES256."
    return { lines: [line], key: null, notes: ['set JWK_URL and ALGORITHM of SIMPLE_JWT as the file says'] }
  }
  const file = symmetric ? 'simplejwt-signing-key' : 'simplejwt-signing-key.pem'
  const content = key === null ? null : { file, content: symmetric ? key : `${key.trim()}\n` }
  const short = symmetric && key !== null && Buffer.byteLength(key) < (SHORTEST[algorithm] ?? 32)
  const source = symmetric ? `secret: { file: ${file} }` : `file: ${file}`
  const lines = [
    `algorithm: ${quoted(algorithm)}`,
    `signing_key: { ${source}${short ? ', insecure_short_secret: true' : ''} }`
  ]
  const notes = [
    ...(key === null ? [`the dump has no SIGNING_KEY and no SECRET_KEY: put the key into ${file}, mode 0600`] : []),
    ...(symmetric && key !== null && /[\r\n]$/.test(key)
      ? ['the signing key ends with the end of a line, which no secret here does: strip it in Django, too']
      : []),
    ...(short ? [`the signing key is shorter than ${algorithm} needs: make another one, for Django too`] : [])
  ]
  return { lines, key: content, notes }
}

/** `id` is Django's primary key, which a user of the gateway has as an attribute. */
const userField = (field: string) => (field === 'id' || field === 'pk' ? 'django_id' : field)

function compatLines(django: DjangoSettings, prefix: string, notes: string[]): string[] {
  const access = Math.min(Math.max(1, django.accessSeconds), DAY)
  const sliding = Math.min(Math.max(1, django.sliding.lifetimeSeconds), DAY)
  const leeway = Math.min(django.leewaySeconds, LONGEST_LEEWAY)
  if (access < django.accessSeconds || sliding < django.sliding.lifetimeSeconds)
    notes.push('an access token lives a day at most: clients refresh more often than they did')
  if (leeway < django.leewaySeconds) notes.push(`LEEWAY is more than ${LONGEST_LEEWAY} seconds, which is the most`)
  const refresh = Math.min(Math.max(1, django.refreshSeconds), LONGEST)
  const slidingRefresh = Math.min(Math.max(1, django.sliding.refreshSeconds), LONGEST)
  if (refresh < django.refreshSeconds || slidingRefresh < django.sliding.refreshSeconds)
    notes.push('a refresh token lives ten years at most')
  const session = Math.max(refresh, 30 * DAY)
  const key = signingKey(django)
  notes.push(...key.notes)
  return [
    `prefix: ${quoted(prefix)}`,
    `access: ${writeDuration(access)} # ACCESS_TOKEN_LIFETIME`,
    `refresh: ${writeDuration(refresh)} # REFRESH_TOKEN_LIFETIME`,
    `rotate: ${django.rotates} # ROTATE_REFRESH_TOKENS; what was rotated is always blacklisted`,
    ...(django.rotates ? [`session: ${writeDuration(session)} # however often its tokens rotate`] : []),
    ...key.lines,
    ...(django.audience.length === 0 ? [] : [`audience: ${list(django.audience)}`]),
    ...(django.issuer === null ? [] : [`issuer: ${quoted(django.issuer)}`]),
    ...(leeway === 0 ? [] : [`leeway: ${writeDuration(leeway)}`]),
    `auth_header_types: ${list(django.headerTypes)}`,
    ...(django.header === null ? [] : [`auth_header: ${quoted(django.header)} # AUTH_HEADER_NAME`]),
    `user_id: ${quoted(`user.${userField(django.userIdField)}`)} # USER_ID_FIELD: who has no such attribute cannot sign in here`,
    `user_id_claim: ${quoted(django.userIdClaim)}`,
    `token_type_claim: ${quoted(django.tokenTypeClaim)}`,
    `jti_claim: ${quoted(django.jtiClaim)}`,
    `auth_tokens: [${django.tokenClasses.join(', ')}] # AUTH_TOKEN_CLASSES`,
    ...(django.tokenClasses.includes('sliding') ? slidingLines(django.sliding, sliding, slidingRefresh) : [])
  ]
}

const slidingLines = ({ refreshExpClaim }: DjangoSettings['sliding'], lifetime: number, refresh: number) => [
  'sliding:',
  `  lifetime: ${writeDuration(lifetime)} # SLIDING_TOKEN_LIFETIME`,
  `  refresh: ${writeDuration(refresh)} # SLIDING_TOKEN_REFRESH_LIFETIME`,
  `  refresh_exp_claim: ${quoted(refreshExpClaim)}`
]

/** The rules that stand for permission classes; all of several must hold, so that the strictest that is known decides. */
function ruleLines({ permissions }: DjangoSettings, notes: string[]): string[] {
  const unknown = permissions.filter((name) => !KNOWN.includes(name))
  if (unknown.length > 0)
    notes.push(`${unknown.join(', ')}: not known here, so that the rule asks for a user, and Django for the rest`)
  const strictest = KNOWN.find(
    (name) => permissions.includes(name) || (name === 'IsAuthenticated' && unknown.length > 0)
  )
  switch (strictest) {
    case 'IsAdminUser':
      return [
        '- { path: /**, allow: { roles: [staff] }, to: django } # IsAdminUser: give is_staff users the role staff'
      ]
    case 'IsAuthenticated':
      return ['- { path: /**, allow: authenticated, to: django }']
    case 'IsAuthenticatedOrReadOnly':
      return [
        '- { path: /**, methods: [GET, HEAD, OPTIONS], allow: anyone, to: django }',
        '- { path: /**, allow: authenticated, to: django }'
      ]
    default:
      return [
        '- { path: /**, allow: anyone, to: django } # AllowAny: Django alone decides. Name what needs a user above.'
      ]
  }
}

/** The strictest first. */
const KNOWN: readonly string[] = ['IsAdminUser', 'IsAuthenticated', 'IsAuthenticatedOrReadOnly', 'AllowAny']

function limitLines(rates: readonly Rate[]): string[] {
  if (rates.length === 0)
    return ['# No DEFAULT_THROTTLE_RATES: limits: { per_user: { by: user, requests: 100, window: 10m } }']
  const lines = rates.map(({ scope, requests, windowSeconds }) => {
    const by = scope === 'anon' ? 'ip' : 'user'
    return `  ${scope}: { by: ${by}, requests: ${requests}, window: ${writeDuration(windowSeconds)} }`
  })
  const applied = ['user', 'anon'].filter((scope) => rates.some((rate) => rate.scope === scope)).slice(0, 1)
  return [
    '# DEFAULT_THROTTLE_RATES: a rule has the limits that it names (`limit: [burst]`), or these:',
    'limits:',
    ...lines,
    ...(applied.length === 0 ? [] : [`default_limits: [${applied}] # whoever has not signed in is counted by address`])
  ]
}

/** The settings file for a gateway in front of this Django, and the key that it refers to. */
export function writeGateway(
  django: DjangoSettings,
  { prefix, schemaLine }: { readonly prefix: string; readonly schemaLine: string | null }
): Written {
  const notes = [...django.notes]
  const compat = compatLines(django, prefix, notes)
  const rules = ruleLines(django, notes)
  const lines = [
    ...(schemaLine === null ? [] : [schemaLine, '#']),
    '# In front of Django, whose clients and views go on unchanged; docs/simplejwt.md says how the settings map.',
    `listen: \${PORTCULLIS_LISTEN:-127.0.0.1:8080}`,
    '',
    '# The answers of djangorestframework-simplejwt, over the sessions of the gateway.',
    'compat:',
    '  simplejwt:',
    ...compat.map((line) => `    ${line}`),
    '',
    ...limitLines(django.rates),
    '',
    '# Django gets the token, and verifies it as before; or reads X-User-Id and its kin, which no client can forge.',
    'upstreams:',
    `  django: { url: "\${DJANGO_URL:-http://127.0.0.1:8000}", forward_authorization: true }`,
    '',
    '# DEFAULT_PERMISSION_CLASSES. What is special stands above what is general.',
    'rules:',
    ...rules.map((line) => `  ${line}`)
  ]
  return { text: `${lines.join('\n')}\n`, key: signingKey(django).key, notes }
}
