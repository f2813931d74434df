import type { User } from '../domain.js'
import type { Algorithm } from './algorithms.js'
import { claimsOfUser, configuredClaims, type IssuingOptions } from './issue-access-tokens.js'
import type { SimpleJwtTokenOptions } from './simplejwt/simplejwt-tokens.js'
import { LONGEST_TOKEN, TokenTooLarge } from './token-too-large.js'

/** What of a user the tokens say. */
export type SizedUser = Pick<User, 'id' | 'username' | 'roles' | 'attributes'>

/** What of the settings decides how long tokens become. */
export interface TokenSizeOptions {
  readonly tokens: Pick<IssuingOptions, 'issuer' | 'audience' | 'claims'> & { readonly algorithm: Algorithm }
  /** null: there are no tokens of that kind. */
  readonly simpleJwt:
    | (Pick<
        SimpleJwtTokenOptions,
        'issuer' | 'audience' | 'claims' | 'userId' | 'userIdClaim' | 'tokenTypeClaim' | 'jtiClaim' | 'sliding'
      > & { readonly signingKey: { readonly algorithm: Algorithm } | null })
    | null
}

export interface TokenSizes {
  /** How many characters a token may have. */
  readonly most: number
  /** How many the user's longest has at most. */
  readonly of: (user: SizedUser) => number
  /** Whether a user within the rules for roles and attributes could have one that is too long. */
  readonly canExceed: boolean
  /** Throws the Problem `token_too_large` for a user whose tokens cannot be issued. */
  readonly requireFit: (user: User) => void
}

/** Of signatures, in base64url; of RSA keys by 4096 bits: those of larger keys are met when they sign. */
const SIGNATURES: Readonly<Record<string, number>> = { HS256: 43, HS384: 64, ES384: 128, ES512: 176, RS: 683, PS: 683 }
const OTHER_SIGNATURE = 86
/** Of a header with the longest key id that there is, and of the dots. */
const HEADER = 260
/** What a user may have at most, as the rules for accounts bound it. */
const MOST_ROLES = 64
const LONGEST_ROLE = 64
const LONGEST_USERNAME = 128
const MOST_ATTRIBUTE_BYTES = 4096

/** In place of what each token has of its own. */
const ID = '00000000-0000-0000-0000-000000000000'
const TOKEN_ID = '0'.repeat(64)
const NUMBER = Number.MAX_SAFE_INTEGER
const TIMES = { exp: NUMBER, iat: NUMBER, nbf: NUMBER }

const lengthOf = (claims: object, algorithm: Algorithm): number => {
  const signature = SIGNATURES[algorithm] ?? SIGNATURES[algorithm.slice(0, 2)] ?? OTHER_SIGNATURE
  return HEADER + Math.ceil((Buffer.byteLength(JSON.stringify(claims)) * 4) / 3) + signature
}

/** As long as `userIdOf` makes it, or longer. */
const userIdOf = (userId: string, user: SizedUser) =>
  userId === 'id' ? user.id : userId === 'username' ? user.username : String(user.attributes[userId] ?? '')

/** Makes what tells how long tokens become by these settings, before one is signed. */
export function createTokenSizes({ tokens, simpleJwt }: TokenSizeOptions): TokenSizes {
  function ofOwn(user: User): number {
    const { issuer: iss, audience } = tokens
    const claims = { ...claimsOfUser(user, TOKEN_ID, tokens.claims), iss, aud: audience, sub: ID, jti: ID, ...TIMES }
    return lengthOf(claims, tokens.algorithm)
  }

  function ofSimpleJwt(user: User): number {
    if (simpleJwt === null) return 0
    const { issuer: iss, audience, userIdClaim, tokenTypeClaim, jtiClaim, sliding, signingKey } = simpleJwt
    const { username, roles, generation: gen } = user
    const claims = {
      ...configuredClaims(simpleJwt.claims, user),
      ...{ username, roles, gen, iss, aud: audience ?? [], sid: TOKEN_ID, sub: ID, uid: ID, ...TIMES },
      [sliding.refreshExpClaim]: NUMBER,
      [userIdClaim]: userIdOf(simpleJwt.userId, user),
      [jtiClaim]: TOKEN_ID,
      [tokenTypeClaim]: 'refresh'
    }
    return lengthOf(claims, signingKey?.algorithm ?? tokens.algorithm)
  }

  const of = (given: SizedUser): number => {
    const user = { ...given, disabled: false, generation: NUMBER, createdAt: 0, lastLoginAt: null }
    return Math.max(ofOwn(user), ofSimpleJwt(user))
  }

  const canExceed = of(fullestUser(tokens.claims, simpleJwt?.userId ?? null)) > LONGEST_TOKEN
  return {
    most: LONGEST_TOKEN,
    of,
    canExceed,
    requireFit(user) {
      const characters = canExceed ? of(user) : 0
      if (characters > LONGEST_TOKEN) throw new TokenTooLarge(user, characters)
    }
  }
}

/** Whoever has all that a user may have, and of the attributes all in the one that tokens say most often. */
function fullestUser(claims: IssuingOptions['claims'], userId: string | null): SizedUser {
  const sources = [...Object.values(claims), ...(userId === null ? [] : [userId])]
  const timesOf = (source: string) => sources.filter((other) => other === source).length
  const attributes = sources.filter((source) => source !== 'username' && source !== 'id')
  const [most] = attributes.toSorted((one, other) => timesOf(other) - timesOf(one))
  return {
    id: ID,
    // A quotation mark is two characters in JSON.
    username: '"'.repeat(LONGEST_USERNAME),
    roles: new Array<string>(MOST_ROLES).fill('r'.repeat(LONGEST_ROLE)),
    attributes: {
      ...Object.fromEntries(attributes.map((name) => [name, ''])),
      ...(most === undefined ? {} : { [most]: 'a'.repeat(MOST_ATTRIBUTE_BYTES) })
    }
  }
}
