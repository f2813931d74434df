import type { Algorithm } from './algorithms.js'
import { openFolderKeyring } from './folder-keyring.js'
import { filesKeyring, secretKeyring } from './given-keyring.js'
import type { Keyring, KeyringOptions, KeySource } from './keyring.js'

/**
 * Opens the keys of a source. A folder without a key for `algorithm` gets a new one (file 0600, folder 0700). Rejects with
 * KeyRefused when a key cannot be used or is too weak.
 */
export async function createKeyring(
  source: KeySource,
  algorithm: Algorithm,
  options: KeyringOptions = {}
): Promise<Keyring> {
  if (source.kind === 'files') return filesKeyring(source.paths, algorithm, options.setting)
  if (source.kind === 'directory') {
    const { path, rotateEveryMs = null, publishBeforeMs = 3_600_000 } = source
    return openFolderKeyring(path, options, {
      algorithm,
      lifetimeSeconds: Math.ceil((options.accessMs ?? 0) / 1000),
      rotateEverySeconds: rotateEveryMs === null ? null : Math.ceil(rotateEveryMs / 1000),
      publishBeforeSeconds: Math.ceil(publishBeforeMs / 1000)
    })
  }
  return secretKeyring(source.secret.reveal(), algorithm, options.allowShortSecret ?? false)
}
