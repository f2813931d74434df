import { toldFields } from './coherent-identity.js'
import {
  type Finding,
  mistakeAt,
  mistakeAtKey,
  type Path,
  placeOfKey,
  placeOfValue,
  quote,
  warningAt
} from './findings.js'
import { foldHeaderName, reservedClaims } from './identity-leaves.js'
import type { Draft } from './schema.js'
import { finishSource, readSecret, type Secret } from './secret.js'

type DraftSimpleJwt = NonNullable<NonNullable<Draft['compat']>['simplejwt']>

const at = (...path: Path): Path => ['compat', 'simplejwt', ...path]

/** What the sections of this kind of tokens must say about each other and about the rest of the file. */
export function coherentSimpleJwt(draft: Draft): Finding[] {
  const section = draft.compat?.simplejwt
  if (section === undefined) return []
  return [
    ...prefixes(section, draft),
    ...ages(section),
    ...keys(section, draft),
    ...claimNames(section, draft),
    ...header(section, draft)
  ]
}

function prefixes({ prefix }: DraftSimpleJwt, { auth, public_health: health }: Draft): Finding[] {
  const other = auth?.prefix
  if (prefix === undefined) return []
  if (prefix === health) return [mistakeAt(at('prefix'), 'is public_health too')]
  if (other === undefined) return []
  const within = (one: string, around: string) => `${one}/`.toLowerCase().startsWith(`${around}/`.toLowerCase())
  if (!within(prefix, other) && !within(other, prefix)) return []
  const related = [placeOfValue(['auth', 'prefix'], 'this one')]
  return [mistakeAt(at('prefix'), 'and auth.prefix lie within each other', 'keep them apart', related)]
}

function ages({ rotate, refresh, session }: DraftSimpleJwt): Finding[] {
  if (rotate !== true || refresh === undefined || session === undefined || refresh <= session) return []
  return [mistakeAt(at('refresh'), 'must not be longer than session', null, [placeOfKey(at('session'), 'this')])]
}

/** Algorithms that simplejwt does not know. */
const UNKNOWN_THERE = /^(?:PS|EdDSA)/

function keys({ signing_key: key, algorithm }: DraftSimpleJwt, { tokens }: Draft): Finding[] {
  if (key === undefined) return ownKeys(algorithm, tokens?.algorithm)
  const sources = (['secret', 'file'] as const).filter((source) => Object.hasOwn(key, source))
  if (sources.length !== 1) return [mistakeAt(at('signing_key'), 'must have one of secret and file')]
  const symmetric = (algorithm ?? 'HS256').startsWith('HS')
  const findings: Finding[] = []
  if (symmetric !== (sources[0] === 'secret')) {
    const hint = symmetric ? 'say secret, or another algorithm' : 'say file: the private key in PEM'
    findings.push(mistakeAt(at('signing_key'), `does not fit ${algorithm ?? 'HS256'}`, hint))
  }
  if (key.insecure_short_secret === true)
    findings.push(warningAt(at('signing_key', 'insecure_short_secret'), 'weakens the gateway'))
  return findings
}

function ownKeys(algorithm: string | undefined, own: string | undefined): Finding[] {
  if (algorithm !== undefined) {
    const hint = 'without signing_key, tokens.algorithm is what signs'
    return [mistakeAtKey(at('algorithm'), 'says what signing_key signs with, and there is none', hint)]
  }
  if (own?.startsWith('HS')) {
    const what =
      'signs with the secret of tokens.keys: Django, which needs it to verify, could sign all tokens of the gateway'
    return [warningAt(at(), what, 'say signing_key here, with the key that Django has already')]
  }
  if (own === undefined || !UNKNOWN_THERE.test(own)) return []
  const hint = 'choose ES256, RS256 or HS256 there, or say signing_key here'
  return [mistakeAt(at(), `cannot sign with tokens.algorithm: simplejwt does not know ${own}`, hint)]
}

/** A field that no client may send cannot be the one that tokens come in. */
function header({ auth_header: name }: DraftSimpleJwt, { identity }: Draft): Finding[] {
  if (name === undefined) return []
  const reserved = [...toldFields(identity), identity?.assertion?.header ?? '', ...(identity?.strip ?? [])]
  if (!reserved.some((other) => other !== undefined && foldHeaderName(other) === foldHeaderName(name))) return []
  return [mistakeAt(at('auth_header'), 'is a field of identity, which no client can send', 'choose another name')]
}

/** Claims by which the gateway knows its own tokens again; `sub` and `jti` may be what the names below stand for. */
const RENAMABLE = ['user_id_claim', 'token_type_claim', 'jti_claim'] as const

function claimNames(section: DraftSimpleJwt, { tokens }: Draft): Finding[] {
  const names: [Path, string | undefined][] = [
    ...RENAMABLE.map((key): [Path, string | undefined] => [at(key), section[key]]),
    [at('sliding', 'refresh_exp_claim'), section.sliding?.refresh_exp_claim]
  ]
  const seen = new Map<string, Path>()
  return names.flatMap(([path, name]) => {
    if (name === undefined) return []
    const twin = seen.get(name)
    seen.set(name, path)
    if (twin !== undefined) return [mistakeAt(path, 'must be another name', null, [placeOfValue(twin, 'this one')])]
    if (Object.hasOwn(tokens?.claims ?? {}, name)) {
      return [mistakeAtKey(['tokens', 'claims', name], `is what ${path.slice(2).join('.')} calls a claim of its own`)]
    }
    return isTaken(name, path, section) ? [mistakeAt(path, `${quote(name)} is a claim of the gateway itself`)] : []
  })
}

function isTaken(name: string, path: Path, { user_id: userId }: DraftSimpleJwt): boolean {
  const key = path.at(-1)
  if (key === 'user_id_claim' && (name === 'sub' || (name === 'username' && userId === 'username'))) return false
  return reservedClaims.has(name) && !(key === 'jti_claim' && name === 'jti')
}

/** RFC 7518 §3.2: a secret has at least the size of the hash. */
const SHORTEST = { HS256: 32, HS384: 48, HS512: 64 } as const

/** Django's key, if the file names one that can be used. */
export function readSimpleJwtSecret(
  draft: Draft,
  directory: string
): { readonly secret: Secret | null; readonly findings: readonly Finding[] } {
  const { signing_key: key, algorithm } = draft.compat?.simplejwt ?? {}
  const source = finishSource(key?.secret ?? {})
  if (source === null) return { secret: null, findings: [] }
  const secret = readSecret(source, directory)
  const path = at('signing_key', 'secret')
  if ('fault' in secret) return { secret: null, findings: [mistakeAt(path, secret.fault)] }
  const least = SHORTEST[algorithm === 'HS384' || algorithm === 'HS512' ? algorithm : 'HS256']
  if (key?.insecure_short_secret === true || Buffer.byteLength(secret.reveal()) >= least)
    return { secret, findings: [] }
  const hint = `make one with: openssl rand -base64 ${least}, for Django too; or say insecure_short_secret: true`
  return { secret: null, findings: [mistakeAt(path, `must have at least ${least} bytes`, hint)] }
}

/** Claims that only these tokens have, and that rules and upstreams may be told of. */
export function simpleJwtClaims({ compat }: Draft): readonly string[] {
  const { user_id_claim: userId } = compat?.simplejwt ?? {}
  return userId === undefined ? [] : [userId]
}
