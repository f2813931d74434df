/** A line of the access log, read back: what was asked, by whom, and what was decided. The inverse of `account`. */
import type { Authentication, Claims, Principal } from '../domain.js'
import { type ProblemCode, problems } from '../problems.js'

/** Why a line says nothing that the rules could be asked again. */
export type Skipped = 'other_log' | 'no_path' | 'preflight'

/** Why a line does not say enough to judge it again. */
export type Untold = 'refused_by_limit' | 'not_decided' | 'incomplete_identity' | 'unknown_credential'

export interface LoggedDecision {
  /** Whether the rules let it pass; what became of it then is another matter. */
  readonly allow: boolean
  /** null unless refused. */
  readonly code: string | null
  readonly rule: { readonly path: string; readonly line: number | null } | null
  readonly upstream: string | null
}

export interface LoggedRequest {
  readonly method: string
  readonly host: string
  readonly path: string
  readonly address: string
  readonly time: string | null
  readonly requestId: string | null
  /** As a person knows who asked. */
  readonly who: string
}

export type LoggedLine =
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'skipped'; readonly because: Skipped }
  | { readonly kind: 'untold'; readonly because: Untold }
  /** An endpoint of the gateway answered. */
  | { readonly kind: 'own'; readonly request: LoggedRequest }
  | {
      readonly kind: 'decided'
      readonly request: LoggedRequest
      readonly authentication: Authentication
      readonly decision: LoggedDecision
    }

type Line = Readonly<Record<string, unknown>>

const UNREADABLE: LoggedLine = { kind: 'unreadable' }
const skip = (because: Skipped): LoggedLine => ({ kind: 'skipped', because })
const untold = (because: Untold): LoggedLine => ({ kind: 'untold', because })

const textOrNull = (value: unknown) => (typeof value === 'string' ? value : null)
const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')
const isMap = (value: unknown): value is Line => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Reads one line, parsed as JSON. Nothing is guessed: what a line does not say is told as such. */
export function readLoggedLine(line: unknown): LoggedLine {
  if (!isMap(line)) return UNREADABLE
  if (line.log !== 'access' && line.log !== undefined) return skip('other_log')
  const { verdict, path, method, host, address } = line
  if (verdict !== 'allow' && verdict !== 'deny' && verdict !== 'limit') return UNREADABLE
  if (path === null || path === undefined) return skip('no_path')
  if (typeof path !== 'string' || typeof method !== 'string' || typeof host !== 'string' || typeof address !== 'string')
    return UNREADABLE
  const request: LoggedRequest = {
    method,
    host,
    path,
    address,
    time: textOrNull(line.time),
    requestId: textOrNull(line.request_id),
    who: textOrNull(line.username) ?? textOrNull(line.subject) ?? 'anonymous'
  }
  // The endpoint for other proxies' inquiries stands beside the path that they asked about.
  if (line.endpoint === path) return { kind: 'own', request }
  if (line.credential === undefined) return undecided(line)
  const authentication = readAuthentication(line)
  if (typeof authentication === 'string') return untold(authentication)
  const decision = readDecision(line)
  return decision === null ? UNREADABLE : { kind: 'decided', request, authentication, decision }
}

/** Lines of requests that never came to the rules' verdict. */
function undecided({ verdict, method, status }: Line): LoggedLine {
  if (verdict === 'limit') return untold('refused_by_limit')
  return method === 'OPTIONS' && status === 204 ? skip('preflight') : untold('not_decided')
}

function readDecision({ verdict, code, rule, upstream }: Line): LoggedDecision | null {
  // A limit by user counts what the rules have let pass.
  const allow = verdict !== 'deny'
  if (!allow && typeof code !== 'string') return null
  const path = isMap(rule) ? textOrNull(rule.path) : null
  return {
    allow,
    code: allow ? null : textOrNull(code),
    rule: path === null || !isMap(rule) ? null : { path, line: typeof rule.line === 'number' ? rule.line : null },
    upstream: textOrNull(upstream)
  }
}

const ANONYMOUS: Authentication = { kind: 'anonymous' }

const isProblemCode = (code: unknown): code is ProblemCode => typeof code === 'string' && Object.hasOwn(problems, code)

function readAuthentication(line: Line): Authentication | Untold {
  const { credential } = line
  if (credential === 'none') return ANONYMOUS
  if (credential !== 'valid')
    return isProblemCode(credential) ? { kind: 'bad', because: credential } : 'unknown_credential'
  const principal = readPrincipal(line)
  return principal === null ? 'incomplete_identity' : { kind: 'principal', principal }
}

function readPrincipal({ subject, issuer, username, roles, scopes, claims }: Line): Principal | null {
  if (typeof subject !== 'string' || typeof issuer !== 'string' || !isTexts(roles) || !isTexts(scopes)) return null
  if (!isMap(claims)) return null
  const name = textOrNull(username)
  return {
    subject,
    issuer,
    username: name,
    roles,
    scopes,
    clientId: null,
    sessionId: null,
    tokenId: null,
    generation: null,
    expiresAt: Number.MAX_SAFE_INTEGER,
    // Whoever has a user's name has it as this claim, too.
    claims: { ...(claims as Claims), sub: subject, username: name }
  }
}
