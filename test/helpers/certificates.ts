import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

/** A certificate and its key, as PEM and as files. */
export interface Certificate {
  readonly cert: string
  readonly key: string
  readonly certFile: string
  readonly keyFile: string
}

export interface Authority extends Certificate {
  /** `names`: as openssl writes them, `DNS:api.test` or `IP:127.0.0.1`; `days`: below 0 it has expired. */
  readonly issue: (names: readonly string[], days?: number) => Certificate
}

const openssl = (args: readonly string[]) => execFileSync('openssl', args, { stdio: 'pipe' })

/** An authority of its own, made by openssl; it goes with the test. */
export function createAuthority(t: Test): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  let count = 0
  const filesOf = (name: string) => ({ certFile: join(folder, `${name}.crt`), keyFile: join(folder, `${name}.key`) })
  const read = ({ certFile, keyFile }: { certFile: string; keyFile: string }): Certificate => ({
    ...{ certFile, keyFile },
    cert: readFileSync(certFile, 'utf8'),
    key: readFileSync(keyFile, 'utf8')
  })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const own = filesOf('ca')
  openssl(['req', '-x509', ...newKey, '-subj', '/CN=test CA', '-keyout', own.keyFile, '-out', own.certFile])
  return {
    ...read(own),
    issue(names, days = 2) {
      count += 1
      const files = filesOf(`leaf${count}`)
      const [request, extensions] = [join(folder, 'request'), join(folder, 'extensions')]
      writeFileSync(extensions, `subjectAltName=${names.join(',')}\n`)
      openssl(['req', ...newKey, '-subj', `/CN=leaf ${count}`, '-keyout', files.keyFile, '-out', request])
      const by = ['-CA', own.certFile, '-CAkey', own.keyFile, '-CAcreateserial', '-days', String(days)]
      openssl(['x509', '-req', '-in', request, ...by, '-extfile', extensions, '-out', files.certFile])
      return read(files)
    }
  }
}

export interface Pair {
  readonly cert: string
  readonly key: string
}

/** A key and a certificate for localhost and 127.0.0.1 that signs itself, as files of `folder`. */
export function makeCertificate(folder: string, name: string): Pair {
  const [cert, key] = [join(folder, `${name}.cert.pem`), join(folder, `${name}.key.pem`)]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc']
  const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  openssl(['req', '-x509', ...curve, '-keyout', key, '-out', cert, '-days', '30', ...names])
  return { cert, key }
}

/** The same, but that it was valid until yesterday. */
export function makeExpiredCertificate(folder: string, name: string): Pair {
  const { cert, key } = makeCertificate(folder, name)
  openssl(['x509', '-in', cert, '-signkey', key, '-days', '-1', '-out', `${cert}.expired`])
  return { cert: `${cert}.expired`, key }
}

/** The key of a pair under a passphrase. */
export function encryptKey({ key }: Pair): string {
  openssl(['pkcs8', '-topk8', '-in', key, '-passout', 'pass:secret', '-out', `${key}.encrypted`])
  return `${key}.encrypted`
}
