/** What the policy file says. */
import type { Scalar } from './principals.js'

export interface PathTolerance {
  /** Whether the upstream tells `/A` from `/a`; `insensitive` refuses paths whose other-case spelling selects another rule. */
  readonly case: 'sensitive' | 'insensitive'
  readonly encodedSlash: 'refuse' | 'allow'
  readonly semicolon: 'refuse' | 'allow'
  readonly emptySegments: 'refuse' | 'allow'
}

/** What a claim must equal: a scalar, or the path's segment captured under a name. */
export type ClaimExpectation = { readonly equals: Scalar } | { readonly segment: string }

/** One alternative of `allow`: every entry present must hold. */
export interface Condition {
  /** Any of. */
  readonly roles?: readonly string[]
  readonly allRoles?: readonly string[]
  /** All of. */
  readonly scopes?: readonly string[]
  /** Claim name → any of. */
  readonly claims?: Readonly<Record<string, readonly ClaimExpectation[]>>
  /** CIDRs, any of; the only entry that needs no identity. */
  readonly networks?: readonly string[]
  /** Names of the settings, any of; `self` is this gateway. */
  readonly issuers?: readonly string[]
}

export type Allow =
  | { readonly kind: 'anyone' }
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'nobody' }
  | { readonly kind: 'any'; readonly of: readonly Condition[] }

/** How long a WebSocket may go on when neither of its ends closes it. */
export interface WebSocketTerms {
  /** What ends it by itself; whatever revokes the access token always does. */
  readonly endsWith: 'token' | 'session' | 'client'
  /** Without a byte either way. */
  readonly idleTimeoutMs: number
}

/** One rule of the file, parsed. Immutable. */
export interface Rule {
  /** Place in the file, from 0; the first rule that fits is chosen. */
  readonly index: number
  readonly line: number
  /** The pattern, canonical as request paths are: `/api/users/{id}/**`. */
  readonly path: string
  /** Lower case, without port; null: every host. */
  readonly hosts: readonly string[] | null
  /** null: every method, even an unknown one. GET covers HEAD. */
  readonly methods: readonly string[] | null
  readonly allow: Allow
  /** Name of the upstream; null only for `allow: nobody`. */
  readonly upstream: string | null
  /** Names of limits, defaults resolved. */
  readonly limits: readonly string[]
  readonly paths: PathTolerance
  /** The most octets that a forwarded body may have; null: any number. */
  readonly maxBody: number | null
  /** null: WebSockets are refused. */
  readonly websocket: WebSocketTerms | null
}

/**
 * What must hold of all rules together, proved rather than sampled. `never`: nobody passes, on any path of the pattern,
 * unless `unless` lets them; `always`: whoever `allow` lets passes, on every path of the pattern.
 */
export type Assertion = {
  readonly path: string
  /** Lower case, without port; null: every host. */
  readonly hosts: readonly string[] | null
  /** null: every method. GET covers HEAD. */
  readonly methods: readonly string[] | null
} & ({ readonly kind: 'never'; readonly unless: Allow } | { readonly kind: 'always'; readonly allow: Allow })

export interface Limit {
  readonly name: string
  readonly by: 'user' | 'ip'
  readonly requests: number
  readonly windowMs: number
  readonly algorithm: 'fixed_window' | 'token_bucket'
}
