import { type Finding, mistakeAt, warningAt } from './findings.js'
import { isEveryAddress } from './network-leaves.js'
import type { Draft } from './schema.js'

/** Whoever is answered names the client's address, and learns what the rules would say to anybody. */
export function coherentForwardAuth(draft: Draft): Finding[] {
  const { from = [], insecure_from_everywhere: everywhere } = draft.forward_auth ?? {}
  if (everywhere === true) return [warningAt(['forward_auth', 'insecure_from_everywhere'], 'weakens the gateway')]
  return from.flatMap((network, index) => {
    if (network === undefined || !isEveryAddress(network)) return []
    const hint = 'name the proxies, or say insecure_from_everywhere: true'
    return [
      mistakeAt(['forward_auth', 'from', index], 'would let every client ask, from an address of its choice', hint)
    ]
  })
}
