import { type Finding, mistakeAt, mistakeAtKey } from './findings.js'
import { listWords } from './leaves.js'
import type { Draft } from './schema.js'
import { finishSource, readSecret, type Secret } from './secret.js'

const PATH = ['tokens', 'keys'] as const
type Source = 'directory' | 'files' | 'secret'
export const PUBLISH_BEFORE_MS = 3_600_000

/** What the source of the keys, the algorithm and the times must say about each other. */
export function coherentKeys(draft: Draft): Finding[] {
  const { keys, algorithm } = draft.tokens ?? {}
  const findings = coherentKeySource(PATH, keys, ['directory', 'files', 'secret'])
  const isSecret = typeof keys === 'object' && Object.hasOwn(keys, 'secret')
  const isOne = !findings.some(({ path }) => path.length === PATH.length)
  if (!isSecret || !isOne || algorithm === undefined || algorithm.startsWith('HS')) return findings
  const message = `must be a directory or files, because the algorithm is ${algorithm}`
  return [...findings, mistakeAt([...PATH], message, 'a secret is for HS256, HS384 and HS512')]
}

interface Rotation {
  readonly rotate_every?: number | undefined
  readonly publish_before?: number | undefined
}

/** Keys have one source, and only those in a directory change by themselves. */
export function coherentKeySource(
  path: readonly string[],
  keys: Rotation | string | undefined,
  possible: readonly Source[]
): Finding[] {
  if (typeof keys !== 'object') return []
  const sources = possible.filter((source) => Object.hasOwn(keys, source))
  if (sources.length !== 1) return [mistakeAt([...path], `must have one of ${listWords(possible, 'and')}`)]
  if (sources[0] === 'directory') return rotation(path, keys)
  const strays = (['rotate_every', 'publish_before'] as const).filter((key) => keys[key] !== undefined)
  return strays.map((key) => mistakeAtKey([...path, key], 'is for keys in a directory alone'))
}

function rotation(path: readonly string[], keys: Rotation): Finding[] {
  const { rotate_every: every, publish_before: before = PUBLISH_BEFORE_MS } = keys
  if (every === undefined || every > before) return []
  const message = 'must be longer than publish_before'
  return [
    mistakeAt([...path, 'rotate_every'], message, keys.publish_before === undefined ? 'which is 1h by default' : null)
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
  const finished = finishSource(source)
  if (finished === null) return { secret: null, findings: [] }
  const secret = readSecret(finished, directory)
  if ('fault' in secret) return refuse(secret.fault)
  const least = shortestSecret[algorithm === 'HS384' || algorithm === 'HS512' ? algorithm : 'HS256']
  if (Buffer.byteLength(secret.reveal()) >= least || shortAllowed === true) return { secret, findings: [] }
  return refuse(`must have at least ${least} bytes`, `make one with: openssl rand -base64 ${least}`)
}
