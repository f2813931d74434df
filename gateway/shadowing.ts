/** Live traffic, judged by a second policy as well, without effect. */
import type { Metrics } from './admin/index.js'
import type { Decision } from './domain.js'
import type { Exchange } from './exchange.js'
import { createJudge, type Judge, type JudgingSettings } from './judgement.js'
import { type Outcome, outcomeOf } from './on-paper/index.js'
import type { Resources } from './serving.js'

/** What the second policy would have done otherwise, as it stands in the access log. */
export interface ShadowDifference {
  readonly revision: string
  readonly verdict: Outcome['verdict']
  readonly code?: string
  readonly rule: { readonly index: number; readonly line: number; readonly path: string } | null
  readonly upstream?: string
}

export type Shadowing = ReturnType<typeof createShadowing>

/** In one word each, of a number that codes bound; `rerouted`: it passes, to another upstream. */
function verdictLabel({ verdict, code, upstream }: Outcome, served: string | null): string {
  if (verdict === 'own') return 'gateway'
  if (verdict === 'deny') return code ?? 'deny'
  return served === null || upstream === served ? 'allow' : 'rerouted'
}

function describe({ verdict, code, rule, upstream }: Outcome, revision: string): ShadowDifference {
  return {
    revision,
    verdict,
    ...(code === null ? {} : { code }),
    rule: rule === null ? null : { index: rule.index, line: rule.line, path: rule.path },
    ...(upstream === null ? {} : { upstream })
  }
}

/**
 * Judges decided requests by a second policy, if there is one. Only its rules count: who asks is who the first one's
 * settings found, and its limits count nothing. Whatever goes wrong here is told and changes nothing.
 */
export function createShadowing({
  metrics,
  failure
}: {
  readonly metrics: Metrics
  readonly failure: Resources['failure']
}) {
  let second: { readonly judge: Judge; readonly revision: string } | null = null

  function judgeToo(judge: Judge, exchange: Exchange, decision: Decision, revision: string): ShadowDifference | null {
    const { target, method, peer, authentication } = exchange
    if ('fault' in target) return null
    const outcome = outcomeOf(judge({ method, target, address: peer.address, authentication }))
    const served = decision.allow ? (decision.rule?.upstream ?? null) : null
    const verdict = decision.because ?? 'allow'
    const shadowVerdict = verdictLabel(outcome, served)
    const differs = verdict !== shadowVerdict
    metrics.countShadowDecision({ result: differs ? 'differs' : 'same', verdict, shadow_verdict: shadowVerdict })
    return differs ? describe(outcome, revision) : null
  }

  return {
    /** null: it would have done the same, or nobody is asked. */
    judge(exchange: Exchange, decision: Decision): ShadowDifference | null {
      if (second === null) return null
      try {
        return judgeToo(second.judge, exchange, decision, second.revision)
      } catch (error) {
        failure(error, { request_id: exchange.id, shadow: second.revision })
        return null
      }
    },
    /** Compares with these settings from now on; null: with none. */
    replace(settings: JudgingSettings | null): void {
      second = settings === null ? null : { judge: createJudge(settings), revision: settings.revision }
      metrics.noteShadow(second?.revision ?? null)
    }
  }
}
