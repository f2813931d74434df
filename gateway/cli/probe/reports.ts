/** What is known of the upstreams after they were asked. */
import { type Belief, believes, type Probed, type Reading, SPELLINGS, type SpellingName } from '../../probe/index.js'
import type { Upstream } from '../../settings/index.js'
import { printable } from '../shown.js'

export interface ProbedUpstream {
  readonly upstream: Upstream
  readonly origin: string
  readonly path: string
  readonly found: Probed | { readonly unreachable: string }
}

const EFFECT: Readonly<Record<Belief['effect'], string>> = {
  admitted: 'lets in who was refused',
  shown: 'shows whom it says',
  differs: 'answers otherwise'
}

/** More names than this say nothing new on a terminal. */
const MOST_NAMES = 12
const LABEL = 11
const row = (label: string, text: string): string => printable(`  ${label.padEnd(LABEL)}${text}`)

function showBeliefs({ beliefs, echoes, closedToStrangers }: Probed): readonly string[] {
  const rows = beliefs.slice(0, MOST_NAMES).map(({ name, effect, before, after }, place) => {
    const change = before === after ? String(after) : `${before} becomes ${after}`
    return row(place === 0 ? 'believes' : '', `${name}: ${EFFECT[effect]} (${change})`)
  })
  const left = beliefs.length - MOST_NAMES
  const more = left > 0 ? [row('', `and ${left} more, which --json lists`)] : []
  const alone = closedToStrangers === null ? [] : [row('', 'of the gateway alone, which has the certificate')]
  if (rows.length > 0) return [...rows, ...more, ...alone]
  if (echoes) return [row('believes', 'cannot be told: it answers with whatever it is sent')]
  return [row('believes', 'none of the names that were tried')]
}

const WORDS: Readonly<Record<Reading, string>> = { same: 'same path', other: 'another path', unclear: 'unclear' }

function showReadings({ readings, status }: Probed): readonly string[] {
  if (!readings.canTell) {
    return [row('reads', `cannot be told: ${status} whatever is asked; name a page of it by --path`)]
  }
  const of = (wanted: Reading) =>
    SPELLINGS.filter(({ name }) => readings.spellings[name] === wanted).map(({ name }) => name)
  const lists = (['same', 'other'] as const).flatMap((reading) => {
    const names = of(reading)
    return names.length === 0 ? [] : inLines(`${WORDS[reading]}: ${names.join(', ')}`)
  })
  const obeyed = readings.overrides.length === 0 ? [] : [row('obeys', readings.overrides.join(', '))]
  return [
    ...lists.map((text, place) => row(place === 0 ? 'reads' : '', text)),
    ...obeyed,
    row('fits', fitting(readings.spellings))
  ]
}

function inLines(text: string): readonly string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? ''
    if (last.length + word.length > 64) lines.push(`  ${word}`)
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`
  }
  return lines
}

/** The tolerance that goes with how it reads: what it takes for the same path must not pass as another. */
export function fitting(spellings: Readonly<Record<SpellingName, Reading>>): string {
  return `paths: { case: ${spellings['other case'] === 'other' ? 'sensitive' : 'insensitive'} }, and refuse the rest`
}

function showUpstream({ upstream, origin, path, found }: ProbedUpstream): string {
  const head = printable(`${upstream.name}  ${origin}  GET ${path}`)
  if ('unreachable' in found) return `${head}\n${row('not asked', found.unreachable)}`
  const { status, closedToStrangers: closed } = found
  const answers =
    closed === null
      ? [row('answers', `${status} to a stranger, asked directly from this host`)]
      : [row('answers', `${status} to whoever shows the certificate of tls.cert`), row('', `nobody else: ${closed}`)]
  return [head, ...answers, ...showBeliefs(found), ...showReadings(found)].join('\n')
}

const ADVICE = `Whoever reaches an upstream that believes a header is whoever they say. That the
gateway's host reaches it is as it should be. Nobody else may: let it listen on
127.0.0.1 or a socket, or let a network policy admit the gateway alone.`

export function showText(probed: readonly ProbedUpstream[]): string {
  const asked = probed.flatMap(({ found }) => ('unreachable' in found ? [] : [found]))
  const believing = asked.filter(believes).length
  const lines = [...probed.map(showUpstream).flatMap((text) => [text, ''])]
  if (believing > 0) lines.push(ADVICE, '')
  const of = (number: number) => `${number} of ${probed.length}`
  const unasked = probed.length - asked.length
  lines.push(`${of(believing)} believes a forged identity${unasked > 0 ? `; ${of(unasked)} could not be asked` : ''}.`)
  return `${lines.join('\n')}\n`
}

export function showJson(probed: readonly ProbedUpstream[]): string {
  const upstreams = probed.map(({ upstream, origin, path, found }) => {
    const common = { upstream: upstream.name, url: origin, path }
    if ('unreachable' in found) return { ...common, unreachable: found.unreachable }
    const { status, echoes, beliefs, readings, closedToStrangers } = found
    return {
      ...common,
      status,
      closed_to_strangers: closedToStrangers,
      believes: believes(found),
      echoes,
      beliefs,
      readings: readings.canTell ? readings.spellings : null,
      obeys: readings.overrides
    }
  })
  return `${JSON.stringify({ ok: !upstreams.some((one) => 'believes' in one && one.believes), upstreams })}\n`
}
