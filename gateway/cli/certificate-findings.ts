import { type Certificate, readCertificate } from '../listener/index.js'
import { type Finding, mistakeAt, type Settings, warningAt } from '../settings/index.js'

const CERT = ['tls', 'cert'] as const

/** Why a certificate is of no use now although it fits its key; null: it is. */
export function untimely({ notBefore, notAfter }: Certificate): string | null {
  const now = Date.now()
  if (now > notAfter) return `has expired on ${dayOf(notAfter)}`
  return now < notBefore ? `is not valid before ${dayOf(notBefore)}` : null
}

const dayOf = (milliseconds: number) => new Date(milliseconds).toISOString().slice(0, 10)

/** What is wrong with the certificate that settings name. The files are read here, not with the settings. */
export async function findCertificateFaults({ tls, publicUrl }: Settings): Promise<readonly Finding[]> {
  if (tls === null) return []
  const certificate = await readCertificate(tls)
  if ('fault' in certificate) return [mistakeAt(['tls', certificate.at], certificate.fault)]
  const warnings: Finding[] = []
  const because = untimely(certificate)
  if (because !== null) warnings.push(warningAt(CERT, because))
  const host = publicUrl === null ? null : new URL(publicUrl).hostname.replace(/^\[|\]$/g, '')
  if (host !== null && !certificate.isFor(host)) warnings.push(warningAt(CERT, `is not for ${host} of public_url`))
  return warnings
}
