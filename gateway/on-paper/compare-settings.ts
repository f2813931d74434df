/** Two settings files compared in what their rules mean, each change confirmed by the judges that judge on the wire. */

import type { Rule } from '../domain.js'
import { createPaperJudge, type Judgement } from '../judgement.js'
import { type Change, type Comparison, comparePolicies } from '../policy/index.js'
import type { Settings } from '../settings/index.js'
import { analysedPolicyOf, answeredPathsOf, issuersOf } from './analysed-policy.js'
import { outcomeOf } from './outcome.js'

/** What captured segments and rule each side had for the witness. */
export interface JudgedChange extends Change {
  /** Somebody, by some path, now passes who did not. */
  readonly widens: boolean
  /** Whether it is these very rules that decide when the witness asks by another method. */
  readonly holdsFor: (method: string) => boolean
  readonly parameters: { readonly old: Parameters; readonly new: Parameters }
}

type Parameters = Readonly<Record<string, string>>

export interface SettingsComparison {
  readonly changes: readonly JudgedChange[]
  readonly undecided: Comparison['undecided']
  readonly widens: boolean
}

type PaperJudge = ReturnType<typeof createPaperJudge>
type Judges = Readonly<Record<'old' | 'new', PaperJudge>>

export function compareSettings(before: Settings, after: Settings): SettingsComparison {
  const options = { issuers: issuersOf(before, after), answered: answeredPathsOf(before, after) }
  const { changes, undecided } = comparePolicies(analysedPolicyOf(before), analysedPolicyOf(after), options)
  if (changes.length === 0) return { changes: [], undecided, widens: false }
  const judges = { old: createPaperJudge(before), new: createPaperJudge(after) }
  const judged = changes.map((change) => judgeChange(change, judges))
  // A fault of the analysis must not become an answer, and not be passed over either.
  const doubtful = judged.flatMap((change): Comparison['undecided'][number][] => {
    if ('widens' in change) return []
    const side = change.new === null ? 'old' : 'new'
    return [{ side, rule: change[side], limit: 'reading', value: 0 }]
  })
  const confirmed = judged.filter((change) => 'widens' in change)
  return {
    changes: confirmed,
    undecided: [...undecided, ...doubtful],
    widens: confirmed.some(({ widens }) => widens)
  }
}

/** The change as it is where the judges do not confirm it. */
function judgeChange(change: Change, judges: Judges): JudgedChange | Change {
  const ask = (judge: PaperJudge, method: string) => {
    const { host, path, who } = change.witness
    return judge({ method, target: path, authority: host, address: who.address, authentication: who.authentication })
  }
  const [before, after] = [ask(judges.old, change.witness.method), ask(judges.new, change.witness.method)]
  const did = outcomeOf(before)
  const does = outcomeOf(after)
  const isSo =
    (did.verdict === 'allow') === (change.direction !== 'gain') &&
    (does.verdict === 'allow') === (change.direction !== 'loss') &&
    did.rule === change.old &&
    does.rule === change.new
  if (!isSo) return change
  return {
    ...change,
    widens: change.direction === 'gain' || (change.routes.includes('paths') && toleratesMore(change)),
    holdsFor: (method) =>
      outcomeOf(ask(judges.old, method)).rule === change.old && outcomeOf(ask(judges.new, method)).rule === change.new,
    parameters: { old: parametersOf(before), new: parametersOf(after) }
  }
}

const parametersOf = (judgement: Judgement): Parameters =>
  judgement.kind === 'judged' ? judgement.decision.parameters : {}

/** Paths that were refused for their spelling, whoever asked, may pass where the new rule tolerates them. */
function toleratesMore({ old: before, new: after }: { readonly old: Rule | null; readonly new: Rule | null }): boolean {
  if (before === null || after === null) return false
  const keys = ['encodedSlash', 'semicolon', 'emptySegments'] as const
  const isLaxer = (key: (typeof keys)[number]) => before.paths[key] === 'refuse' && after.paths[key] === 'allow'
  return keys.some(isLaxer) || (before.paths.case === 'insensitive' && after.paths.case === 'sensitive')
}
