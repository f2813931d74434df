/** Where attacks are fired: a gateway, the places in it that are known, and who tells what reached the upstream. */
import type { Account, Forgery, Position, PositionName, Shot } from './attack.js'
import { requestFrom } from './attack.js'
import { type Answer, type Door, fire, type Heard } from './fire.js'
import { type Baseline, foldName, identityOf } from './judge.js'
import { valuesOf } from './message.js'
import { type Arrival, readEcho } from './recorder.js'

export interface Ground {
  readonly door: Door
  readonly positions: Readonly<Partial<Record<PositionName, Position>>>
  /** A folder that strangers may enter; null: none is known. */
  readonly open: string | null
  readonly prefix: string
  readonly forgery: Forgery
  readonly account: Account | null
  /** Names by which the upstream is told who asks. */
  readonly identityNames: readonly string[]
  /** What has reached the upstreams since it was last asked; null: only answers tell, if they do. */
  readonly takeArrivals: (() => readonly Arrival[]) | null
  /** The upstream is said to tell `/A` from `/a`. */
  readonly tellsCasesApart: boolean
  /** Errors that would have ended the gateway, since it was last asked. */
  readonly takeCrashes: () => readonly unknown[]
}

/** What is known of a ground before the first attack. */
export interface Survey {
  /** By position: what its innocent request is answered, or why nothing can be fired from there. */
  readonly baselines: ReadonlyMap<PositionName, Baseline | { readonly unusable: string }>
  /** Whether the gateway marks what it answers itself (RFC 9209). */
  readonly marks: boolean
  readonly anywhere: string | null
  readonly identityNames: ReadonlySet<string>
  /** Whether it can be told what reached the upstream. */
  readonly seesArrivals: boolean
}

/** A path that nobody has made a rule or a page for. */
const ANYWHERE = '/portcullis-attack-nowhere/at-all'

const PASSING: ReadonlySet<PositionName> = new Set(['stranger-passes', 'user-passes', 'token-passes'])

export const shotFrom = ({ open, prefix, forgery, account }: Ground, position: Position): Shot => ({
  position,
  open: open ?? '/open',
  prefix,
  forgery,
  account
})

/** What arrived, as far as it can be told from the answers alone. */
export const echoesIn = ({ answers }: Heard): readonly Arrival[] => answers.flatMap(({ body }) => readEcho(body) ?? [])

/** A forged token is refused where a genuine one passes; without a genuine one, where nobody does. */
const shouldPass = (name: PositionName, { token }: Position): boolean =>
  PASSING.has(name) && (name !== 'token-passes' || token !== null)

function whyUnusable(isPassing: boolean, answer: Answer | undefined, marks: boolean): string | null {
  if (answer === undefined) return 'the innocent request is not answered'
  const { status } = answer
  const told = `the innocent request is answered ${status} there`
  if (isPassing) {
    const own = marks && valuesOf(answer, 'proxy-status').length > 0
    return own || status >= 500 || status === 401 || status === 403 ? `${told}, and should pass` : null
  }
  return status >= 300 && status < 500 && status !== 429 ? null : `${told}, and should be refused`
}

/** Sends the innocent request of each position. */
export async function survey(ground: Ground): Promise<Survey> {
  const { door, positions, takeArrivals } = ground
  const heard = new Map<PositionName, { readonly heard: Heard; readonly arrivals: readonly Arrival[] }>()
  for (const [name, position] of Object.entries(positions) as [PositionName, Position][]) {
    takeArrivals?.()
    const one = await fire(door, requestFrom(position))
    heard.set(name, { heard: one, arrivals: takeArrivals?.() ?? echoesIn(one) })
  }
  const strangers = heard.get('stranger-refused') ?? heard.get('endpoint')
  const marks = strangers?.heard.answers.some((answer) => valuesOf(answer, 'proxy-status').length > 0) ?? false
  const identityNames = new Set(ground.identityNames.map(foldName))
  const baselines = new Map<PositionName, Baseline | { readonly unusable: string }>()
  for (const [name, { heard: one, arrivals }] of heard) {
    const [answer] = one.answers
    const position = positions[name]
    const unusable = whyUnusable(position !== undefined && shouldPass(name, position), answer, marks)
    const [arrival] = arrivals
    const identity = arrival === undefined ? new Map<string, string>() : identityOf(arrival, identityNames)
    if (unusable !== null) baselines.set(name, { unusable })
    else baselines.set(name, { status: answer?.status ?? 0, body: answer?.body ?? '', identity })
  }
  const nowhere = await askAnywhere(ground)
  const echoed = [...heard].some(([name, { arrivals }]) => PASSING.has(name) && arrivals.length > 0)
  return { baselines, marks, anywhere: nowhere, identityNames, seesArrivals: takeArrivals !== null || echoed }
}

/** Where strangers are answered on any path, as by the page of a single-page application, that answer lets nobody in. */
async function askAnywhere({ door, positions }: Ground): Promise<string | null> {
  const known = positions['stranger-refused'] ?? positions.endpoint
  if (known === undefined) return null
  const { answers } = await fire(door, requestFrom({ ...known, method: 'GET', path: ANYWHERE, token: null }))
  const [answer] = answers
  return answer !== undefined && answer.status < 400 ? answer.body : null
}
