/** Fires attacks one after another, and after each the innocent request of its position, which must fare as before. */
import { type Attack, type PositionName, requestFrom } from './attack.js'
import { fire } from './fire.js'
import { echoesIn, type Ground, type Survey, shotFrom } from './ground.js'
import { type Baseline, type Fault, judge, type Seen } from './judge.js'

/** `asked`: it passed, and only the upstream can tell whether that matters. `limited`: a rate limit answered. */
export type Outcome = 'held' | 'found' | 'asked' | 'skipped' | 'limited'

export interface Result {
  readonly attack: Attack
  readonly from: PositionName
  readonly outcome: Outcome
  /** Why it was not fired, or is not for us to judge; null: all is said by the faults. */
  readonly note: string | null
  readonly faults: readonly Fault[]
  /** The bytes; empty when it was not fired. */
  readonly sent: string
  /** What came first; null: nothing. */
  readonly status: number | null
}

export interface RunOptions {
  readonly attacks: readonly Attack[]
  /** Whatever has not been fired by then is not. */
  readonly mostMs: number
  readonly onResult?: (result: Result) => void
}

/** More guesses than anybody needs to find out whether they are counted. */
const MOST_GUESSES = 40
const TAKEN: readonly Fault['kind'][] = ['passed', 'arrived', 'forged']

/** Fires every attack from each of its positions. */
export async function fireAll(
  ground: Ground,
  known: Survey,
  { attacks, mostMs, onResult }: RunOptions
): Promise<readonly Result[]> {
  const endMs = performance.now() + mostMs
  const results: Result[] = []
  let isDown = false
  for (const attack of attacks) {
    for (const from of attack.from) {
      const late = performance.now() > endMs ? 'there was no time left' : null
      const result = await fireOne(ground, known, attack, from, isDown ? 'the gateway no longer answers' : late)
      isDown ||= result.faults.some(({ kind }) => kind === 'down')
      results.push(result)
      onResult?.(result)
    }
  }
  return results
}

async function fireOne(
  ground: Ground,
  known: Survey,
  attack: Attack,
  from: PositionName,
  hindrance: string | null
): Promise<Result> {
  const position = ground.positions[from]
  const baseline = known.baselines.get(from)
  const skip = (note: string): Result => ({
    attack,
    from,
    outcome: 'skipped',
    note,
    faults: [],
    sent: '',
    status: null
  })
  if (hindrance !== null) return skip(hindrance)
  if (position === undefined || baseline === undefined) return skip(MISSING[from])
  if ('unusable' in baseline) return skip(baseline.unusable)
  const shot = shotFrom(ground, position)
  const bytes = attack.send(shot)
  if (bytes === null) return skip(WITHOUT[attack.family] ?? 'not every method is refused there')
  const exhausted = await exhaust(ground, attack.exhaust?.(shot) ?? null)
  if (exhausted !== null) return { ...skip(exhausted), outcome: 'asked' }

  ground.takeArrivals?.()
  const heard = await fire(ground.door, bytes)
  const arrivals = known.seesArrivals ? (ground.takeArrivals?.() ?? echoesIn(heard)) : null
  const seen: Seen = { ...heard, arrivals }
  const status = heard.answers[0]?.status ?? null
  const faults = [
    ...crashes(ground),
    ...judge(attack, from, seen, { ...known, baseline }),
    ...(await control(ground, position, baseline))
  ]
  return { attack, from, ...weigh(ground, attack, faults, status), faults, sent: bytes, status }
}

const MISSING: Readonly<Record<PositionName, string>> = {
  'stranger-refused': 'no path is known where strangers are refused',
  'user-refused': 'no signed-in user is known who is refused somewhere',
  'stranger-passes': 'no path is known that strangers may reach',
  'user-passes': 'no signed-in user is known who may reach a path',
  'token-passes': 'no path is known that a token opens',
  endpoint: 'no endpoints to sign in at are known'
}

const WITHOUT: Readonly<Record<string, string>> = {
  tokens: 'a genuine token, or the signing key, is needed',
  browsers: 'an account is needed',
  logins: 'an account is needed'
}

function* crashes({ takeCrashes }: Ground): Generator<Fault> {
  for (const crash of takeCrashes()) {
    yield {
      kind: 'down',
      what: `an error that nobody caught would have ended the gateway: ${String((crash as Error).message)}`
    }
  }
}

/** The innocent request must fare as before, on a connection of its own. */
async function control(
  ground: Ground,
  position: Parameters<typeof requestFrom>[0],
  baseline: Baseline
): Promise<readonly Fault[]> {
  const { answers } = await fire(ground.door, requestFrom(position))
  ground.takeArrivals?.()
  const status = answers[0]?.status ?? null
  if (status === baseline.status || status === 429) return []
  return [
    { kind: 'down', what: `afterwards the innocent request is answered ${status ?? 'nothing'}, not ${baseline.status}` }
  ]
}

/** Until it is refused as too many; otherwise what that says. */
async function exhaust({ door }: Ground, bytes: string | null): Promise<string | null> {
  if (bytes === null) return null
  for (let guesses = 0; guesses < MOST_GUESSES; guesses += 1) {
    const { answers } = await fire(door, bytes)
    if (answers[0]?.status === 429) return null
  }
  return `${MOST_GUESSES} wrong guesses in a row were all taken: users.login can limit them`
}

function weigh(
  { tellsCasesApart }: Ground,
  attack: Attack,
  faults: readonly Fault[],
  status: number | null
): Pick<Result, 'outcome' | 'note'> {
  if (status === 429 && attack.exhaust === undefined && faults.every(({ kind }) => kind !== 'down'))
    return { outcome: 'limited', note: 'a rate limit answered, which proves nothing' }
  if (faults.length === 0) return { outcome: 'held', note: null }
  const isTaken = faults.every(({ kind }) => TAKEN.includes(kind))
  if (isTaken && attack.onlyFor !== undefined) return { outcome: 'asked', note: attack.onlyFor }
  if (isTaken && attack.byCase === true && tellsCasesApart)
    return { outcome: 'asked', note: 'the settings say that the upstream tells letter cases apart' }
  return { outcome: 'found', note: null }
}
