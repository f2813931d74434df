/** Places in the file system and paths of URLs as the file spells them; relative ones are resolved later. */
import { type Leaf, leaf, type Refusal, refuse, textLeaf } from './leaves.js'
import type { SecretSource } from './secret.js'
import type { LogTarget, StoreTarget } from './settings.js'

/** A path of whole literal segments: no wildcard, no dot segment, no slash at the end. */
export function literalPath(): Leaf<string> {
  const pattern = /^(?:\/(?:[A-Za-z0-9._~!$&'()+,=:@-]|%[0-9A-F]{2})+)+$/
  return textLeaf('a path such as /api', pattern, (written) => {
    if (/\/\.{1,2}(\/|$)/.test(written)) return refuse('must not have dot segments')
    if (!written.startsWith('/')) return refuse(null, `write /${written.replace(/\/+$/, '')}`)
    if (written === '/') return refuse('must have at least one segment')
    if (written.endsWith('/')) return refuse(null, 'write it without the slash at the end')
    return /[*{}]/.test(written) ? refuse('must be literal, without wildcards') : written
  })
}

export function directoryPath(): Leaf<string> {
  return textLeaf('a directory such as data/keys', null, (written) => {
    const looksLikePem = written.includes('-----BEGIN')
    if (looksLikePem) return refuse('is a PEM key where a directory is expected', 'write the directory the keys lie in')
    return written === 'store' ? refuse("'store' is not supported by this version") : filePathOf(written)
  })
}

export function filePath(): Leaf<string> {
  return textLeaf('a path of a file', null, filePathOf)
}

function filePathOf(written: string): string | Refusal {
  return written === '' || written.trim() !== written || /[\u0000-\u001f]/.test(written) ? refuse() : written
}

export function logTarget(): Leaf<LogTarget> {
  return leaf('stdout, stderr, off or a path', { type: 'string' }, (written) => {
    if (written === 'stdout' || written === 'stderr' || written === 'off') return { kind: written }
    if (written === false) return refuse(null, 'write off')
    if (typeof written !== 'string') return refuse()
    const path = filePathOf(written)
    return typeof path === 'string' ? { kind: 'file', path } : path
  })
}

export function storeTarget(): Leaf<StoreTarget> {
  const expected = 'sqlite:<path> or memory:'
  return textLeaf<StoreTarget>(expected, null, (written) => {
    if (written === 'memory:') return { kind: 'memory' }
    if (/^(rediss?|postgres(ql)?):/.test(written)) {
      return refuse(`${written.slice(0, written.indexOf(':'))} is not supported by this version`, `use ${expected}`)
    }
    if (written === 'memory' || written === 'sqlite::memory:') return refuse(null, "write 'memory:'")
    if (written.startsWith('sqlite://')) return refuse(null, 'write sqlite:data/portcullis.db')
    const path = written.startsWith('sqlite:') ? filePathOf(written.slice('sqlite:'.length)) : refuse()
    return typeof path === 'string' ? { kind: 'sqlite', path } : path
  })
}

export function secretText(): Leaf<SecretSource> {
  return textLeaf(`a secret, usually \${NAME}, or { file: path }`, null, (written) => {
    return written === '' ? refuse('is empty') : { text: written }
  })
}
