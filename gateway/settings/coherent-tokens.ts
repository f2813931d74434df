import { coherentKeys } from './coherent-keys.js'
import { type Finding, mistakeAt, mistakeAtKey, placeOfKey, placeOfValue, quote } from './findings.js'
import { foldHeaderName, reservedClaims, standardClaims } from './identity-leaves.js'
import type { Draft } from './schema.js'
import { suggest } from './suggestions.js'

/** What tokens, claims and identity headers must say about each other. */
export function coherentTokens(draft: Draft): Finding[] {
  return [...sessionAges(draft), ...coherentKeys(draft), ...configuredClaims(draft), ...identityHeaders(draft)]
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

function identityHeaders(draft: Draft): Finding[] {
  const known = [...standardClaims, ...Object.keys(draft.tokens?.claims ?? {})]
  const folded = new Map<string, string>()
  return Object.entries(draft.identity?.headers ?? {}).flatMap(([header, claim]) => {
    const path = ['identity', 'headers', header]
    const twin = folded.get(foldHeaderName(header))
    folded.set(foldHeaderName(header), header)
    const findings: Finding[] = []
    if (twin !== undefined) {
      const related = [placeOfKey(['identity', 'headers', twin], 'this one')]
      const message = `many servers take it for the same field as ${quote(twin)}`
      findings.push(mistakeAtKey(path, message, 'keep one of them', related))
    }
    // Tokens of others may carry any claim.
    if (claim !== undefined && !known.includes(claim) && Object.keys(draft.issuers ?? {}).length === 0) {
      findings.push(
        mistakeAt(path, `no claim is called ${quote(claim)}`, suggest(claim, known) ?? 'add it to tokens.claims')
      )
    }
    return findings
  })
}
