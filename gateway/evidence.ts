/** What a running gateway knows of requests that came and can tell of those that may come, for explanations. */
import type { Account } from './account.js'
import type { OperatorEvidence } from './admin/index.js'
import type { DecisionMemory } from './decision-memory.js'
import type { Limits } from './limits/index.js'
import type { Settings } from './settings/index.js'

export interface EvidenceParts {
  readonly memory: Pick<DecisionMemory, 'recall'>
  readonly limits: Pick<Limits, 'peek'>
  /** Those that serve now. */
  readonly settings: () => Settings
}

/** A request as the operator is told of it. */
export interface RememberedRequest extends Account {
  /** When it came; ISO 8601. */
  readonly at: string
}

export function createEvidence({ memory, limits, settings }: EvidenceParts): OperatorEvidence {
  return {
    serving() {
      const { revision, upstreams } = settings()
      return {
        revision,
        upstreams: Object.fromEntries(Object.values(upstreams).map(({ name, origins }) => [name, origins]))
      }
    },
    limits(wanted) {
      const { limits: defined, listenerLimit } = settings()
      return wanted.flatMap(({ limit: name, key }) => {
        const limit = name === listenerLimit?.name ? listenerLimit : defined[name]
        if (limit === undefined) return []
        const { remaining, resetMs } = limits.peek(limit, key)
        return [{ limit: name, key, remaining, resetMs }]
      })
    },
    recall(id): RememberedRequest | null {
      const account = memory.recall(id)
      if (account === null) return null
      const at = new Date(Date.now() - (performance.now() - account.startedMs)).toISOString()
      return { ...account, at }
    }
  }
}
