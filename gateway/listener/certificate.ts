import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { isIP } from 'node:net'
import { createSecureContext } from 'node:tls'

/** A certificate with its key, in PEM, as both are shown to clients. */
export interface Certificate {
  readonly cert: string
  readonly key: string
  /** Milliseconds. */
  readonly notBefore: number
  readonly notAfter: number
  /** Whether it is for a host: a name, or an address. */
  readonly isFor: (host: string) => boolean
}

/** Which of the two files is at fault, and how; never with anything that stands in them. */
export interface CertificateFault {
  readonly at: 'cert' | 'key'
  readonly fault: string
}

/** No chain is so long; a device has no end. */
const MOST_READ = 1024 * 1024

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  ENOTDIR: 'a part of its path is not a directory'
}

async function readPem(path: string): Promise<string> {
  // Asked first, because opening a pipe could wait for ever.
  const status = await stat(path)
  if (!status.isFile()) throw new Error('it is not a regular file')
  if (status.size > MOST_READ) throw new Error('it is larger than 1 MiB')
  return readFile(path, 'utf8')
}

const unreadable = (at: CertificateFault['at'], path: string, error: unknown): CertificateFault => {
  const { code, message } = error as NodeJS.ErrnoException
  return { at, fault: `cannot be read: ${path} (${code === undefined ? message : (REASONS[code] ?? code)})` }
}

function parseCertificate(cert: string): X509Certificate | null {
  try {
    return new X509Certificate(cert)
  } catch {
    return null
  }
}

function parseKey(key: string): KeyObject | CertificateFault {
  try {
    return createPrivateKey(key)
  } catch (error) {
    const needsPassphrase = (error as NodeJS.ErrnoException).code === 'ERR_MISSING_PASSPHRASE' || /ENCRYPTED/.test(key)
    return { at: 'key', fault: needsPassphrase ? 'is encrypted with a passphrase' : 'is no private key in PEM' }
  }
}

/** Reads a pair of files; answers what is wrong with them when they cannot serve. Whether it is time to, is another question. */
export async function readCertificate(files: {
  readonly cert: string
  readonly key: string
}): Promise<Certificate | CertificateFault> {
  const cert = await readPem(files.cert).catch((error) => unreadable('cert', files.cert, error))
  if (typeof cert !== 'string') return cert
  const key = await readPem(files.key).catch((error) => unreadable('key', files.key, error))
  if (typeof key !== 'string') return key
  // Mixed up, the key would be shown to nobody, but the message of either parser would help nobody.
  if (!cert.includes('-----BEGIN CERTIFICATE-----')) return { at: 'cert', fault: 'is no certificate in PEM' }
  const own = parseCertificate(cert)
  if (own === null) return { at: 'cert', fault: 'is no certificate in PEM' }
  const privateKey = parseKey(key)
  if ('fault' in privateKey) return privateKey
  if (!own.checkPrivateKey(privateKey)) return { at: 'key', fault: 'does not fit the certificate' }
  try {
    // The rest of the chain, and what the library holds to be too weak.
    createSecureContext({ cert, key })
  } catch (error) {
    const { reason = 'it is malformed' } = error as { reason?: string }
    return { at: 'cert', fault: `cannot be used: ${reason}` }
  }
  const [notBefore, notAfter] = [Date.parse(own.validFrom), Date.parse(own.validTo)]
  const isFor = (host: string) => (isIP(host) === 0 ? own.checkHost(host) : own.checkIP(host)) !== undefined
  return { cert, key, notBefore, notAfter, isFor }
}
