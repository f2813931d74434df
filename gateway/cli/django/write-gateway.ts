import { printable } from '../shown.js'
import { writeDuration } from './duration.js'
import type { DjangoSettings } from './read-dump.js'
import type { Throttling } from './read-throttling.js'
import { type Line, quoted, settleLines } from './settle-lines.js'
import { type KeyFile, type Signing, writeSigning } from './signing-key.js'

export interface Written {
  readonly text: string
  /** What stays in a file of its own; null: the dump has no key, or the gateway's own sign. */
  readonly key: KeyFile | null
  /** For whoever runs the command: one line each. */
  readonly notes: readonly string[]
}

const DAY = 86_400
const LONGEST_LEEWAY = 60
/** Of what any setting of the gateway takes for a time. */
const LONGEST = 3650 * DAY
const list = (texts: readonly string[]) => `[${texts.map(quoted).join(', ')}]`

/**
 * Django's primary key, and the name as Django spells it, are attributes of a user: the gateway's own name is in lower
 * case. Only where the claim is the gateway's `username` can it say nothing else than that name.
 */
function userField({ userIdField: field, userIdClaim }: DjangoSettings, notes: string[]): string {
  if (field === 'id' || field === 'pk') return 'django_id'
  if (field !== 'username') return field
  if (userIdClaim !== 'username') return 'django_username'
  notes.push('USER_ID_CLAIM is username: names are told in lower case')
  return 'username'
}

function compatLines(django: DjangoSettings, prefix: string, signing: Signing, notes: string[]): Line[] {
  const access = Math.min(django.accessSeconds, DAY)
  const sliding = Math.min(django.sliding.lifetimeSeconds, DAY)
  const leeway = Math.min(django.leewaySeconds, LONGEST_LEEWAY)
  if (access < django.accessSeconds || sliding < django.sliding.lifetimeSeconds)
    notes.push('an access token lives a day at most: clients refresh more often than they did')
  if (leeway < django.leewaySeconds) notes.push(`LEEWAY is more than ${LONGEST_LEEWAY} seconds, which is the most`)
  const refresh = Math.min(django.refreshSeconds, LONGEST)
  const slidingRefresh = Math.min(django.sliding.refreshSeconds, LONGEST)
  if (refresh < django.refreshSeconds || slidingRefresh < django.sliding.refreshSeconds)
    notes.push('a refresh token lives ten years at most')
  const session = Math.max(refresh, 30 * DAY)
  const line = (text: string, of: string): Line => ({ text, of })
  return [
    { text: `prefix: ${quoted(prefix)}` },
    { text: `access: ${writeDuration(access)} # ACCESS_TOKEN_LIFETIME` },
    { text: `refresh: ${writeDuration(refresh)} # REFRESH_TOKEN_LIFETIME` },
    { text: `rotate: ${django.rotates} # ROTATE_REFRESH_TOKENS; what was rotated is always blacklisted` },
    ...(django.rotates ? [{ text: `session: ${writeDuration(session)} # however often its tokens rotate` }] : []),
    ...signing.lines,
    ...(django.audience.length === 0 ? [] : [line(`audience: ${list(django.audience)}`, 'AUDIENCE')]),
    ...(django.issuer === null ? [] : [line(`issuer: ${quoted(django.issuer)}`, 'ISSUER')]),
    ...(leeway === 0 ? [] : [{ text: `leeway: ${writeDuration(leeway)}` }]),
    line(`auth_header_types: ${list(django.headerTypes)}`, 'AUTH_HEADER_TYPES'),
    ...(django.header === null
      ? []
      : [line(`auth_header: ${quoted(django.header)} # AUTH_HEADER_NAME`, 'AUTH_HEADER_NAME')]),
    line(
      `user_id: ${quoted(`user.${userField(django, notes)}`)} # USER_ID_FIELD: who has no such attribute cannot sign in here`,
      'USER_ID_FIELD'
    ),
    line(`user_id_claim: ${quoted(django.userIdClaim)}`, 'USER_ID_CLAIM'),
    line(`token_type_claim: ${quoted(django.tokenTypeClaim)}`, 'TOKEN_TYPE_CLAIM'),
    line(`jti_claim: ${quoted(django.jtiClaim)}`, 'JTI_CLAIM'),
    { text: `auth_tokens: [${django.tokenClasses.join(', ')}] # AUTH_TOKEN_CLASSES` },
    ...(django.tokenClasses.includes('sliding') ? slidingLines(django.sliding, sliding, slidingRefresh) : [])
  ]
}

const slidingLines = (
  { refreshExpClaim }: DjangoSettings['sliding'],
  lifetime: number,
  refresh: number
): readonly Line[] => [
  { text: 'sliding:' },
  { text: `  lifetime: ${writeDuration(lifetime)} # SLIDING_TOKEN_LIFETIME` },
  { text: `  refresh: ${writeDuration(refresh)} # SLIDING_TOKEN_REFRESH_LIFETIME` },
  { text: `  refresh_exp_claim: ${quoted(refreshExpClaim)}`, of: 'SLIDING_TOKEN_REFRESH_EXP_CLAIM' }
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
      return [
        '# What Django shows to anybody (its login page and static files, views with AllowAny) needs a rule above this.',
        '- { path: /**, allow: authenticated, to: django }'
      ]
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

function limitLines({ rates, applied }: Throttling, notes: string[]): Line[] {
  if (rates.length === 0)
    return [{ text: '# No DEFAULT_THROTTLE_RATES: limits: { per_user: { by: user, requests: 100, window: 10m } }' }]
  const lines = rates.map(({ scope, requests, windowSeconds }) => {
    const by = scope === 'anon' ? 'ip' : 'user'
    const limit = `{ by: ${by}, requests: ${requests}, window: ${writeDuration(windowSeconds)} }`
    return { text: `  ${quoted(scope)}: ${limit}`, of: `the rate of ${JSON.stringify(scope)}` }
  })
  // One counts whoever has not signed in too; both would count whoever has twice.
  const [limit, ...others] = applied.toSorted().toReversed()
  if (others.length > 0) notes.push('strangers are counted by address at the rate of user, unless rules name anon')
  return [
    { text: '# DEFAULT_THROTTLE_RATES: a rule has the limits that it names (`limit: [burst]`), or these:' },
    { text: 'limits:', of: 'DEFAULT_THROTTLE_RATES' },
    ...lines,
    ...(limit === undefined
      ? []
      : [
          {
            text: `default_limits: [${quoted(limit)}] # whoever has not signed in is counted by address`,
            of: 'DEFAULT_THROTTLE_CLASSES'
          }
        ])
  ]
}

/** Our own endpoints, where those of Django's clients would lie in their place. */
function ownPrefix(prefix: string): Line[] {
  const within = (one: string, around: string) => `${one}/`.toLowerCase().startsWith(`${around}/`.toLowerCase())
  if (!within(prefix, '/auth') && !within('/auth', prefix)) return []
  return [
    { text: "# The gateway's own endpoints, apart from those of simplejwt." },
    { text: 'auth: { prefix: /gateway/auth }' },
    { text: '' }
  ]
}

/** The settings file for a gateway in front of this Django, and the key that it refers to. */
export function writeGateway(
  django: DjangoSettings,
  { prefix, schemaLine }: { readonly prefix: string; readonly schemaLine: string | null }
): Written {
  const notes = [...django.notes]
  const signing = writeSigning(django)
  const compat = compatLines(django, prefix, signing, notes)
  const limits = limitLines(django.throttling, notes)
  const rules = ruleLines(django, notes)
  const fixed = (...texts: string[]): Line[] => texts.map((text) => ({ text }))
  const settled = settleLines([
    ...(schemaLine === null ? [] : fixed(schemaLine, '#')),
    ...fixed(
      '# In front of Django, whose clients and views go on unchanged; docs/simplejwt.md says how the settings map.',
      `listen: \${PORTCULLIS_LISTEN:-127.0.0.1:8080}`,
      ''
    ),
    ...ownPrefix(prefix),
    ...fixed(
      '# The answers of djangorestframework-simplejwt, over the sessions of the gateway.',
      'compat:',
      '  simplejwt:'
    ),
    ...compat.map((line) => indent(line, 4)),
    { text: '' },
    ...limits,
    ...fixed(
      '',
      '# Django gets the token, and verifies it as before; or reads X-User-Id and its kin, which no client can forge.',
      'upstreams:',
      `  django: { url: "\${DJANGO_URL:-http://127.0.0.1:8000}", forward_authorization: true }`,
      '',
      '# DEFAULT_PERMISSION_CLASSES. What is special stands above what is general.',
      'rules:',
      ...rules.map((line) => `  ${line}`)
    )
  ])
  const told = [...notes, ...signing.notes, ...settled.notes].map(printable)
  const text = [...settled.lines.map(({ text }) => text), ...remarks(told)].map((line) => `${line}\n`).join('')
  const isShared = settled.lines.some(({ of }) => of === 'SIGNING_KEY')
  return { text, key: isShared ? signing.key : null, notes: told }
}

/** What the terminal says once is there for whoever reads the file. */
const remarks = (notes: readonly string[]) =>
  notes.length === 0
    ? []
    : ['', '# Not taken over from Django, or in another way:', ...notes.map((note) => `# - ${note}`)]

const indent = (line: Line, spaces: number): Line => {
  const before = ' '.repeat(spaces)
  const proof = line.proof === undefined ? {} : { proof: before + line.proof }
  return { ...line, ...proof, text: before + line.text }
}
