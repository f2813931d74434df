import { type Finding, mistakeAt, mistakeAtKey } from './findings.js'
import type { Draft } from './schema.js'
import { readSecret, type Secret, type SecretSource } from './secret.js'

const PATH = ['tokens', 'keys'] as const
export const PUBLISH_BEFORE_MS = 3_600_000

/** What the source of the keys, the algorithm and the times must say about each other. */
export function coherentKeys(draft: Draft): Finding[] {
  const { keys, algorithm } = draft.tokens ?? {}
  if (typeof keys !== 'object') return []
  const sources = (['directory', 'files', 'secret'] as const).filter((source) => Object.hasOwn(keys, source))
  if (sources.length !== 1) return [mistakeAt([...PATH], 'must have one of directory, files and secret')]
  const [source] = sources
  const strays = (['rotate_every', 'publish_before'] as const).filter((key) => keys[key] !== undefined)
  const findings: Finding[] =
    source === 'directory'
      ? rotation(keys)
      : strays.map((key) => mistakeAtKey([...PATH, key], 'is for keys in a directory alone'))
  if (source === 'secret' && algorithm !== undefined && !algorithm.startsWith('HS')) {
    const message = `must be a directory or files, because the algorithm is ${algorithm}`
    findings.push(mistakeAt([...PATH], message, 'a secret is for HS256, HS384 and HS512'))
  }
  return findings
}

function rotation(keys: {
  readonly rotate_every?: number | undefined
  readonly publish_before?: number | undefined
}): Finding[] {
  const { rotate_every: every, publish_before: before = PUBLISH_BEFORE_MS } = keys
  if (every === undefined || every > before) return []
  const message = 'must be longer than publish_before'
  return [
    mistakeAt([...PATH, 'rotate_every'], message, keys.publish_before === undefined ? 'which is 1h by default' : null)
  ]
}

/** RFC 7518 §3.2: a secret has at least the size of the hash. */
const shortestSecret = { HS256: 32, HS384: 48, HS512: 64 } as const

/** The signing secret, if the file names one that can be used. */
export function readSigningSecret(
  draft: Draft,
  directory: string
): { readonly secret: Secret | null; readonly findings: readonly Finding[] } {
  const { keys, algorithm } = draft.tokens ?? {}
  if (typeof keys !== 'object' || keys.secret === undefined) return { secret: null, findings: [] }
  const { secret: source, insecure_short_secret: shortAllowed } = keys
  const refuse = (message: string, hint: string | null = null) => {
    return { secret: null, findings: [mistakeAt([...PATH, 'secret'], message, hint)] }
  }
  const finished = finish(source)
  if (finished === null) return { secret: null, findings: [] }
  const secret = readSecret(finished, directory)
  if ('fault' in secret) return refuse(secret.fault)
  const least = shortestSecret[algorithm === 'HS384' || algorithm === 'HS512' ? algorithm : 'HS256']
  if (Buffer.byteLength(secret.reveal()) >= least || shortAllowed === true) return { secret, findings: [] }
  return refuse(`must have at least ${least} bytes`, `make one with: openssl rand -base64 ${least}`)
}

function finish(source: {
  readonly text?: string | undefined
  readonly file?: string | undefined
}): SecretSource | null {
  if (source.text !== undefined) return { text: source.text }
  return source.file === undefined ? null : { file: source.file }
}
