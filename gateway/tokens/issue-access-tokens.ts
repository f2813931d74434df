import { randomUUID } from 'node:crypto'
import { createSigner } from 'fast-jwt'
import type { Claims, User } from '../domain.js'
import type { SigningKey } from './key.js'
import type { Keyring } from './keyring.js'
import { perKey } from './per-key.js'
import { LONGEST_TOKEN, TokenTooLarge } from './token-too-large.js'

export interface IssuingOptions {
  readonly keyring: Keyring
  readonly issuer: string
  readonly audience: readonly string[]
  readonly accessMs: number
  /** Claim → attribute of the user, or `username`. Names of registered claims are not among them. */
  readonly claims: Readonly<Record<string, string>>
}

/** What a service is granted for itself (RFC 6749 §4.4). */
export interface ClientGrant {
  readonly clientId: string
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
  /** Of the client's definition: text, where a user's is a number. */
  readonly generation: string
  readonly accessMs: number
}

export interface Issued {
  readonly token: string
  readonly claims: Claims
  readonly expiresAt: number
}

export interface Issuing {
  /**
   * An RFC 9068 token for one session of a user, which it does not outlive: `sessionEndsAt` is its absolute age. It
   * lives as long as the settings say, unless told otherwise.
   */
  issue: (user: User, sessionId: string, sessionEndsAt: number, accessMs?: number) => Issued
  /** An RFC 9068 token of a service itself: `sub` is its client id (§2.2), and it belongs to no session. */
  issueToClient: (grant: ClientGrant) => Issued
}

/** The public client that users sign in with; no service can be called so. */
export const USERS_CLIENT_ID = 'portcullis'

/** Claims out of the user's record; an attribute the user does not have gives no claim. */
export function configuredClaims(sources: Readonly<Record<string, string>>, user: User): Record<string, unknown> {
  const claims: Record<string, unknown> = {}
  for (const [claim, source] of Object.entries(sources)) {
    if (source === 'username') claims[claim] = user.username
    else if (Object.hasOwn(user.attributes, source)) claims[claim] = user.attributes[source]
  }
  return claims
}

/** What a token of the user says beside the registered claims. */
export function claimsOfUser(user: User, sessionId: string, configured: IssuingOptions['claims']): Claims {
  return {
    ...configuredClaims(configured, user),
    sid: sessionId,
    client_id: USERS_CLIENT_ID,
    username: user.username,
    roles: [...user.roles],
    gen: user.generation
  }
}

function createKeySigner({ signingKey, algorithm, keyId }: SigningKey) {
  return createSigner({ key: signingKey, algorithm, kid: keyId, header: { alg: algorithm, typ: 'at+jwt' } })
}

/** Signs what the gateway says of its users and its services. */
export function createIssuing(options: IssuingOptions): Issuing {
  const { keyring, issuer, audience } = options
  const signerOf = perKey(createKeySigner)

  /**
   * A token with the claims given and, added last, those that the gateway says itself: nothing can stand in their place.
   * It lives so long, and not past `endsAt`; nor longer than its key is sure to be kept.
   */
  function seal(
    given: Claims,
    owner: Pick<User, 'id' | 'username'>,
    lifetimeMs: number,
    endsAt = Number.POSITIVE_INFINITY
  ): Issued {
    const issuedAt = Math.floor(Date.now() / 1000)
    const expiresAt = Math.min(endsAt, issuedAt + keyring.coverLifetime(Math.ceil(lifetimeMs / 1000)))
    const claims = {
      ...given,
      iss: issuer,
      sub: owner.id,
      aud: audience.length === 1 ? audience[0] : [...audience],
      exp: expiresAt,
      iat: issuedAt,
      nbf: issuedAt,
      jti: randomUUID()
    }
    const token = signerOf(keyring.signing())(claims)
    // Better no token than one that would be refused wherever it is shown.
    if (token.length > LONGEST_TOKEN) throw new TokenTooLarge(owner, token.length)
    return { token, claims, expiresAt }
  }

  return {
    issue(user, sessionId, sessionEndsAt, accessMs = options.accessMs) {
      return seal(claimsOfUser(user, sessionId, options.claims), user, accessMs, sessionEndsAt)
    },
    issueToClient({ clientId, roles, scopes, generation, accessMs }) {
      const claims = {
        client_id: clientId,
        roles: [...roles],
        ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
        gen: generation
      }
      return seal(claims, { id: clientId, username: clientId }, accessMs)
    }
  }
}
