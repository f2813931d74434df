import { type Finding, mistakeAt, mistakeAtKey, quote } from './findings.js'
import { foldHeaderName, reservedClaims, standardClaims } from './identity-leaves.js'
import type { Draft } from './schema.js'
import { readSecret, type Secret, type SecretSource } from './secret.js'
import { suggest } from './suggestions.js'

/** What tokens, claims and identity headers must say about each other. */
export function coherentTokens(draft: Draft): Finding[] {
  return [...sessionAges(draft), ...algorithm(draft), ...configuredClaims(draft), ...identityHeaders(draft)]
}

function sessionAges(draft: Draft): Finding[] {
  const { idle, absolute } = draft.tokens?.refresh ?? {}
  if (idle === undefined || absolute === undefined || idle <= absolute) return []
  return [mistakeAt(['tokens', 'refresh', 'idle'], 'must not be longer than tokens.refresh.absolute')]
}

function algorithm(draft: Draft): Finding[] {
  const { algorithm, keys } = draft.tokens ?? {}
  if (algorithm === undefined || keys === undefined) return []
  const path = ['tokens', 'keys']
  if (algorithm === 'HS256') {
    if (typeof keys === 'object') return []
    return [mistakeAt(path, 'must be a secret, because the algorithm is HS256', `write { secret: "\${NAME}" }`)]
  }
  if (typeof keys === 'string') return []
  return [mistakeAt(path, `must be a directory, because the algorithm is ${algorithm}`, 'a secret is for HS256 alone')]
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
      findings.push(mistakeAtKey(path, `many servers take it for the same field as ${quote(twin)}`, 'keep one of them'))
    }
    if (claim !== undefined && !known.includes(claim)) {
      findings.push(
        mistakeAt(path, `no claim is called ${quote(claim)}`, suggest(claim, known) ?? 'add it to tokens.claims')
      )
    }
    return findings
  })
}

/** RFC 7518 §3.2: a key of HS256 has at least the size of the hash. */
const shortestSecret = 32

/** The signing secret, if the file names one that can be used. */
export function readSigningSecret(
  draft: Draft,
  directory: string
): { readonly secret: Secret | null; readonly findings: readonly Finding[] } {
  const keys = draft.tokens?.keys
  if (typeof keys !== 'object' || keys.secret === undefined) return { secret: null, findings: [] }
  const { secret: source, insecure_short_secret: shortAllowed } = keys
  const path = ['tokens', 'keys', 'secret']
  const refuse = (message: string, hint: string | null = null) => {
    return { secret: null, findings: [mistakeAt(path, message, hint)] }
  }
  const finished = finish(source)
  if (finished === null) return { secret: null, findings: [] }
  const secret = readSecret(finished, directory)
  if ('fault' in secret) return refuse(secret.fault)
  if (Buffer.byteLength(secret.reveal()) >= shortestSecret || shortAllowed === true) return { secret, findings: [] }
  return refuse(`must have at least ${shortestSecret} bytes`, 'make one with: openssl rand -base64 32')
}

function finish(source: {
  readonly text?: string | undefined
  readonly file?: string | undefined
}): SecretSource | null {
  if (source.text !== undefined) return { text: source.text }
  return source.file === undefined ? null : { file: source.file }
}
