import type { Rule } from '../domain.js'
import type { CannotTell, LoggedDecision, LoggedRequest, Outcome, Replayed } from '../on-paper/index.js'

/** What a difference means to whoever asked; in the order of their weight. */
const DIRECTIONS = [
  'now passes',
  'now refused',
  'now goes elsewhere',
  'now answered by the gateway',
  'refused otherwise'
] as const

export interface Example {
  /** Of the log. */
  readonly line: number
  readonly request: LoggedRequest
}

/** Requests that one rule decided in one way, and another now decides in another. */
export interface Group {
  readonly direction: (typeof DIRECTIONS)[number]
  readonly before: LoggedDecision
  readonly now: Outcome
  count: number
  firstTime: string | null
  lastTime: string | null
  readonly examples: Example[]
}

export interface Summary {
  readonly lines: number
  readonly same: number
  readonly differing: number
  /** Answered by the gateway itself, then and now. */
  readonly own: number
  readonly untold: ReadonlyMap<CannotTell, number>
  readonly skipped: ReadonlyMap<string, number>
  readonly unreadable: { readonly count: number; readonly firstLine: number | null }
  /** The weightiest direction first, then the most frequent. */
  readonly groups: readonly Group[]
}

const MOST_EXAMPLES = 3

type Difference = Extract<Replayed, { readonly kind: 'differs' }>

const count = <K>(counts: Map<K, number>, key: K) => counts.set(key, (counts.get(key) ?? 0) + 1)

function directionOf(before: LoggedDecision, now: Outcome): Group['direction'] {
  if (now.verdict === 'own') return 'now answered by the gateway'
  if (now.verdict === 'allow') return before.allow ? 'now goes elsewhere' : 'now passes'
  return before.allow ? 'now refused' : 'refused otherwise'
}

const ruleKey = (rule: Rule | null) => (rule === null ? '' : rule.index)

/** Sums up what became of lines, in memory that grows with the pairs of rules, not with the log. */
export function createSummary() {
  const groups = new Map<string, Group>()
  const untold = new Map<CannotTell, number>()
  const skipped = new Map<string, number>()
  let [same, differing, own, unreadable] = [0, 0, 0, 0]
  let firstUnreadable: number | null = null

  function groupOf({ before, now }: Difference): Group {
    const key = JSON.stringify([
      before.rule?.path,
      before.code,
      before.upstream,
      ruleKey(now.rule),
      now.code,
      now.verdict
    ])
    const known = groups.get(key)
    if (known !== undefined) return known
    const direction = directionOf(before, now)
    const group: Group = { direction, before, now, count: 0, firstTime: null, lastTime: null, examples: [] }
    groups.set(key, group)
    return group
  }

  function addDifference(difference: Difference, line: number): void {
    const { request } = difference
    const group = groupOf(difference)
    group.count += 1
    const { time } = request
    if (time !== null) {
      // Times in one form compare as texts; logs put together from several need not be in order.
      if (group.firstTime === null || time < group.firstTime) group.firstTime = time
      if (group.lastTime === null || time > group.lastTime) group.lastTime = time
    }
    const isKnown = ({ request: { method, host, path, who } }: Example) =>
      method === request.method && host === request.host && path === request.path && who === request.who
    if (group.examples.length < MOST_EXAMPLES && !group.examples.some(isKnown)) group.examples.push({ line, request })
  }

  return {
    add(replayed: Replayed, line: number): void {
      switch (replayed.kind) {
        case 'same':
          same += 1
          break
        case 'own':
          own += 1
          break
        case 'skipped':
          count(skipped, replayed.because)
          break
        case 'untold':
          count(untold, replayed.because)
          break
        case 'unreadable':
          unreadable += 1
          firstUnreadable ??= line
          break
        case 'differs':
          differing += 1
          addDifference(replayed, line)
      }
    },
    finish: (lines: number): Summary => ({
      lines,
      same,
      differing,
      own,
      untold,
      skipped,
      unreadable: { count: unreadable, firstLine: firstUnreadable },
      groups: [...groups.values()].toSorted(
        (one, other) =>
          DIRECTIONS.indexOf(one.direction) - DIRECTIONS.indexOf(other.direction) || other.count - one.count
      )
    })
  }
}
