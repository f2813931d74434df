import { Counter, Gauge, type Registry } from 'prom-client'

/** Verdicts are `allow`, `rerouted`, `gateway` or a problem code. */
export interface ShadowSample {
  readonly result: 'same' | 'differs'
  readonly verdict: string
  readonly shadow_verdict: string
}

/** What the shadow policy would have done with live requests; label values are bounded by the problem codes. */
export function createShadowMetrics(registry: Registry) {
  const decisions = new Counter({
    name: 'portcullis_shadow_decisions_total',
    help: 'Requests that a second policy judged too, by what it and the one that serves said.',
    labelNames: ['result', 'verdict', 'shadow_verdict'] as const,
    registers: [registry]
  })
  const info = new Gauge({
    name: 'portcullis_shadow_info',
    help: '1 for the revision of the second policy; nothing while there is none, or it has mistakes.',
    labelNames: ['revision'] as const,
    registers: [registry]
  })
  return {
    countShadowDecision: ({ result, verdict, shadow_verdict }: ShadowSample) =>
      decisions.inc({ result, verdict, shadow_verdict }),
    /** null: none judges. */
    noteShadow(revision: string | null) {
      info.reset()
      if (revision !== null) info.set({ revision }, 1)
    }
  }
}

export type ShadowMetrics = ReturnType<typeof createShadowMetrics>
