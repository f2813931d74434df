/** The latest requests that rules judged, so that an operator can ask why by the id in an error's body or a log line. */
import type { Account } from './account.js'

export interface DecisionMemory {
  /** `characters`: of the request's target, which the client chose and its account holds on to. */
  readonly remember: (account: Account, characters: number) => void
  /** By the id of the decision or of the request. */
  readonly recall: (id: string) => Account | null
}

const MOST = 10_000
/** Of all targets together: ordinary ones never come near, and long ones shorten the memory instead of filling ours. */
const MOST_CHARACTERS = 16 * 1024 * 1024

/** A ring: remembering is a store into an array; only who asks searches. */
export function createDecisionMemory(most = MOST, mostCharacters = MOST_CHARACTERS): DecisionMemory {
  const ring = new Array<Account | null>(most).fill(null)
  const lengths = new Uint32Array(most)
  let next = 0
  let count = 0
  let held = 0

  function forgetOldest(): void {
    const oldest = (next - count + most) % most
    ring[oldest] = null
    held -= lengths[oldest] ?? 0
    count -= 1
  }

  return {
    remember(account, characters) {
      if (count === most) forgetOldest()
      ring[next] = account
      lengths[next] = characters
      next = (next + 1) % most
      count += 1
      held += characters
      while (held > mostCharacters) forgetOldest()
    },
    recall(id) {
      for (let back = 1; back <= count; back += 1) {
        const account = ring[(next - back + most) % most] ?? null
        if (account?.decision?.id === id || account?.requestId === id) return account
      }
      return null
    }
  }
}
