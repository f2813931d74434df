/** `servers` of a document → where its operations are sent, and what their paths begin with. */
import type { Server } from './operation.js'
import { isMembers, member } from './pointer.js'

export interface ServerPlace {
  /** Scheme, host and port; null: relative to wherever the document is. */
  readonly origin: string | null
  /** Without a slash at the end; empty for none. */
  readonly prefix: string
}

/** Reads one entry of `servers`. A fault is a sentence without its subject. */
export function readServer(server: unknown): ServerPlace | { readonly fault: string } {
  const url = member(server, 'url')
  if (typeof url !== 'string') return { fault: 'must have a url' }
  const missing: string[] = []
  const written = url.replace(/\{([^{}]*)\}/g, (_, name: string) => {
    const value = member(member(member(server, 'variables'), name), 'default')
    if (typeof value !== 'string' && typeof value !== 'number') missing.push(name)
    return String(value)
  })
  if (missing.length > 0) return { fault: `has no default for the variable ${missing.join(', ')}` }
  return readUrl(written)
}

function readUrl(written: string): ServerPlace | { readonly fault: string } {
  // A path alone, or an authority without scheme, takes what is missing from this base.
  const base = 'https://relative.invalid/'
  if (!URL.canParse(written, base)) return { fault: 'has a url that cannot be read' }
  const url = new URL(written, base)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return { fault: 'must be http or https' }
  const origin = url.origin === new URL(base).origin ? null : url.origin
  return { origin, prefix: url.pathname.replace(/\/+$/, '') }
}

/** The servers of Swagger 2.0, as later versions write them. */
export function serversOfSwagger(root: unknown): readonly unknown[] {
  const [host, path, schemes] = ['host', 'basePath', 'schemes'].map((name) => member(root, name))
  const scheme = Array.isArray(schemes) && !schemes.includes('https') ? 'http' : 'https'
  const prefix = typeof path === 'string' ? path : '/'
  return [{ url: typeof host === 'string' ? `${scheme}://${host}${prefix}` : prefix }]
}

/** Gives each origin one name: `api` to the first, its host to every other. */
export function createServerNames(): {
  readonly nameOf: (origin: string | null) => string
  readonly all: () => Server[]
} {
  const names = new Map<string | null, string>()
  return {
    nameOf(origin) {
      const known = names.get(origin)
      if (known !== undefined) return known
      const name = names.size === 0 ? 'api' : freeName(origin, [...names.values()])
      names.set(origin, name)
      return name
    },
    all: () => [...names].map(([origin, name]) => ({ name, origin }))
  }
}

function freeName(origin: string | null, taken: readonly string[]): string {
  const host = origin === null ? 'own' : new URL(origin).host
  const plain = host
    .replace(/[^A-Za-z0-9.-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 48)
  let name = plain === '' ? 'server' : plain
  for (let count = 2; taken.includes(name); count++) name = `${plain}-${count}`
  return name
}

/** The entries that count for an operation: its own, its path's, the document's. */
export const isServerList = (value: unknown): value is readonly unknown[] =>
  Array.isArray(value) && value.length > 0 && value.every(isMembers)
