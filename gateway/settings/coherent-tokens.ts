import { coherentKeys } from './coherent-keys.js'
import { type Finding, mistakeAt, mistakeAtKey, placeOfValue } from './findings.js'
import { reservedClaims } from './identity-leaves.js'
import type { Draft } from './schema.js'

/** What tokens and claims must say about each other. */
export function coherentTokens(draft: Draft): Finding[] {
  return [...sessionAges(draft), ...coherentKeys(draft), ...configuredClaims(draft), ...sizeOfNames(draft)]
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

/** What every token says, whoever it is for; with more, none could be issued to a user who has some roles. */
const MOST_NAMED_BYTES = 6 * 1024

function sizeOfNames({ tokens }: Draft): Finding[] {
  const claims = Object.keys(tokens?.claims ?? {})
  const bytes = Buffer.byteLength(JSON.stringify([claims, tokens?.audience, tokens?.issuer]))
  if (bytes <= MOST_NAMED_BYTES) return []
  const hint = `the names of the claims, the audience and the issuer may have ${MOST_NAMED_BYTES} bytes together`
  return [mistakeAt(['tokens'], `make every token too long by ${bytes - MOST_NAMED_BYTES} bytes`, hint)]
}
