import type { Authentication, Limit } from '../domain.js'
import { createPaperJudge } from '../judgement.js'
import { outcomeOf, statusOf } from '../on-paper/index.js'
import type { Settings } from '../settings/index.js'

/** Paths that show to a newcomer what this very file does; null where no rule does so. */
export interface RequestsToTry {
  /** Whoever signs in may enter, and nobody else. */
  readonly open: string | null
  /** `admin` may enter, `demo` may not. */
  readonly closed: string | null
  /** Of `open`, for each user; few enough to be reached by hand. */
  readonly limit: Limit | null
}

const MOST_REQUESTS = 1_000
const NOBODY: Authentication = { kind: 'anonymous' }
/** As the first users are made; what else is asked of a principal a stranger could not know of. */
const somebody = (username: string, ...roles: string[]): Authentication => ({
  kind: 'principal',
  principal: {
    subject: username,
    issuer: 'self',
    username,
    roles,
    scopes: [],
    clientId: null,
    sessionId: null,
    tokenId: null,
    generation: null,
    expiresAt: Number.POSITIVE_INFINITY,
    claims: { sub: username, username, roles }
  }
})

/** A path that the pattern has, if only it is the first that does. */
const pathOf = (pattern: string) =>
  pattern
    .replace('**', 'hello')
    .replaceAll(/\{\w+\}/g, '1')
    .replaceAll('*', 'x')

/** Asks the rules themselves; `example` is the origin of the upstream that shows what it was sent. */
export function findRequestsToTry(settings: Settings, authority: string, example: string): RequestsToTry {
  const judge = createPaperJudge(settings)
  const ask = (target: string, authentication: Authentication) =>
    outcomeOf(judge({ method: 'GET', target, authority, address: '127.0.0.1', authentication }))
  const answers = (target: string) => {
    const [nobody, demo, admin] = [NOBODY, somebody('demo', 'user'), somebody('admin', 'portcullis:admin', 'admin')]
    const { upstream } = ask(target, admin)
    const shows = upstream !== null && settings.upstreams[upstream]?.origins.includes(example)
    return shows ? [nobody, demo, admin].map((who) => statusOf(ask(target, who))).join(' ') : ''
  }
  const targets = ['/api/hello', '/api/admin/dashboard', ...settings.rules.map(({ path }) => pathOf(path))]
  const open = targets.find((target) => answers(target) === '401 200 200') ?? null
  const closed = targets.find((target) => answers(target) === '401 403 200') ?? null
  const rule = open === null ? null : ask(open, somebody('demo', 'user')).rule
  return { open, closed, limit: onlyLimit(rule?.limits ?? [], settings) }
}

/** The limit that a user comes to, if it is plain which. */
function onlyLimit(names: readonly string[], { limits }: Settings): Limit | null {
  const [limit, ...others] = names.flatMap((name) => limits[name] ?? [])
  if (limit === undefined || others.length > 0 || limit.by !== 'user' || limit.algorithm !== 'fixed_window') return null
  return limit.requests <= MOST_REQUESTS ? limit : null
}
