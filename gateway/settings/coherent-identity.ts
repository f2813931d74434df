import { coherentKeySource } from './coherent-keys.js'
import { simpleJwtClaims } from './coherent-simplejwt.js'
import { type Finding, mistakeAt, mistakeAtKey, placeOfKey, quote } from './findings.js'
import { foldHeaderName, standardClaims } from './identity-leaves.js'
import { fieldsOf } from './identity-presets.js'
import type { Draft } from './schema.js'
import { suggest } from './suggestions.js'

/** What fields, presets, assertion and claims must say about each other. */
export function coherentIdentity(draft: Draft): Finding[] {
  const { assertion } = draft.identity ?? {}
  return [
    ...identityHeaders(draft),
    ...(assertion === undefined
      ? []
      : [
          ...assertionHeader(draft),
          ...assertedClaims(draft),
          ...assertionAudience(draft),
          ...coherentKeySource(['identity', 'assertion', 'keys'], assertion.keys, ['directory', 'files'])
        ])
  ]
}

/** What of these names nobody here can be told; tokens of others may carry any claim. */
function unknownClaim(draft: Draft, claim: string | undefined, path: (string | number)[]): Finding[] {
  const known = [...standardClaims, ...simpleJwtClaims(draft), ...Object.keys(draft.tokens?.claims ?? {})]
  if (claim === undefined || known.includes(claim) || Object.keys(draft.issuers ?? {}).length > 0) return []
  return [mistakeAt(path, `no claim is called ${quote(claim)}`, suggest(claim, known) ?? 'add it to tokens.claims')]
}

function identityHeaders(draft: Draft): Finding[] {
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
    return [...findings, ...unknownClaim(draft, claim, path)]
  })
}

/** The fields that tell who asks, those of presets or of the default included. */
export function toldFields(identity: Draft['identity']): readonly string[] {
  const presets = (identity?.preset ?? []).flatMap((preset) => preset ?? [])
  const isDefault = presets.length > 0 || identity?.headers === undefined
  return Object.keys({ ...identity?.headers, ...(isDefault ? fieldsOf(presets) : {}) })
}

/** The assertion has its field to itself. */
function assertionHeader({ identity }: Draft): Finding[] {
  const header = identity?.assertion?.header
  if (header === undefined) return []
  const others = toldFields(identity)
  const twin = others.find((other) => foldHeaderName(other) === foldHeaderName(header))
  if (twin === undefined) return []
  return [
    mistakeAt(['identity', 'assertion', 'header'], `is taken: ${quote(twin)} tells who asks`, 'choose another name')
  ]
}

function assertedClaims(draft: Draft): Finding[] {
  return (draft.identity?.assertion?.claims ?? []).flatMap((claim, index) =>
    unknownClaim(draft, claim, ['identity', 'assertion', 'claims', index])
  )
}

/** Whoever verifies access tokens without a look at `typ` would take an assertion of the same audience for one. */
function assertionAudience({ tokens, upstreams }: Draft): Finding[] {
  return (tokens?.audience ?? []).flatMap((audience, index) => {
    if (audience === undefined || !Object.hasOwn(upstreams ?? {}, audience)) return []
    const related = [placeOfKey(['upstreams', audience], 'this one')]
    const message = 'must not be the name of an upstream, which is the audience of its assertions'
    return [mistakeAt(['tokens', 'audience', index], message, 'give one of them another name', related)]
  })
}
