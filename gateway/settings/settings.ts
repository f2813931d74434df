/** What the file says once it is read: frozen, complete, in the units of the code. */
import type { Limit, PathTolerance, Rule } from '../domain.js'
import type { Secret } from './secret.js'

export interface Address {
  /** An address without brackets, or a name. */
  readonly host: string
  /** 0: any free port. */
  readonly port: number
}

export type LogTarget =
  | { readonly kind: 'stdout' | 'stderr' | 'off' }
  | { readonly kind: 'file'; readonly path: string }

export type StoreTarget = { readonly kind: 'sqlite'; readonly path: string } | { readonly kind: 'memory' }

export type TokenKeys =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'secret'; readonly secret: Secret }

export interface TokenSettings {
  readonly issuer: string
  readonly audience: readonly string[]
  readonly algorithm: 'ES256' | 'EdDSA' | 'HS256'
  readonly keys: TokenKeys
  readonly accessMs: number
  readonly refresh: { readonly idleMs: number; readonly absoluteMs: number; readonly reuseGraceMs: number }
  /** Claim → attribute of the user, or `username`. */
  readonly claims: Readonly<Record<string, string>>
}

export interface Upstream {
  readonly name: string
  /** Scheme, host and port (RFC 6454 §6.2). */
  readonly origin: string
  readonly stripPrefix: string | null
  /** Whose Host the upstream sees. */
  readonly host: 'client' | 'upstream'
  /** To the response's header fields. */
  readonly timeoutMs: number
  readonly idleTimeoutMs: number
  readonly forwardAuthorization: boolean
  readonly paths: PathTolerance
}

export interface Settings {
  /** The first 12 hexadecimal digits of the source's SHA-256. */
  readonly revision: string
  readonly file: string
  /** Where the file lies, absolute: what relative paths in it start from. */
  readonly directory: string
  readonly listen: Address
  readonly publicUrl: string | null
  readonly trustedProxies: readonly string[]
  readonly admin: { readonly listen: Address }
  readonly publicHealth: string | null
  readonly store: StoreTarget
  readonly dataDirectory: string
  readonly logs: { readonly access: LogTarget; readonly audit: LogTarget }
  readonly auth: { readonly prefix: string; readonly hosts: readonly string[] | null }
  readonly tokens: TokenSettings
  readonly users: {
    readonly login: {
      readonly perAccountAndNetwork: number
      readonly perNetwork: number
      readonly windowMs: number
    }
  }
  readonly identity: { readonly headers: Readonly<Record<string, string>>; readonly strip: readonly string[] }
  readonly limits: Readonly<Record<string, Limit>>
  readonly listenerLimit: Limit | null
  readonly upstreams: Readonly<Record<string, Upstream>>
  readonly rules: readonly Rule[]
}

/** What settings must know of the rules' language; handed in, because rooms do not import each other. */
export interface PolicyLanguage {
  /** A pattern in its canonical spelling, the names a claim may be bound to, and what `paths` must allow for it; or what is wrong with it. */
  readonly readPattern: (text: string) =>
    | {
        readonly path: string
        readonly names: readonly string[]
        readonly needs: readonly Exclude<keyof PathTolerance, 'case'>[]
      }
    | { readonly fault: string }
}
