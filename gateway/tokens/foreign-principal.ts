import type { Claims, Principal } from '../domain.js'
import type { ProblemCode } from '../problems.js'
import { isReservedRole, isRole, isText, isTime, textOrNull } from './claim-types.js'

/** What the settings say of an issuer's claims. */
export interface ForeignClaims {
  /** In the settings, and in front of every subject. */
  readonly name: string
  readonly issuer: string
  readonly audience: readonly string[]
  readonly roles: {
    /** Member names from the outside in; null: this issuer gives no roles. */
    readonly from: readonly string[] | null
    /** The issuer's role → ours; null: they are called the same. */
    readonly map: Readonly<Record<string, readonly string[]>> | null
    /** Roles that `map` does not name are kept as they are. */
    readonly passUnmapped: boolean
  }
  /** The claim that names the user for people; null: none does. */
  readonly username: string | null
  readonly subject: 'prefixed' | 'raw'
  readonly leewayMs: number
}

/** OpenID Connect Core 1.0 §2. */
const LONGEST_SUBJECT = 255

const own = (record: object, name: string): unknown =>
  Object.hasOwn(record, name) ? Reflect.get(record, name) : undefined

function readAt(claims: Claims, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => {
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? own(value, name) : undefined
  }, claims)
}

/** A list of texts, or one text alone, which is never taken apart; any other type is none at all. */
function readTexts(value: unknown): readonly string[] {
  if (isText(value)) return [value]
  return Array.isArray(value) && value.every(isText) ? value : []
}

function readRoles(claims: Claims, { from, map, passUnmapped }: ForeignClaims['roles']): readonly string[] {
  if (from === null) return []
  const roles = readTexts(readAt(claims, from)).flatMap((role): readonly string[] => {
    if (map === null) return [role]
    return Object.hasOwn(map, role) ? (map[role] ?? []) : passUnmapped ? [role] : []
  })
  return [...new Set(roles)].filter((role) => isRole(role) && !isReservedRole(role))
}

/** RFC 9068 §2.2.3: words in one text; others write them as a list, or call them `scp`. */
function readScopes({ scope, scp }: Claims): readonly string[] {
  return readTexts(scope ?? scp).flatMap((words) => words.split(' ').filter((word) => word !== ''))
}

/** RFC 7519 §4.1.3: one text or a list of texts, and we are among them. */
function isForUs(aud: unknown, audience: readonly string[]): boolean {
  const named = Array.isArray(aud) ? aud : [aud]
  return named.every(isText) && named.some((one) => audience.includes(one))
}

/** What Keycloak and its kin write into the claims `typ` or `token_use` of tokens that give access. */
const ACCESS = new Set(['bearer', 'at+jwt', 'access'])

/**
 * Whether the claims tell that this is another kind of token, signed by the same issuer with the same key: an ID token
 * (OpenID Connect Core §3.1.3.6, §3.3.2.11), a security event (RFC 8417 §2.2), a token for refreshing. An issuer that
 * writes `nonce` into access tokens too must say otherwise that they are such.
 */
function isOfAnotherKind(claims: Claims, headerType: string | null): boolean {
  const { typ, token_use: use, nonce, at_hash, c_hash, s_hash, events } = claims
  if ([at_hash, c_hash, s_hash, events].some((claim) => claim !== undefined)) return true
  const said = [typ, use].filter((kind) => kind !== undefined)
  if (!said.every((kind) => isText(kind) && ACCESS.has(kind.toLowerCase()))) return true
  return nonce !== undefined && said.length === 0 && headerType !== 'at+jwt'
}

/**
 * Who a token of another issuer says is asking, once its signature has been verified; null: its claims do not hold
 * together, or are not for us. Times are only read: `judgeTimes` says whether they hold now.
 */
export function readForeignPrincipal(
  claims: Claims,
  headerType: string | null,
  settings: ForeignClaims
): Principal | null {
  const { iss, sub, aud, exp, nbf, iat, cnf } = claims
  if (iss !== settings.issuer || !isForUs(aud, settings.audience)) return null
  if (!isText(sub) || sub.length > LONGEST_SUBJECT || !isTime(exp)) return null
  if ((nbf !== undefined && !isTime(nbf)) || (iat !== undefined && !isTime(iat))) return null
  // RFC 7800 §3.1: it is good only together with the proof of a key, which a bearer does not give.
  if (cnf !== undefined || isOfAnotherKind(claims, headerType)) return null
  const subject = settings.subject === 'raw' ? sub : `${settings.name}:${sub}`
  const username = settings.username === null ? null : textOrNull(own(claims, settings.username))
  const roles = readRoles(claims, settings.roles)
  const { username: _, ...others } = claims
  return {
    subject,
    issuer: settings.name,
    username,
    roles,
    scopes: readScopes(claims),
    clientId: textOrNull(claims.client_id) ?? textOrNull(claims.azp),
    sessionId: null,
    tokenId: textOrNull(claims.jti),
    generation: null,
    expiresAt: exp,
    // What has a meaning here has it wherever claims are read: no foreign `sub` is taken for one of ours.
    claims: Object.freeze({ ...others, sub: subject, roles, ...(username === null ? {} : { username }) })
  }
}

/** null: the token holds now, as far as clocks can tell. */
export function judgeTimes({ claims, expiresAt }: Principal, leewayMs: number): ProblemCode | null {
  const now = Date.now() / 1000
  const leeway = leewayMs / 1000
  if (expiresAt + leeway <= now) return 'expired_token'
  const { nbf, iat } = claims
  return [nbf, iat].some((time) => isTime(time) && time > now + leeway) ? 'invalid_token' : null
}
