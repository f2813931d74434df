/** The URL of a PostgreSQL database, as libpq and Django's own settings write it. */
import { isLoopback } from './network-leaves.js'

export interface PostgresAddress {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: string | null
  readonly tls: boolean
}

interface Fault {
  readonly fault: string
  readonly hint: string | null
}

const fault = (text: string, hint: string | null = null): Fault => ({ fault: text, hint })

const form = 'write postgres://user:password@host:5432/database'

/**
 * Reads the URL; a fault never quotes it, because it holds a password. Without `sslmode` the connection is encrypted
 * unless it stays on this machine; where it is encrypted, the server's certificate is always verified.
 */
export function readPostgresAddress(written: string): PostgresAddress | Fault {
  if (!/^postgres(ql)?:\/\//.test(written) || !URL.canParse(written)) return fault('is not a URL of PostgreSQL', form)
  const url = new URL(written)
  try {
    const part = (text: string) => decodeURIComponent(text)
    const host = part(url.searchParams.get('host') ?? url.hostname).replace(/^\[|\]$/g, '')
    const [database, user] = [part(url.pathname.slice(1)), part(url.username)]
    const missing = Object.entries({ host, database, user }).find(([, value]) => value === '')
    if (missing !== undefined) return fault(`names no ${missing[0]}`, form)
    if (host.includes(',')) return fault('names several hosts', 'write one: a name that moves with the primary')
    const unknown = [...url.searchParams.keys()].find((name) => name !== 'sslmode' && name !== 'host')
    if (unknown !== undefined)
      return fault(`has the parameter ${unknown.slice(0, 40)}, which is not known here`, hintOf(unknown))
    const tls = readTls(url.searchParams.get('sslmode'), host)
    if (typeof tls === 'object') return tls
    const password = url.password === '' ? null : part(url.password)
    return { host, port: Number(url.port || 5432), database, user, password, tls }
  } catch {
    return fault('has a % that stands for nothing', 'write %25 for a % in a password')
  }
}

const hintOf = (parameter: string) =>
  parameter === 'sslrootcert' ? 'write tls: { ca: path } beside url' : 'sslmode and host are'

function readTls(mode: string | null, host: string): boolean | Fault {
  switch (mode) {
    case null:
      return !host.startsWith('/') && !isLoopback(host)
    case 'disable':
      return false
    case 'require':
    case 'verify-ca':
    case 'verify-full':
      return true
    default:
      return fault('has an sslmode that protects nothing', 'write sslmode=verify-full, or sslmode=disable')
  }
}
