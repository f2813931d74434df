import { resolve } from 'node:path'
import { PUBLISH_BEFORE_MS } from './coherent-keys.js'
import type { FileSettings } from './schema.js'
import type { Secret } from './secret.js'
import type { TokenKeys } from './settings.js'

type GivenKeys = Exclude<TokenKeys, { readonly kind: 'secret' }>

/** Where the signing keys come from; paths absolute. `secret` is what the file's own words were read as. */
export function readKeys(keys: FileSettings['tokens']['keys'], secret: Secret | null, directory: string): TokenKeys {
  return secret === null ? readGivenKeys(keys, directory) : { kind: 'secret', secret }
}

/** The same for keys that are no secret. */
export function readGivenKeys(
  keys: NonNullable<NonNullable<FileSettings['identity']['assertion']>['keys']>,
  directory: string
): GivenKeys {
  if (typeof keys === 'string') return folder(resolve(directory, keys), null, PUBLISH_BEFORE_MS)
  const { files, directory: path = '', rotate_every: every = null, publish_before: before = PUBLISH_BEFORE_MS } = keys
  if (files !== undefined) return { kind: 'files', paths: files.map((file) => resolve(directory, file)) }
  return folder(resolve(directory, path), every, before)
}

const folder = (path: string, rotateEveryMs: number | null, publishBeforeMs: number): GivenKeys => ({
  kind: 'directory',
  path,
  rotateEveryMs,
  publishBeforeMs
})
