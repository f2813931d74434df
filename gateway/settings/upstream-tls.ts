/** The files that an upstream's `tls` names, read and held against each other. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { resolve } from 'node:path'
import { type Finding, mistakeAt, mistakeAtKey, type Path } from './findings.js'
import type { Draft } from './schema.js'
import { createSecret, readSmallFile } from './secret.js'
import type { UpstreamTls } from './settings.js'

type DraftTls = NonNullable<NonNullable<NonNullable<Draft['upstreams']>[string]>['tls']>
type Files = Pick<UpstreamTls, 'ca' | 'cert' | 'key'>

const NONE: Files = { ca: null, cert: null, key: null }
/** A bundle of all the authorities that a system trusts has about 250 KiB. */
const LONGEST_KIB = 1024

class Unusable extends Error {}

/** By upstream, as far as the files can be used. */
export function readUpstreamTls(
  draft: Draft,
  directory: string
): { readonly files: ReadonlyMap<string, Files>; readonly findings: readonly Finding[] } {
  const files = new Map<string, Files>()
  const findings: Finding[] = []
  for (const [name, upstream] of Object.entries(draft.upstreams ?? {})) {
    const tls = upstream?.tls
    if (tls !== undefined) files.set(name, readFiles(tls, ['upstreams', name, 'tls'], directory, findings))
  }
  return { files, findings }
}

function readFiles(tls: DraftTls, path: Path, directory: string, findings: Finding[]): Files {
  const half = (['cert', 'key'] as const).filter((key) => Object.hasOwn(tls, key))
  const [alone] = half
  if (half.length === 1 && alone !== undefined) {
    findings.push(mistakeAtKey([...path, alone], `needs ${alone === 'cert' ? 'key' : 'cert'} beside it`))
  }
  function read<T>(key: 'ca' | 'cert' | 'key', use: (text: string) => T): T | null {
    const written = tls[key]
    if (written === undefined) return null
    try {
      const text = readSmallFile(resolve(directory, written), LONGEST_KIB)
      if (typeof text !== 'string') throw new Unusable(text.fault)
      return use(text)
    } catch (error) {
      if (!(error instanceof Unusable)) throw error
      findings.push(mistakeAt([...path, key], error.message))
      return null
    }
  }
  const ca = read('ca', (text) => ({ text, first: firstCertificate(text) }))
  const cert = read('cert', (text) => ({ text, first: firstCertificate(text) }))
  const key = read('key', (text) => ({ text, key: privateKey(text) }))
  if (cert !== null && key !== null && !cert.first.checkPrivateKey(key.key)) {
    findings.push(mistakeAt([...path, 'key'], 'is not the key of the certificate in cert'))
  }
  if (ca === null && cert === null && key === null) return NONE
  return { ca: ca?.text ?? null, cert: cert?.text ?? null, key: key === null ? null : createSecret(key.text) }
}

/** Every certificate of the file can be read; there is one at least. */
function firstCertificate(text: string): X509Certificate {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) throw new Unusable('holds a private key')
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  const [first] = blocks.map((block) => {
    try {
      return new X509Certificate(block)
    } catch {
      throw new Unusable('holds a certificate that cannot be read')
    }
  })
  if (first === undefined) throw new Unusable('holds no certificate in PEM')
  return first
}

function privateKey(text: string): KeyObject {
  if (/-----BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(text)) {
    throw new Unusable('is encrypted with a passphrase, which nobody could type at a start')
  }
  try {
    return createPrivateKey(text)
  } catch {
    // The parser's own words may quote what it read.
    throw new Unusable('holds no private key in PEM')
  }
}
