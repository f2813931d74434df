import { coherentKeys } from './coherent-keys.js'
import { type Finding, mistakeAt, mistakeAtKey, placeOfValue } from './findings.js'
import { reservedClaims } from './identity-leaves.js'
import type { Draft } from './schema.js'

/** What tokens and claims must say about each other. */
export function coherentTokens(draft: Draft): Finding[] {
  return [...sessionAges(draft), ...coherentKeys(draft), ...configuredClaims(draft)]
}

function sessionAges(draft: Draft): Finding[] {
  const { idle, absolute } = draft.tokens?.refresh ?? {}
  if (idle === undefined || absolute === undefined || idle <= absolute) return []
  const related = [placeOfValue(['tokens', 'refresh', 'absolute'], 'this')]
  return [mistakeAt(['tokens', 'refresh', 'idle'], 'must not be longer than tokens.refresh.absolute', null, related)]
}

function configuredClaims(draft: Draft): Finding[] {
  return Object.keys(draft.tokens?.claims ?? {}).flatMap((claim) => {
    if (!reservedClaims.has(claim)) return []
    return [mistakeAtKey(['tokens', 'claims', claim], 'is a claim of the gateway itself', 'choose another name')]
  })
}
