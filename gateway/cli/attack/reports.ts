/** What a run of attacks reads like. */
import { type Attack, FAMILIES, type Ground, type Outcome, type Result, type Shot, shown } from '../../attack/index.js'
import { count } from '../read-settings.js'
import { showTable } from '../table.js'

export interface Report {
  /** What was attacked, in words. */
  readonly target: string
  readonly results: readonly Result[]
  readonly ground: Ground
  readonly ms: number
}

const WIDTH = 80
/** More than these nobody reads on a terminal. */
const MOST_FINDINGS = 20
const LABEL = 8

const having = ({ results }: Report, outcome: Outcome) => results.filter((result) => result.outcome === outcome)

const FROM: Readonly<Record<Result['from'], string>> = {
  'stranger-refused': 'as a stranger, where strangers are refused',
  'user-refused': 'as a user, where this user is refused',
  'stranger-passes': 'as a stranger, where strangers pass',
  'user-passes': 'as a user, where this user passes',
  'token-passes': 'where only a token passes',
  endpoint: "at the gateway's own endpoints"
}

/** What was sent, without what is secret in it, on one line. */
function sentOf({ sent }: Result, { forgery, account, positions }: Ground, most?: number): string {
  const tokens = [
    forgery.genuine,
    account?.refreshToken,
    ...Object.values(positions).map((position) => position?.token)
  ]
  const secrets = [...tokens.map((token) => [token, '<token>']), [account?.password, '<password>']] as const
  let text = sent
  for (const [secret, name] of secrets) if (secret) text = text.replaceAll(secret, name ?? '')
  return shown(text, most)
}

/** Words in lines of their own below the first, none wider than a terminal. */
function wrap(label: string, text: string): string {
  const lines: string[] = []
  let rest = text
  const room = WIDTH - LABEL - 2
  while (rest.length > room) {
    const space = rest.lastIndexOf(' ', room)
    const at = space > room / 2 ? space : room
    lines.push(rest.slice(0, at).trimEnd())
    rest = rest.slice(at).trimStart()
  }
  lines.push(rest)
  return lines.map((one, place) => `  ${(place === 0 ? label : '').padEnd(LABEL)}${one}`).join('\n')
}

function showFinding(result: Result, ground: Ground): string {
  const { attack, faults, from } = result
  return [
    `FOUND ${attack.id}`,
    wrap('from', FROM[from]),
    wrap('sent', sentOf(result, ground)),
    ...[...new Set(faults.map(({ what }) => what))]
      .slice(0, 3)
      .map((what, place) => wrap(place === 0 ? 'seen' : '', what)),
    wrap('why', attack.why),
    wrap('source', attack.source)
  ].join('\n')
}

/** Notes of an outcome, each with how many shots it is about. */
function notesOf(results: readonly Result[]): readonly string[] {
  const counts = new Map<string, number>()
  for (const { attack, note } of results) {
    const key = `${attack.family}: ${note ?? ''}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return [...counts].map(([key, times]) => `${String(times).padStart(4)}  ${key}`)
}

const rightward = (text: string) => text.padStart('unproved'.length)

function countFamilies({ results }: Report): readonly (readonly string[])[] {
  return FAMILIES.flatMap((family) => {
    const own = results.filter(({ attack }) => attack.family === family)
    const of = (outcome: Outcome) => own.filter((result) => result.outcome === outcome).length
    const unproved = of('skipped') + of('limited')
    if (own.length === 0) return []
    return [
      [
        family,
        ...[own.length - of('skipped'), of('held'), of('found'), of('asked'), unproved].map((number) =>
          rightward(String(number))
        )
      ]
    ]
  })
}

function showPlaces({ ground: { positions } }: Report): string {
  const known = [
    ['refused', positions['stranger-refused'], 'to strangers'],
    ['', positions['user-refused'], 'to the user'],
    ['passing', positions['stranger-passes'], 'for strangers'],
    ['', positions['user-passes'], 'for the user']
  ] as const
  return known
    .flatMap(([label, position, whom]) =>
      position === undefined ? [] : [`  ${label.padEnd(LABEL)}${position.method} ${shown(position.path)}  ${whom}`]
    )
    .join('\n')
}

/** The text for a terminal. */
export function showText(report: Report): string {
  const { target, results, ground, ms } = report
  const found = having(report, 'found')
  const asked = having(report, 'asked')
  const unfired = [...having(report, 'skipped'), ...having(report, 'limited')]
  const heads = ['family', ...['shots', 'held', 'found', 'asked', 'unproved'].map(rightward)]
  const lines = [
    `Attack on ${target}`,
    '',
    showPlaces(report),
    '',
    showTable(heads, countFamilies(report), { ruled: true, indent: '  ' }),
    ''
  ]
  for (const result of found.slice(0, MOST_FINDINGS)) lines.push(showFinding(result, ground), '')
  if (found.length > MOST_FINDINGS) lines.push(`and ${found.length - MOST_FINDINGS} more, which --json lists`, '')
  if (asked.length > 0) {
    lines.push(
      'asked: let through, which matters only for some upstreams; `portcullis probe`',
      'asks yours',
      ...notesOf(asked),
      ''
    )
  }
  if (unfired.length > 0) lines.push('unproved: not fired, or not judged', ...notesOf(unfired), '')
  const fired = count(results.length - having(report, 'skipped').length, 'shot')
  const seconds = `${(ms / 1000).toFixed(1)} s`
  const ways = count(found.length, 'way')
  lines.push(
    `${found.length === 0 ? 'No way' : ways} past it ${found.length > 1 ? 'were' : 'was'} found: ${fired} in ${seconds}.`
  )
  return `${lines.join('\n')}\n`
}

const resultJson = (result: Result, ground: Ground) => {
  const { attack, from, outcome, note, faults, status } = result
  const { id, family, why, source } = attack
  return { id, family, from, outcome, note, status, faults, sent: sentOf(result, ground, 4_000), why, source }
}

export function showJson(report: Report): string {
  const { target, results, ground, ms } = report
  const told = results.filter(({ outcome }) => outcome !== 'held')
  const of = (outcome: Outcome) => having(report, outcome).length
  return `${JSON.stringify({
    target,
    ok: of('found') === 0,
    shots: results.length - of('skipped'),
    held: of('held'),
    found: of('found'),
    asked: of('asked'),
    limited: of('limited'),
    skipped: of('skipped'),
    seconds: Math.round(ms / 100) / 10,
    results: told.map((result) => resultJson(result, ground))
  })}\n`
}

/** A ground that is nowhere: what attacks look like. */
const EXAMPLE: Shot = {
  position: {
    method: 'GET',
    host: 'gateway.example',
    path: '/api/admin/attack',
    token: null,
    closedToAllMethods: true
  },
  open: '/public',
  prefix: '/auth',
  forgery: {
    header: { alg: 'ES256', typ: 'at+jwt', kid: 'key' },
    claims: { iss: 'https://gateway.example', sub: 'admin', roles: ['admin'], exp: 4_102_444_800 },
    genuine: 'e30.e30.c2lnbmF0dXJl',
    // RFC 7517 §A.1.
    keys: [
      {
        kty: 'EC',
        crv: 'P-256',
        x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
        y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM'
      }
    ],
    sign: (header, claims) =>
      `${[header, claims].map((part) => Buffer.from(part).toString('base64url')).join('.')}.signature`
  },
  account: { username: 'user', password: 'password', refreshToken: 'refresh-token' }
}

export const listText = (attacks: readonly Attack[]): string =>
  `${attacks.map(({ id, source }) => `${id.padEnd(48)}  ${source}`).join('\n')}\n${count(attacks.length, 'attack')}\n`

export function listJson(attacks: readonly Attack[]): string {
  const listed = attacks.map(({ id, family, why, source, from, due, onlyFor = null, send }) => ({
    id,
    family,
    why,
    source,
    from,
    due: due ?? null,
    only_for: onlyFor,
    example: shown(send(EXAMPLE) ?? '', 4_000)
  }))
  return `${JSON.stringify(listed)}\n`
}
