import { resolve } from 'node:path'
import { PUBLISH_BEFORE_MS } from './coherent-keys.js'
import type { FileSettings } from './schema.js'
import type { Secret } from './secret.js'
import type { TokenKeys } from './settings.js'

/** Where the signing keys come from; paths absolute. `secret` is what the file's own words were read as. */
export function readKeys(keys: FileSettings['tokens']['keys'], secret: Secret | null, directory: string): TokenKeys {
  if (secret !== null) return { kind: 'secret', secret }
  if (typeof keys === 'string') return folder(resolve(directory, keys), null, PUBLISH_BEFORE_MS)
  const { files, directory: path = '', rotate_every: every = null, publish_before: before = PUBLISH_BEFORE_MS } = keys
  if (files !== undefined) return { kind: 'files', paths: files.map((file) => resolve(directory, file)) }
  return folder(resolve(directory, path), every, before)
}

const folder = (path: string, rotateEveryMs: number | null, publishBeforeMs: number): TokenKeys => ({
  kind: 'directory',
  path,
  rotateEveryMs,
  publishBeforeMs
})
