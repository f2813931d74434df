import { hash, randomUUID } from 'node:crypto'
import type { Principal } from '../domain.js'
import { fitting } from './identity-fields.js'
import { readSource } from './read-source.js'

export interface AssertionOptions {
  readonly issuer: string
  readonly ttlSeconds: number
  /** Names of more claims to say, as header fields have them. */
  readonly claims: readonly string[]
  /** The compact JWS over the JSON of claims. */
  readonly sign: (claims: string) => string
}

/** The request that an assertion is good for. */
export interface AssertedRequest {
  /** Name of the upstream. */
  readonly audience: string
  readonly method: string
  /** As the upstream receives it. */
  readonly path: string
  /** The same, with its question mark, or nothing. */
  readonly query: string
  /** As the client asked for it. */
  readonly authority: string
  readonly requestId: string
}

const hashOf = (query: string) => hash('sha256', query, 'base64url')
const NO_QUERY = hashOf('')

/** So much remains of an assertion that is made just before its credential ends: it must outlive its way. */
const LEAST_SECONDS = 5

/** Members of a JSON object, without its braces. */
const membersOf = (object: object): string => JSON.stringify(object).slice(1, -1)

/**
 * Makes the function that says in a signed token (RFC 7519) who asks for what: `htm` is the method, as RFC 9449 §4.2
 * names it. Good for `ttlSeconds`, and hardly longer than the credential it is made of. One that does not fit into a
 * field is a Problem (431).
 */
export function createAssertion({ issuer, ttlSeconds, claims, sign }: AssertionOptions) {
  // What is the same in all assertions of a principal is written once.
  const prepared = new WeakMap<Principal, string>()

  function prepare(principal: Principal): string {
    const { subject, username, roles, scopes } = principal
    const more = claims.flatMap((name) => {
      const value = readSource(principal, name)
      return value === undefined || value === null ? [] : [[name, value] as const]
    })
    return membersOf({
      iss: issuer,
      sub: subject,
      ...(username === null ? {} : { username }),
      roles,
      ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
      // Apart from ours, so that none of them can stand in for one.
      ...(more.length === 0 ? {} : { claims: Object.fromEntries(more) })
    })
  }

  function aboutOf(principal: Principal): string {
    let about = prepared.get(principal)
    if (about === undefined) {
      about = prepare(principal)
      prepared.set(principal, about)
    }
    return about
  }

  return function assert(principal: Principal, request: AssertedRequest): string {
    const now = Math.floor(Date.now() / 1000)
    const bound = membersOf({
      aud: request.audience,
      iat: now,
      nbf: now,
      exp: Math.min(now + ttlSeconds, Math.max(Math.ceil(principal.expiresAt), now + LEAST_SECONDS)),
      jti: randomUUID(),
      htm: request.method,
      path: request.path,
      query_hash: request.query.length < 2 ? NO_QUERY : hashOf(request.query.slice(1)),
      host: request.authority,
      request_id: request.requestId
    })
    return fitting(sign(`{${aboutOf(principal)},${bound}}`))
  }
}
