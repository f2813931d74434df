/** Paths of a settings file, by who may reach them: judged on paper, by the functions that serve. */
import { METHODS } from 'node:http'
import type { Position, PositionName } from '../../attack/index.js'
import type { Authentication, Rule } from '../../domain.js'
import { createPaperJudge } from '../../judgement.js'
import type { Settings } from '../../settings/index.js'
import { principalOfClaims } from '../../tokens/index.js'

/** Somebody by what they may do: the rest of a token takes no part. */
export type Roles = readonly string[]

export interface Places {
  readonly positions: Readonly<Partial<Record<PositionName, Omit<Position, 'token'>>>>
  /** A folder that strangers may enter; null: there is none. */
  readonly open: string | null
  /** Of the user who is refused somewhere and, if there is such a user, passes somewhere else. */
  readonly low: Roles
  /** Of the user who may do most. */
  readonly high: Roles
}

const LOOPBACK = '127.0.0.1'

/** A path of the pattern, such as `/api/users/7/attack`. */
export function samplePath(pattern: string): string {
  const segments = pattern.split('/').map((segment) => {
    if (segment === '**') return 'attack'
    return segment.replaceAll(/\{[^}]*\}/g, '7').replaceAll('*', 'a')
  })
  const path = segments.join('/')
  // A wildcard alone stands for a path with a folder, which more can be done to.
  return pattern === '/**' ? '/attack/page' : path
}

interface Candidate {
  readonly rule: Rule
  readonly place: Omit<Position, 'token' | 'closedToAllMethods'>
}

function candidatesOf({ rules }: Settings, host: string): readonly Candidate[] {
  return rules.flatMap((rule) => {
    const method = rule.methods === null || rule.methods.includes('GET') ? 'GET' : rule.methods[0]
    if (method === undefined || method === 'CONNECT') return []
    return [{ rule, place: { method, host: rule.hosts?.[0] ?? host, path: samplePath(rule.path) } }]
  })
}

const sizeOf = ({ rule, place }: Candidate): number =>
  (rule.path.includes('{') ? 0 : 100) + place.path.split('/').length

/** The most telling one: literal and deep. */
const best = (candidates: readonly Candidate[]): Candidate | undefined =>
  [...candidates].sort((one, other) => sizeOf(other) - sizeOf(one))[0]

function rolesIn({ rules }: Settings): Roles {
  const named = rules.flatMap(({ allow }) =>
    allow.kind === 'any' ? allow.of.flatMap(({ roles = [], allRoles = [] }) => [...roles, ...allRoles]) : []
  )
  return [...new Set(named)]
}

/** Chooses where to fire from. `host` is where no rule names one; `path`: the protected path, if the operator names it. */
export function choosePlaces(settings: Settings, host: string, path: string | null): Places {
  const judge = createPaperJudge(settings)
  const everybody = rolesIn(settings)
  const named = (roles: Roles | null): Authentication => {
    if (roles === null) return { kind: 'anonymous' }
    const principal = principalOfClaims({ roles }, settings.tokens, [])
    return principal === null ? { kind: 'anonymous' } : { kind: 'principal', principal }
  }
  const passes = ({ method, host: authority, path: target }: Candidate['place'], roles: Roles | null): boolean => {
    const judged = judge({ method, target, authority, address: LOOPBACK, authentication: named(roles) })
    return judged.kind === 'judged' && judged.decision.allow
  }
  const isClosed = (place: Candidate['place'], roles: Roles | null) =>
    METHODS.every((method) => !passes({ ...place, method }, roles))

  const all = candidatesOf(settings, host)
  const protectedOnes = path === null ? all : all.map(({ rule, place }) => ({ rule, place: { ...place, path } }))
  const refuses = (roles: Roles | null) => best(protectedOnes.filter(({ place }) => !passes(place, roles)))
  const lets = (roles: Roles | null) => best(all.filter(({ place }) => passes(place, roles)))

  const identities = [[], ...everybody.map((role) => [role]), everybody]
  const low = identities.find((roles) => refuses(roles) !== undefined && lets(roles) !== undefined) ?? []
  const guarded = protectedOnes.filter(({ place }) => !passes(place, null) && passes(place, everybody))
  const found: Record<string, readonly [Candidate | undefined, Roles | null]> = {
    'stranger-refused': [refuses(null), null],
    'user-refused': [refuses(low), low],
    'stranger-passes': [lets(null), null],
    'user-passes': [best(all.filter(({ place }) => passes(place, low) && !passes(place, null))) ?? lets(low), low],
    'token-passes': [best(guarded), everybody]
  }
  const positions = Object.entries(found).flatMap(([name, [candidate, roles]]) =>
    candidate === undefined
      ? []
      : [[name, { ...candidate.place, closedToAllMethods: isClosed(candidate.place, roles) }] as const]
  )
  const open = lets(null)?.place.path ?? null
  return {
    positions: {
      ...Object.fromEntries(positions),
      endpoint: {
        method: 'GET',
        host: settings.auth.hosts?.[0] ?? host,
        path: `${settings.auth.prefix}/login`,
        closedToAllMethods: false
      }
    },
    open: open === null ? null : open.slice(0, open.lastIndexOf('/')) || open,
    low,
    high: everybody
  }
}
