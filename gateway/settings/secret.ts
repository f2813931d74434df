import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { inspect } from 'node:util'

/** A value that shows itself only when asked by name. */
export interface Secret {
  readonly reveal: () => string
}

export type SecretSource = { readonly text: string } | { readonly file: string }

const shown = '[secret]'

export function createSecret(text: string): Secret {
  const print = () => shown
  return Object.freeze({ reveal: () => text, toString: print, toJSON: print, [inspect.custom]: print })
}

/** A source as far as the file could be read; null: it says nothing that can be used. */
export function finishSource(source: {
  readonly text?: string | undefined
  readonly file?: string | undefined
}): SecretSource | null {
  if (source.text !== undefined) return { text: source.text }
  return source.file === undefined ? null : { file: source.file }
}

/** Reads where the source points, relative to `directory`; a fault never quotes what it read. */
export function readSecret(source: SecretSource, directory: string): Secret | { readonly fault: string } {
  const text = 'text' in source ? source.text : readSmallFile(resolve(directory, source.file))
  if (typeof text !== 'string') return text
  if (text === '') return { fault: 'is empty' }
  // RFC 8725 §2.1: a public key taken for a secret lets anyone sign.
  if (text.includes('-----BEGIN')) return { fault: 'is a PEM key where a shared secret is expected' }
  return createSecret(text)
}

/** The text of a file of the operator's, without the line end that editors put there. */
export function readSmallFile(path: string, longestKib = 64): string | { readonly fault: string } {
  try {
    // Asked first, because opening a pipe or a device could block for ever.
    const status = statSync(path)
    if (!status.isFile()) return { fault: `cannot be read: ${path} is not a regular file` }
    if (status.size > longestKib * 1024) return { fault: `cannot be read: ${path} is larger than ${longestKib} KiB` }
    return readFileSync(path, 'utf8').replace(/[\r\n]+$/, '')
  } catch (error) {
    return { fault: `cannot be read: ${path} (${reasonOf(error)})` }
  }
}

/** What the system said, in words. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'ENOENT':
      return 'there is no such file'
    case 'EACCES':
    case 'EPERM':
      return 'permission denied'
    case 'EISDIR':
      return 'it is a directory'
    case 'ENOTDIR':
      return 'a part of its path is not a directory'
    default:
      return typeof code === 'string' ? code : 'it cannot be read'
  }
}
