import { join } from 'node:path'
import { mapValues } from './build-allow.js'
import { readGivenKeys } from './build-keys.js'
import { foldHeaderName } from './identity-leaves.js'
import { fieldsOf } from './identity-presets.js'
import type { FileSettings } from './schema.js'
import type { AssertionSettings, IdentitySettings, TokenKeys } from './settings.js'

/** What the file says of a field takes the place of what a preset says, in whatever spelling. */
function readHeaders({ headers, preset = [] }: FileSettings['identity']): IdentitySettings['headers'] {
  const own = headers ?? {}
  const spoken = new Set(Object.keys(own).map(foldHeaderName))
  const others = headers !== undefined && preset.length === 0 ? {} : fieldsOf(preset)
  const kept = Object.entries(others).filter(([name]) => !spoken.has(foldHeaderName(name)))
  return mapValues({ ...Object.fromEntries(kept), ...own }, (source) => source)
}

/** The keys of assertions lie beside those of access tokens and turn as they do, unless the file says otherwise. */
function readKeys(
  keys: NonNullable<FileSettings['identity']['assertion']>['keys'],
  beside: TokenKeys,
  dataDirectory: string,
  directory: string
): AssertionSettings['keys'] {
  if (keys !== undefined) return readGivenKeys(keys, directory)
  if (beside.kind === 'directory') return { ...beside, path: join(beside.path, 'assertion') }
  return readGivenKeys(join(dataDirectory, 'keys', 'assertion'), directory)
}

export function readIdentity(
  { identity }: FileSettings,
  tokenKeys: TokenKeys,
  dataDirectory: string,
  directory: string
): IdentitySettings {
  const { assertion, strip } = identity
  const headers = readHeaders(identity)
  if (assertion === undefined) return { headers, strip, assertion: null }
  const { header, ttl, claims } = assertion
  const keys = readKeys(assertion.keys, tokenKeys, dataDirectory, directory)
  return { headers, strip, assertion: { header, ttlMs: ttl, claims, keys } }
}
