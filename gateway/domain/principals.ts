/** Who asks. */
import type { ProblemCode } from '../problems.js'

export type Scalar = string | number | boolean
export type Claims = Readonly<Record<string, unknown>>

/** Who a credential says is asking, after every check on the credential held. */
export interface Principal {
  /** Opaque and stable (`sub`), never empty. */
  readonly subject: string
  /** The issuer's name in the settings; `self` for tokens of this gateway. */
  readonly issuer: string
  readonly username: string | null
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
  readonly clientId: string | null
  readonly sessionId: string | null
  readonly tokenId: string | null
  /** The user's generation when the token was issued; a later one of the user revokes it. */
  readonly generation: number | null
  readonly expiresAt: number
  /** All claims of the token, as verified; in a foreign one `sub`, `username` and `roles` are as above. */
  readonly claims: Claims
}

/** What authentication found: nobody, somebody, or a credential that does not hold, and why. It refuses nothing. */
export type Authentication =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'principal'; readonly principal: Principal }
  | { readonly kind: 'bad'; readonly because: ProblemCode }
