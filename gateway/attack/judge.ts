/** What of all that was seen is a fault: judged from outside, by what is due and nothing else. */
import { type Attack, MARK, type PositionName, SMUGGLED } from './attack.js'
import type { Answer, Heard } from './fire.js'
import { valuesOf } from './message.js'
import type { Arrival } from './recorder.js'

export interface Seen extends Heard {
  /** null: nobody tells what reached the upstream. */
  readonly arrivals: readonly Arrival[] | null
}

/** What the innocent request of a position was answered. */
export interface Baseline {
  readonly status: number
  /** Of the answer, to know it again. */
  readonly body: string
  /** What the upstream was told of who asks: folded name → values. */
  readonly identity: ReadonlyMap<string, string>
}

export interface Surroundings {
  readonly baseline: Baseline
  /** Whether the gateway marks its own answers (RFC 9209), so that an upstream's can be told from them. */
  readonly marks: boolean
  /** What strangers are answered on any path that nobody knows; null: a refusal. */
  readonly anywhere: string | null
  /** Folded names by which the upstream is told who asks. */
  readonly identityNames: ReadonlySet<string>
}

export type FaultKind = 'passed' | 'arrived' | 'forged' | 'doubled' | 'failed' | 'silent' | 'upgraded' | 'said' | 'down'

export interface Fault {
  readonly kind: FaultKind
  readonly what: string
}

const REFUSED: ReadonlySet<PositionName> = new Set(['stranger-refused', 'user-refused', 'token-passes', 'endpoint'])

const isRefusalDue = ({ due }: Attack, from: PositionName): boolean =>
  due === undefined ? REFUSED.has(from) : due === 'refusal'

/** A field name as CGI, WSGI, PHP and their kin read it. */
export const foldName = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '-')

const fault = (kind: FaultKind, what: string): Fault => ({ kind, what })

/** Text of a stranger, so that it fits in a line and none of it moves the cursor. */
export function shown(text: string, most = 200): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll(/[^\x20-\x7e]/g, (character) => {
    const known = { '\r': '\\r', '\n': '\\n', '\t': '\\t' }[character]
    return known ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
  return escaped.length > most ? `${escaped.slice(0, most)}…` : escaped
}

/** Whether an answer is the gateway's own, as far as it says so. */
const isOwn = (answer: Answer) => valuesOf(answer, 'proxy-status').length > 0

/** Of any exchange: one request has one answer, in time, and speaks no other protocol after it. */
function* faultsOfExchange(attack: Attack, { answers, interim, ended, ms }: Seen): Generator<Fault> {
  if (interim.includes(101)) yield fault('upgraded', 'was answered 101: a tunnel is open')
  else if (ended === 'unreachable') yield fault('down', 'no connection could be made')
  else if (answers.length === 0) {
    const seconds = (ms / 1000).toFixed(1)
    if (ended === 'silent') yield fault('silent', `no answer came in ${seconds} s`)
    else if (attack.mayClose !== true) yield fault('silent', 'the connection was ended without an answer')
  }
  if (answers.length > 1) {
    yield fault(
      'doubled',
      `one request was answered ${answers.length} times: ${answers.map(({ status }) => status).join(', ')}`
    )
  }
  const { neverAnswered } = attack
  const said =
    neverAnswered === undefined ? null : answers.map(({ text }) => neverAnswered.exec(text)?.[0]).find(Boolean)
  if (said) yield fault('said', `the answer holds ${shown(said)}`)
}

function* faultsOfRefusal(
  { answers, interim, arrivals }: Seen,
  around: Surroundings,
  isTooMany: boolean
): Generator<Fault> {
  if (interim.includes(100)) yield fault('passed', 'its body was asked for (100) before it was refused')
  const [answer] = answers
  const arrived = (arrivals ?? []).find(({ whole }) => whole)
  if (arrived !== undefined)
    yield fault('arrived', `the upstream was asked: ${shown(arrived.text.split('\r\n')[0] ?? '')}`)
  if (answer === undefined) return
  const { status } = answer
  if (isTooMany && status !== 429) yield fault('passed', `was answered ${status}: one more guess was taken`)
  if (status >= 500) yield fault('failed', `was answered ${status}, which is no refusal`)
  else if (status >= 400) {
    if (around.marks && !isOwn(answer))
      yield fault('passed', `was answered ${status} by the upstream, not by the gateway`)
  } else if (status !== around.baseline.status || status < 300) {
    if (answer.body !== around.anywhere) yield fault('passed', `was answered ${status}, where a refusal is due`)
  }
}

function* faultsOfPassing({ answers }: Seen, { marks, baseline }: Surroundings): Generator<Fault> {
  const [answer] = answers
  if (answer === undefined || answer.status < 500 || answer.status === baseline.status) return
  // 502 and 504 are the upstream's failures; where nobody says whose a failure is, it counts.
  const isFailure = marks ? isOwn(answer) && [500, 503].includes(answer.status) : true
  if (isFailure) yield fault('failed', `was answered ${answer.status}`)
}

/** What the upstream is told of who asks, by folded name. */
export function identityOf({ fields }: Arrival, names: ReadonlySet<string>): Map<string, string> {
  const told = new Map<string, string>()
  for (const [name, value] of fields) {
    const folded = foldName(name)
    if (!names.has(folded)) continue
    const before = told.get(folded)
    told.set(folded, before === undefined ? value : `${before} | ${value}`)
  }
  return told
}

/** Whatever became of the request: what arrived is one request, says nothing forged, and names who asks as always. */
function* faultsOfArrivals(
  attack: Attack,
  arrivals: readonly Arrival[],
  around: Surroundings,
  isDueRefusal: boolean
): Generator<Fault> {
  const whole = arrivals.filter((arrival) => arrival.whole)
  if (whole.length > 1) yield fault('doubled', `the upstream was asked ${whole.length} times`)
  for (const arrival of arrivals) {
    const { text, more } = arrival
    // What stands in a body is data; as a request of its own it is not.
    if (more !== '') yield fault('doubled', `after the request the upstream was sent ${shown(more)}`)
    if (new RegExp(`^[A-Z]+ \\S*${SMUGGLED}`).test(text))
      yield fault('doubled', 'the upstream was asked what was smuggled')
    const forged = arrival.fields.find(([name, value]) => name.includes(MARK) || value.includes(MARK))
    if (forged !== undefined) yield fault('forged', `the upstream was told ${shown(`${forged[0]}: ${forged[1]}`)}`)
    const never = attack.neverArrives?.exec(text)?.[0]
    if (never) yield fault('forged', `the upstream was told ${shown(never)}`)
    // Where nothing may arrive, that it did is the fault, whatever it says.
    if (!arrival.whole || forged !== undefined || isDueRefusal) continue
    const told = identityOf(arrival, around.identityNames)
    for (const name of new Set([...told.keys(), ...around.baseline.identity.keys()])) {
      const [is, was] = [told.get(name), around.baseline.identity.get(name)]
      if (is !== was)
        yield fault(
          'forged',
          `the upstream was told ${name}: ${shown(is ?? 'nothing')} instead of ${shown(was ?? 'nothing')}`
        )
    }
  }
}

/** All faults, the gravest first; none: it held. */
export function judge(attack: Attack, from: PositionName, seen: Seen, around: Surroundings): readonly Fault[] {
  const isDueRefusal = isRefusalDue(attack, from)
  const due = isDueRefusal ? faultsOfRefusal(seen, around, attack.exhaust !== undefined) : faultsOfPassing(seen, around)
  const arrived = seen.arrivals === null ? [] : faultsOfArrivals(attack, seen.arrivals, around, isDueRefusal)
  return [...due, ...arrived, ...faultsOfExchange(attack, seen)]
}
