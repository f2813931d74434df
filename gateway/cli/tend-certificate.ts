import { setTimeout as sleep } from 'node:timers/promises'
import type { Gateway } from '../app.js'
import { type Certificate, type CertificateFault, readCertificate } from '../listener/index.js'
import type { Settings } from '../settings/index.js'
import { untimely } from './certificate-findings.js'
import { Fault } from './fault.js'
import type { Logs } from './logs.js'
import { type FileWatch, fingerprint, watchFile } from './watch-file.js'

type Files = NonNullable<Settings['tls']>

const FILES = ['cert', 'key'] as const
const SETTLE_MS = 1_000

const shown = ({ at, fault }: CertificateFault) => `tls.${at}: ${fault}`

/** The certificate to start with, or a Fault; null: the settings name none. */
export async function openCertificate({ tls }: Settings): Promise<Certificate | null> {
  if (tls === null) return null
  const certificate = await readCertificate(tls)
  if ('fault' in certificate) throw new Fault(`portcullis: ${shown(certificate)}`)
  return certificate
}

export interface CertificateOptions {
  readonly gateway: Pick<Gateway, 'replaceCertificate' | 'rejectCertificate'>
  readonly log: Logs['log']
  /** What is shown since the start. */
  readonly certificate: Certificate | null
}

export type TendedCertificate = ReturnType<typeof tendCertificate>

/**
 * Shows the certificate that the files hold from now on, whenever they change: both of them, when they fit each other,
 * and otherwise neither, so that it does not matter in which order they are replaced. What serves goes on until then.
 */
export function tendCertificate({ gateway, log, certificate }: CertificateOptions) {
  let serving = certificate
  let isRefused = false
  let watched: Files | null = null
  let watches: readonly FileWatch[] = []
  let looking: Promise<void> = Promise.resolve()

  function refuse(reason: string): void {
    isRefused = true
    gateway.rejectCertificate(reason)
    log.error({ reason }, 'the changed certificate cannot be shown: the one before goes on')
  }

  /** The files are two, and are replaced one after the other: what does not fit yet may do so soon. */
  async function readSettled(files: Files): Promise<Certificate | CertificateFault> {
    const first = await readCertificate(files)
    if (!('fault' in first)) return first
    await sleep(SETTLE_MS)
    return readCertificate(files)
  }

  async function readAndShow(files: Files): Promise<void> {
    const next = await readSettled(files)
    if ('fault' in next) return refuse(shown(next))
    const isAsBefore = next.cert === serving?.cert && next.key === serving.key
    if (isAsBefore && !isRefused) return
    const because = untimely(next)
    const isWorse = because !== null && serving !== null && untimely(serving) === null
    if (isWorse) return refuse(`tls.cert: ${because}`)
    if (because !== null) log.warn(`the certificate ${because}`)
    gateway.replaceCertificate(next)
    serving = next
    isRefused = false
    log.info({ expires: new Date(next.notAfter).toISOString() }, 'showing the changed certificate')
  }

  /** One after the other: of two at once, the one with the older content could end last. */
  function look(files: Files): Promise<void> {
    looking = looking
      .then(() => readAndShow(files))
      .catch((error) => log.error({ err: error }, 'the certificate could not be read'))
    return looking
  }

  function release(): void {
    for (const watch of watches) watch.close()
    watches = []
  }

  const onHangUp = () => {
    if (watched !== null) look(watched)
  }
  process.on('SIGHUP', onHangUp)

  return {
    /** Of the settings that serve now; where they name other files than before, those are read. */
    async follow({ tls }: Settings): Promise<void> {
      // Between TLS and none there is a restart.
      if (serving === null || tls === null || (tls.cert === watched?.cert && tls.key === watched.key)) return
      watched = tls
      release()
      const onChange = () => look(tls)
      watches = await Promise.all(FILES.map(async (at) => watchFile(tls[at], await fingerprint(tls[at]), onChange)))
      // What has changed before they were watched, too.
      await look(tls)
    },
    close() {
      process.off('SIGHUP', onHangUp)
      release()
    }
  }
}
