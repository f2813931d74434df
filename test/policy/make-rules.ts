import { type CanonicalPath, parseCanonicalPath } from '../../gateway/canonical-path.js'
import type { Allow, Authentication, Condition, PathTolerance, Principal, Rule } from '../../gateway/domain.js'
import type { Match, NoMatch, Policy } from '../../gateway/policy/index.js'

export const anyone: Allow = { kind: 'anyone' }
export const authenticated: Allow = { kind: 'authenticated' }
export const nobody: Allow = { kind: 'nobody' }
export const oneOf = (...of: readonly Condition[]): Allow => ({ kind: 'any', of })

export const strict: PathTolerance = {
  case: 'insensitive',
  encodedSlash: 'refuse',
  semicolon: 'refuse',
  emptySegments: 'refuse'
}
export const tolerant: PathTolerance = {
  case: 'insensitive',
  encodedSlash: 'allow',
  semicolon: 'allow',
  emptySegments: 'allow'
}

export type RuleParts = Partial<Pick<Rule, 'hosts' | 'methods' | 'allow' | 'paths'>> & Pick<Rule, 'path'>

export const makeRules = (rules: readonly RuleParts[]): Rule[] =>
  rules.map((parts, index) => ({
    index,
    line: index + 1,
    hosts: null,
    methods: null,
    allow: anyone,
    upstream: 'web',
    limits: [],
    paths: strict,
    websocket: null,
    maxBody: null,
    ...parts
  }))

export const canonical = (raw: string): CanonicalPath => {
  const parsed = parseCanonicalPath(raw)
  if ('fault' in parsed) throw new Error(`${raw}: ${parsed.fault}`)
  return parsed.path
}

/** The way of a request: canonicalised or refused, then found. */
export const findRaw = (policy: Policy, raw: string, method = 'GET', host = 'example.com'): Match | NoMatch => {
  const parsed = parseCanonicalPath(raw)
  return 'fault' in parsed ? { because: 'bad_path', detail: parsed.fault } : policy.find({ method, host, ...parsed })
}

/** Index of the rule that was found, or why there is none. */
export const found = (match: Match | NoMatch): number | string => ('rule' in match ? match.rule.index : match.because)

export const makePrincipal = (parts: Partial<Principal> = {}): Principal => ({
  subject: 'u1',
  issuer: 'self',
  username: 'ann',
  roles: [],
  scopes: [],
  clientId: null,
  sessionId: null,
  tokenId: null,
  generation: null,
  expiresAt: 2_000_000_000,
  claims: {},
  ...parts
})

export const anonymous: Authentication = { kind: 'anonymous' }
export const as = (parts: Partial<Principal> = {}): Authentication => ({
  kind: 'principal',
  principal: makePrincipal(parts)
})
