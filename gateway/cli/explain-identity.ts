import { existsSync } from 'node:fs'
import type { Authentication, Claims } from '../domain.js'
import type { Settings } from '../settings/index.js'
import { principalOfClaims } from '../tokens/index.js'
import { Fault } from './fault.js'
import { operatorOf } from './operator.js'
import type { OperatorClient } from './operator-socket.js'
import { readToken } from './read-token.js'

export interface IdentityOptions {
  readonly as?: string
  readonly roles?: readonly string[]
  readonly scopes?: readonly string[]
  readonly claims?: Claims
  readonly token?: string
}

export interface Identity {
  readonly authentication: Authentication
  /** What the reader should know of it; null: nothing. */
  readonly note: string | null
}

/** A principal of this gateway, or of the issuer that the claims name. */
function onPaper(claims: Claims, { tokens, issuers }: Settings): Identity {
  const principal = principalOfClaims(claims, tokens, Object.values(issuers))
  if (principal !== null) return { authentication: { kind: 'principal', principal }, note: null }
  const note = 'A token with these claims is accepted from none of the issuers that the settings name.'
  return { authentication: { kind: 'bad', because: 'invalid_token' }, note }
}

/** Whoever asks for a user by a file that nothing has run on yet must not be left with a new store. */
function requireStore({ store }: Settings): void {
  if (store.kind === 'sqlite' && !existsSync(store.path))
    throw new Fault(`portcullis: there are no users yet: no gateway has run on ${store.path}`)
}

/** Who is meant to ask. Tokens are verified and users looked up by the running gateway, or in the store itself. */
export async function readIdentity(
  options: IdentityOptions,
  settings: Settings,
  client: OperatorClient | null
): Promise<Identity> {
  const { as: username, token, claims, roles, scopes } = options
  if (claims !== undefined) return onPaper(claims, settings)
  if (roles !== undefined || scopes !== undefined) {
    return onPaper({ roles: roles ?? [], ...(scopes === undefined ? {} : { scope: scopes.join(' ') }) }, settings)
  }
  if (username === undefined && token === undefined) return { authentication: { kind: 'anonymous' }, note: null }
  if (client === null) requireStore(settings)
  const offered = token === undefined ? null : await readToken(token)
  return operatorOf(settings, client, async ({ operatorPrincipals, operatorAccounts }) => {
    if (offered === null) {
      const authentication = await operatorPrincipals.ofUser(username ?? '')
      return { authentication, note: authentication.kind === 'bad' ? 'The user is disabled.' : null }
    }
    const authentication = await operatorPrincipals.ofToken(offered)
    if (authentication.kind !== 'bad') return { authentication, note: null }
    const { because, claims: said } = await operatorAccounts.inspectToken(offered)
    // Of the tokens of others an inspection knows only that they are not ours.
    const isForeign = Object.values(settings.issuers).some(({ issuer }) => issuer === said?.iss)
    return { authentication, note: isForeign || because === null ? null : `The token does not hold. ${because}` }
  })
}
