/** Addresses, networks, origins and hosts as the file spells them. */
import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import { type Leaf, leaf, refuse, textLeaf } from './leaves.js'
import type { Address } from './settings.js'

const label = '[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?'
const hostName = new RegExp(`^${label}(?:\\.${label})*$`)

/** `host:port`, `[::1]:port`, `:port` (every IPv4 address) or a port alone (this machine only). */
export function listenAddress(): Leaf<Address> {
  // YAML reads a port alone as a number.
  return leaf('an address such as 127.0.0.1:8080', { type: ['string', 'integer'] }, (value) => {
    const written = String(value)
    const [, bracketed, plain, digits] = /^(?:(?:\[([^\]]*)\]|([^:[\]]*)):)?(\d{1,5})$/.exec(written) ?? []
    const port = Number(digits ?? Number.NaN)
    if (!(port <= 65_535)) return refuse(null, isIP(written) === 6 ? `write [${written}]:8080` : null)
    if (bracketed !== undefined) return isIP(bracketed) === 6 ? { host: shortenIPv6(bracketed), port } : refuse()
    if (plain === undefined) return { host: '127.0.0.1', port }
    if (plain === '') return { host: '0.0.0.0', port }
    return isHost(plain) ? { host: plain.toLowerCase(), port } : refuse()
  })
}

/** An address, or a network in the notation of RFC 4632 §3.1. */
export function network(): Leaf<string> {
  return textLeaf('an address or a network such as 10.0.0.0/8', null, (written) => {
    const [, address = '', digits] = /^([^/]*)(?:\/(0|[1-9]\d{0,2}))?$/.exec(written) ?? []
    const bits = isIP(address) === 4 ? 32 : isIP(address) === 6 && !address.includes('%') ? 128 : -1
    return bits < 0 || Number(digits ?? 0) > bits ? refuse() : written
  })
}

/** Whether the network holds every address of a family, in whatever spelling. */
export function isEveryAddress(written: string): boolean {
  const [address = '', digits] = written.split('/')
  if (digits === undefined) return false
  if (Number(digits) === 0) return true
  return isIP(address) === 6 && Number(digits) <= 96 && shortenIPv6(address).startsWith('::ffff:')
}

export function isEveryInterface(host: string): boolean {
  return ['0.0.0.0', '::', '::ffff:0:0'].includes(host)
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

/** Scheme, host and port, and nothing else; `pathHint` tells what to do with a path. */
export function origin(pathHint: string | null = null): Leaf<string> {
  return textLeaf('an origin such as https://api.example.com', null, (written) => {
    const url = readUrl(written)
    if (url === null) return refuse(null, /^[\w.-]+(:\d+)?(\/|$)/.test(written) ? 'write http:// before it' : null)
    if (url.username !== '' || url.password !== '') return refuse('must not carry a name or password')
    if (url.search !== '' || url.hash !== '' || /[?#]/.test(written)) return refuse('must not have a query or fragment')
    if (url.pathname !== '/' || /^[a-z]+:\/\/[^/]*\/./i.test(written)) return refuse('must not have a path', pathHint)
    return url.origin
  })
}

/** RFC 8414 §2: a URL without query or fragment. It is compared as text, so it is kept as written. */
export function issuer(): Leaf<string> {
  return textLeaf('a URL such as https://api.example.com', null, (written) => {
    const url = readUrl(written)
    return url === null || url.username !== '' || url.password !== '' || /[?#]/.test(written) ? refuse() : written
  })
}

/** Where a document is: a URL without name, password or fragment. */
export function documentUrl(): Leaf<string> {
  return textLeaf('a URL such as https://idp.example.com/keys', null, (written) => {
    const url = readUrl(written)
    return url === null || url.username !== '' || url.password !== '' || written.includes('#') ? refuse() : written
  })
}

/** A host as a request names it, without port; in lower case. */
export function host(): Leaf<string> {
  return textLeaf('a host name such as api.example.com', null, (written) => {
    if (written.includes('*')) return refuse(null, 'hosts are exact: wildcards are not supported')
    if (/^\[[^\]]*\]$/.test(written) && isIP(written.slice(1, -1)) === 6) {
      return `[${shortenIPv6(written.slice(1, -1))}]`
    }
    if (isHost(written)) return written.toLowerCase()
    return refuse(null, hintForHost(written))
  })
}

function hintForHost(written: string): string | null {
  if (written.endsWith('.') && isHost(written.slice(0, -1))) return 'write it without the dot at the end'
  const [name = '', port] = written.split(':')
  if (port !== undefined && /^\d+$/.test(port) && isHost(name)) return 'write it without the port'
  const ascii = /[^\u0000-\u007f]/.test(written) ? domainToASCII(written) : ''
  return ascii === '' ? null : `write ${ascii}`
}

function isHost(written: string): boolean {
  // A name that ends in digits is an IPv4 address, or nothing (RFC 3696 §2).
  return isIP(written) === 4 || (written.length <= 253 && hostName.test(written) && !/(^|\.)\d+$/.test(written))
}

function readUrl(written: string): URL | null {
  // The parser forgives white space, back slashes and a missing slash; an operator's typing error is not forgiven.
  if (!/^https?:\/\/[^\s\\/]/.test(written) || /[\s\\]/.test(written) || !URL.canParse(written)) return null
  return new URL(written)
}

function shortenIPv6(address: string): string {
  return URL.canParse(`http://[${address}]`) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address
}
