/** What the file says once it is read: frozen, complete, in the units of the code. */
import type { Assertion, Limit, PathTolerance, Rule, WebSocketTerms } from '../domain.js'
import type { CookieSettings, CorsSettings } from './browsers.js'
import type { Issuer } from './build-issuers.js'
import type { ListenerSettings, TlsSettings } from './listener.js'
import type { PolicyTest } from './policy-tests.js'
import type { Secret } from './secret.js'
import type { SimpleJwtSettings } from './simplejwt.js'
import type { UserSource } from './user-source-schema.js'

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
  | {
      readonly kind: 'directory'
      readonly path: string
      /** How long a key signs; null: until told. */
      readonly rotateEveryMs: number | null
      readonly publishBeforeMs: number
    }
  | { readonly kind: 'secret'; readonly secret: Secret }
  /** The first signs. */
  | { readonly kind: 'files'; readonly paths: readonly string[] }

export type Algorithm = `${'ES' | 'RS' | 'PS' | 'HS'}${'256' | '384' | '512'}` | 'EdDSA'

export interface TokenSettings {
  readonly issuer: string
  readonly audience: readonly string[]
  readonly algorithm: Algorithm
  readonly keys: TokenKeys
  readonly accessMs: number
  readonly refresh: { readonly idleMs: number; readonly absoluteMs: number; readonly reuseGraceMs: number }
  /** Claim → attribute of the user, or `username`. */
  readonly claims: Readonly<Record<string, string>>
  readonly cookies: CookieSettings
}

/** A service that proves by a secret who it is. */
export interface Client {
  readonly id: string
  /** One, or two while a secret is being replaced. */
  readonly secrets: readonly Secret[]
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
  readonly accessMs: number
  /** CIDRs it may prove itself from; null: everywhere. */
  readonly networks: readonly string[] | null
}

export interface AccountSettings {
  readonly source: UserSource
  readonly login: {
    readonly perAccountAndNetwork: number
    readonly perNetwork: number
    readonly perAccount: number
    readonly windowMs: number
  }
  /** In characters. */
  readonly password: { readonly minLength: number }
  /** Argon2id (RFC 9106). */
  readonly hash: { readonly memoryKib: number; readonly passes: number; readonly parallelism: number }
}

export interface Upstream {
  readonly name: string
  /** Scheme, host and port (RFC 6454 §6.2) of each endpoint; at least one. */
  readonly origins: readonly string[]
  readonly stripPrefix: string | null
  /** Whose Host the upstream sees. */
  readonly host: 'client' | 'upstream'
  /** To the response's header fields. */
  readonly timeoutMs: number
  readonly idleTimeoutMs: number
  readonly forwardAuthorization: boolean
  readonly paths: PathTolerance
  /** Of rules that say nothing else; null: WebSockets are refused. */
  readonly websocket: WebSocketTerms | null
  readonly balance: 'round_robin' | 'least_requests'
  /** null: no endpoint is asked how it is. */
  readonly health: UpstreamHealth | null
  /** null: no endpoint is left out because requests fail there. */
  readonly ejection: {
    /** In a row. */
    readonly failures: number
    readonly forMs: number
    readonly statuses: ReadonlySet<number>
  } | null
  /** `attempts` after the first; `budget`: a share of all requests. */
  readonly retries: { readonly attempts: number; readonly budget: number }
  /** For each endpoint. */
  readonly connections: { readonly max: number; readonly maxWaiting: number }
  readonly keepAliveMs: number
  readonly tls: UpstreamTls
}

export interface UpstreamHealth {
  readonly path: string
  readonly everyMs: number
  readonly timeoutMs: number
  readonly healthyAfter: number
  readonly unhealthyAfter: number
  /** Ranges, both ends included. */
  readonly statuses: readonly (readonly [from: number, to: number])[]
  /** null: the endpoint's own. */
  readonly host: string | null
}

/** The text of PEM files; null: none is named. */
export interface UpstreamTls {
  readonly ca: string | null
  readonly cert: string | null
  readonly key: Secret | null
  /** null: the host of the URL. */
  readonly serverName: string | null
  readonly verify: boolean
}

/** Signed by keys of its own. */
export interface AssertionSettings {
  readonly header: string
  readonly ttlMs: number
  readonly claims: readonly string[]
  readonly keys: Exclude<TokenKeys, { readonly kind: 'secret' }>
}

export interface IdentitySettings {
  /** Field → what it says; those of the presets are among them. */
  readonly headers: Readonly<Record<string, string>>
  readonly strip: readonly string[]
  /** null: nothing is signed. */
  readonly assertion: AssertionSettings | null
}

export interface ForwardAuth {
  readonly modes: readonly ('nginx' | 'traefik' | 'caddy' | 'envoy')[]
  /** Addresses and CIDRs, never empty. */
  readonly from: readonly string[]
}

/** An assertion as the file has it. */
export type SettledAssertion = Assertion & {
  /** Place in the file, from 0. */
  readonly index: number
  readonly line: number
  /** null: it is called by what it says. */
  readonly name: string | null
}

export interface Settings {
  /** The first 12 hexadecimal digits of the source's SHA-256. */
  readonly revision: string
  readonly file: string
  /** Where the file lies, absolute: what relative paths in it start from. */
  readonly directory: string
  readonly listen: Address
  readonly publicUrl: string | null
  /** null: the public port speaks plain HTTP. */
  readonly tls: TlsSettings | null
  readonly listener: ListenerSettings
  readonly trustedProxies: readonly string[]
  readonly admin: { readonly listen: Address }
  readonly publicHealth: string | null
  readonly store: StoreTarget
  readonly dataDirectory: string
  readonly logs: { readonly access: LogTarget; readonly audit: LogTarget }
  readonly auth: { readonly prefix: string; readonly hosts: readonly string[] | null }
  readonly cors: CorsSettings
  /** null: no proxy is answered. */
  readonly forwardAuth: ForwardAuth | null
  readonly tokens: TokenSettings
  /** null: nobody is answered as simplejwt does. */
  readonly simpleJwt: SimpleJwtSettings | null
  readonly clients: Readonly<Record<string, Client>>
  readonly users: AccountSettings
  readonly issuers: Readonly<Record<string, Issuer>>
  readonly identity: IdentitySettings
  readonly limits: Readonly<Record<string, Limit>>
  readonly listenerLimit: Limit | null
  readonly upstreams: Readonly<Record<string, Upstream>>
  readonly rules: readonly Rule[]
  readonly assertions: readonly SettledAssertion[]
  readonly tests: readonly PolicyTest[]
  /** The file whose rules judge too, absolute; null: none does. */
  readonly shadow: string | null
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
  /** Patterns, by their place in the list, with which a limit on all together is exceeded. */
  readonly findExcess: (
    patterns: readonly (string | null)[]
  ) => readonly { readonly index: number; readonly fault: string }[]
}
