import { LRUCache } from 'lru-cache'
import type { Principal } from '../domain.js'
import type { ProblemCode } from '../problems.js'
import { isText } from './claim-types.js'
import { type CompactJwt, readCompactJwt } from './compact-jws.js'
import type { FetchFailed, FetchResult } from './fetch-json.js'
import { type ForeignClaims, judgeTimes, readForeignPrincipal } from './foreign-principal.js'
import { createIssuerKeys, type IssuerKeys, type KeyLocation, PACE, type Pace } from './issuer-keys.js'
import { type PublicKeyAlgorithm, verifySignature } from './jws-signature.js'
import type { VerificationKey } from './key-set.js'

/** One issuer of the settings. */
export interface IssuerOptions extends KeyLocation, ForeignClaims {
  readonly algorithms: readonly PublicKeyAlgorithm[]
  /** What `typ` of the header must be, in lower case; null: JWT or at+jwt, or absent. */
  readonly types: readonly string[] | null
}

export interface IssuersOptions {
  readonly issuers: readonly IssuerOptions[]
  /** Each fetch of keys, however it ended. */
  readonly onFetch: (issuer: string, result: FetchResult, error: FetchFailed | null) => void
  readonly pace?: Partial<Pace>
}

export type Verified = Principal | ProblemCode

export interface Issuers {
  /** What a token verified before is now; null: it is not remembered. */
  readonly recall: (token: string) => Verified | null
  /** The principal, or why the token does not hold; a promise only where keys must be awaited. Never rejects. */
  readonly verify: (token: string) => Verified | Promise<Verified>
  /** Names of those whose keys were never obtained, or too long ago. */
  readonly withoutKeys: () => readonly string[]
  /** The same for other settings; keys of issuers that stay where they are are taken over, the others let go. */
  readonly replace: (issuers: readonly IssuerOptions[]) => Issuers
  readonly close: () => void
}

/** As long as a request's header section can be. */
const LONGEST_TOKEN = 16_384
const REMEMBERED_TOKENS = 10_000
/** Characters of all remembered tokens; with their claims they take some three times as much memory. */
const REMEMBERED_CHARACTERS = 16 * 1024 * 1024

/** RFC 9068 §2.1, RFC 7519 §5.1; other kinds of token have other types (RFC 8725 §3.11). */
const TYPES = ['jwt', 'at+jwt']

interface Accepted {
  readonly options: IssuerOptions
  readonly keys: IssuerKeys
}

interface Offered extends Accepted {
  readonly token: string
  readonly jwt: CompactJwt
  readonly algorithm: PublicKeyAlgorithm
  readonly keyId: string | null
  readonly type: string | null
}

interface Remembered extends Accepted {
  readonly principal: Principal
  readonly key: VerificationKey
}

/** RFC 7515 §4.1.9: `application/` may be left out, and letter case means nothing. undefined: it is no type. */
function readType(typ: unknown): string | null | undefined {
  if (typ === undefined) return null
  return isText(typ) ? typ.toLowerCase().replace(/^application\//, '') : undefined
}

/**
 * The parts of a header that count; null: it is not acceptable. Keys and addresses of keys in it (`jwk`, `jku`, `x5c`,
 * `x5u`) are not looked at.
 */
function readHeader({ header }: CompactJwt, { algorithms, types }: IssuerOptions) {
  const algorithm = algorithms.find((name) => name === header.alg)
  const type = readType(header.typ)
  if (algorithm === undefined || type === undefined) return null
  if (header.kid !== undefined && !isText(header.kid)) return null
  if (type === null ? types !== null : !(types ?? TYPES).includes(type)) return null
  return { algorithm, keyId: header.kid ?? null, type }
}

const sameLocation = (one: KeyLocation, other: KeyLocation) =>
  one.issuer === other.issuer && one.jwksUrl === other.jwksUrl && one.insecureHttp === other.insecureHttp

/** Verifies tokens of the issuers in the settings, each with its own keys. */
export function createIssuers(given: IssuersOptions): Issuers {
  const { onFetch } = given
  const pace: Pace = { ...PACE, ...given.pace }

  const openKeys = ({ issuer, jwksUrl, insecureHttp, name }: IssuerOptions) =>
    createIssuerKeys({
      issuer,
      jwksUrl,
      insecureHttp,
      pace,
      onFetch: (result, error) => onFetch(name, result, error)
    })

  function build(issuers: readonly IssuerOptions[], before: ReadonlyMap<string, Accepted>): Issuers {
    const byIssuer = new Map<string, Accepted>()
    for (const options of issuers) {
      const held = before.get(options.issuer)
      const stays = held !== undefined && held.options.name === options.name && sameLocation(held.options, options)
      byIssuer.set(options.issuer, { options, keys: stays ? held.keys : openKeys(options) })
    }
    const kept = new Set([...byIssuer.values()].map(({ keys }) => keys))
    for (const { keys } of before.values()) if (!kept.has(keys)) keys.retire()
    return createVerifier(byIssuer, (next) => build(next, byIssuer))
  }

  return build(given.issuers, new Map())
}

function createVerifier(byIssuer: ReadonlyMap<string, Accepted>, replace: Issuers['replace']): Issuers {
  const verified = new LRUCache<string, Remembered>({
    max: REMEMBERED_TOKENS,
    maxSize: REMEMBERED_CHARACTERS,
    sizeCalculation: (_, token) => token.length
  })

  function readToken(token: string): Offered | null {
    const jwt = token.length > LONGEST_TOKEN ? null : readCompactJwt(token)
    if (jwt === null) return null
    // Not verified yet: it only says whose keys to verify with.
    const accepted = isText(jwt.claims.iss) ? byIssuer.get(jwt.claims.iss) : undefined
    const header = accepted === undefined ? null : readHeader(jwt, accepted.options)
    return accepted === undefined || header === null ? null : { ...accepted, ...header, token, jwt }
  }

  function verifyWith(key: VerificationKey, { options, keys, token, jwt, algorithm, type }: Offered): Verified {
    if (!verifySignature(algorithm, key.key, jwt.signed, jwt.signature)) return 'invalid_token'
    const principal = readForeignPrincipal(jwt.claims, type, options)
    if (principal === null) return 'invalid_token'
    const because = judgeTimes(principal, options.leewayMs)
    if (because !== null) return because
    verified.set(token, { options, keys, principal, key })
    return principal
  }

  async function seek(offered: Offered): Promise<Verified> {
    const { keys, algorithm, keyId } = offered
    const current = await keys.seek()
    const key = keys.find(algorithm, keyId)
    if (key !== null) return verifyWith(key, offered)
    // An issuer that is away may have made the key since: that is not the user's fault.
    return current && keys.available() ? 'invalid_token' : 'issuer_unavailable'
  }

  function recall(token: string): Verified | null {
    const known = verified.get(token)
    // A key that the issuer has withdrawn vouches for nothing any more.
    if (known === undefined || !known.keys.holds(known.key)) return null
    return judgeTimes(known.principal, known.options.leewayMs) ?? known.principal
  }

  return {
    recall,
    verify(token) {
      const offered = readToken(token)
      if (offered === null) return 'invalid_token'
      const key = offered.keys.find(offered.algorithm, offered.keyId)
      return key === null ? seek(offered) : verifyWith(key, offered)
    },
    withoutKeys: () => [...byIssuer.values()].flatMap(({ options, keys }) => (keys.available() ? [] : [options.name])),
    replace,
    close() {
      for (const { keys } of byIssuer.values()) keys.close()
    }
  }
}
