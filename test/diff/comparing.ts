/** What the tests of comparing share: settings from text, and the verdict on a witness. */

import type { Authentication } from '../../gateway/domain.js'
import { createPaperJudge } from '../../gateway/judgement.js'
import { compareSettings } from '../../gateway/on-paper/compare-settings.js'
import { type Outcome, outcomeOf } from '../../gateway/on-paper/outcome.js'
import { findExcess, readPattern } from '../../gateway/policy/index.js'
import { formatMistake, parseSettings, type Settings } from '../../gateway/settings/index.js'

export const head = `upstreams:
  app: { url: "http://127.0.0.1:9001" }
  other: { url: "http://127.0.0.1:9002" }
`

export function settingsOf(source: string): Settings {
  const result = parseSettings('gateway.yaml', source, {}, { findExcess, readPattern })
  if ('settings' in result) return result.settings
  throw new Error(result.mistakes.map(formatMistake).join('\n'))
}

export interface Asked {
  readonly method: string
  readonly host: string
  readonly path: string
  readonly address: string
  readonly authentication: Authentication
}

export function createAsk(settings: Settings): (asked: Asked) => Outcome {
  const judge = createPaperJudge(settings)
  return ({ host, path, ...asked }) => outcomeOf(judge({ ...asked, authority: host, target: path }))
}

/** Each entry as `gain 3 → 4`, by lines; throws for a witness that the two judges do not confirm. */
export function entriesOf(before: Settings, after: Settings): string[] {
  const [askBefore, askAfter] = [createAsk(before), createAsk(after)]
  const { changes, undecided } = compareSettings(before, after)
  if (undecided.length > 0) throw new Error(`undecided: ${JSON.stringify(undecided)}`)
  return changes.map(({ direction, old, new: now, witness: { who, ...request } }) => {
    const [did, does] = [askBefore({ ...request, ...who }), askAfter({ ...request, ...who })]
    const seen = directionOf(did, does)
    if (seen !== direction || did.rule !== old || does.rule !== now) {
      throw new Error(`not confirmed: ${direction}, but ${JSON.stringify({ request, who, did, does })}`)
    }
    return `${direction} ${old?.line ?? '-'} → ${now?.line ?? '-'}`
  })
}

export function directionOf(did: Outcome, does: Outcome): 'gain' | 'loss' | 'reroute' | null {
  const [passed, passes] = [did.verdict === 'allow', does.verdict === 'allow']
  if (passed !== passes) return passes ? 'gain' : 'loss'
  if (!passes || did.rule === null || does.rule === null) return null
  const [one, other] = [did.rule, does.rule]
  const isSame =
    one.upstream === other.upstream &&
    one.limits.toSorted().join() === other.limits.toSorted().join() &&
    JSON.stringify(one.paths) === JSON.stringify(other.paths)
  return isSame ? null : 'reroute'
}
