/** What was decided. */
import type { CanonicalPath } from '../canonical-path.js'
import type { ProblemCode } from '../problems.js'
import type { Claims } from './principals.js'
import type { Rule } from './rules.js'

/** The part of a request that rules are chosen by and conditions read. */
export interface JudgedRequest {
  readonly method: string
  /** Lower case, without port. */
  readonly host: string
  readonly path: CanonicalPath
  /** Client address, IPv4-mapped IPv6 already unmapped. */
  readonly address: string
}

/** The part of a principal that a decision read. */
export interface JudgedSubject {
  readonly subject: string
  readonly issuer: string
  readonly username: string | null
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
  /** Only the claims that the rule's conditions name; null: the token has none of that name. */
  readonly claims: Claims
}

/**
 * A verdict and every input it used, so that it can be logged, explained and replayed without the request.
 */
export interface Decision {
  readonly id: string
  /** Which policy judged. */
  readonly revision: string
  readonly request: JudgedRequest
  readonly rule: Rule | null
  /** Segments captured by `{name}`, percent-decoded. */
  readonly parameters: Readonly<Record<string, string>>
  /** `none`, `valid`, or why the offered credential did not hold. */
  readonly credential: 'none' | 'valid' | ProblemCode
  readonly subject: JudgedSubject | null
  readonly allow: boolean
  /** null exactly when `allow`. */
  readonly because: ProblemCode | null
  /** Scopes that would have been enough, for `insufficient_scope` (RFC 6750 §3.1). */
  readonly missingScopes: readonly string[]
}
