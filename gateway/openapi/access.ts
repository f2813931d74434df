/** What a document says of security → `allow`. Where a rule cannot say it, `allow` is stricter, never wider. */
import type { Allow, Condition } from '../domain.js'
import { isMembers, type Members } from './pointer.js'

export interface Access {
  readonly allow: Allow
  /** False: nothing was said. */
  readonly isStated: boolean
  readonly notes: readonly string[]
}

/** How a scheme of the document is met here. */
export type Scheme =
  /** The gateway reads such tokens; `entries`: what a requirement lists. */
  | { readonly kind: 'token'; readonly entries: 'scopes' | 'roles' }
  /** The gateway cannot see it met; `form`: what it is, in words. */
  | { readonly kind: 'unread'; readonly form: string }
  | { readonly kind: 'undeclared' }

/** Scheme → what it asks for; an empty one lets anonymous requests in. */
export type Requirement = Readonly<Record<string, readonly string[]>>

/** Words of an extension such as `x-roles`; `all`: each is needed. */
export interface RoleWords {
  readonly any: readonly string[]
  readonly all: readonly string[]
}

interface Alternative {
  readonly scopes: ReadonlySet<string>
  readonly roles: ReadonlySet<string>
  readonly unread: readonly string[]
  /** Why it can never be met here; null: it can. */
  readonly impossible: string | null
}

// As conditions of rules are spelt.
const roleName = /^[A-Za-z0-9:_./-]+$/
const scopeName = /^[\x21\x23-\x5B\x5D-\x7E]+$/

export const authenticated: Access = { allow: { kind: 'authenticated' }, isStated: false, notes: [] }

/** OAuth scopes are all needed, and so are the roles that OpenAPI 3.1 lists for other schemes. */
function readAlternative(requirement: Requirement, schemeOf: (name: string) => Scheme): Alternative {
  const scopes = new Set<string>()
  const roles = new Set<string>()
  const unread: string[] = []
  let impossible: string | null = null
  for (const [name, entries] of Object.entries(requirement)) {
    const scheme = schemeOf(name)
    if (scheme.kind === 'undeclared') impossible = `the document declares no security scheme '${name}'`
    if (scheme.kind === 'unread') unread.push(`'${name}' (${scheme.form})`)
    const areScopes = scheme.kind === 'token' && scheme.entries === 'scopes'
    for (const entry of entries) {
      if (!(areScopes ? scopeName : roleName).test(entry)) {
        impossible = `no ${areScopes ? 'scope' : 'role'} can be spelt '${entry}'`
      }
      ;(areScopes ? scopes : roles).add(entry)
    }
  }
  return { scopes, roles, unread, impossible }
}

function conditionOf({ scopes, roles }: Alternative, words: RoleWords): Condition {
  const all = [...new Set([...roles, ...words.all])]
  // One role is easier read as any of one.
  const [only] = all
  const single = all.length === 1 && words.any.length === 0 && only !== undefined
  return {
    ...(single ? { roles: [only] } : {}),
    ...(words.any.length > 0 ? { roles: words.any } : {}),
    ...(all.length > 0 && !single ? { allRoles: all } : {}),
    ...(scopes.size > 0 ? { scopes: [...scopes] } : {})
  }
}

/** Alternatives as one `allow`: of several the same one is enough, and one without conditions makes all others idle. */
function joinConditions(conditions: readonly Condition[]): Allow {
  const distinct = new Map(conditions.map((condition) => [JSON.stringify(condition), condition]))
  if (distinct.has('{}')) return { kind: 'authenticated' }
  return { kind: 'any', of: [...distinct.values()] }
}

function nobody(notes: readonly string[]): Access {
  return { allow: { kind: 'nobody' }, isStated: true, notes }
}

/** `requirements`: null where neither the operation nor the document has any. */
export function readAccess(
  requirements: readonly Requirement[] | null,
  words: RoleWords,
  schemeOf: (name: string) => Scheme
): Access {
  const misspelt = [...words.any, ...words.all].find((word) => !roleName.test(word))
  if (misspelt !== undefined) return nobody([`no role can be spelt '${misspelt}'`])
  const hasRoles = words.any.length + words.all.length > 0
  const isOpen = requirements?.every((one) => Object.keys(one).length === 0) === true
  if (isOpen && !hasRoles) return { allow: { kind: 'anyone' }, isStated: true, notes: [] }
  if (requirements === null || isOpen) return hasRoles ? rolesAlone(words) : authenticated
  if (!hasRoles && requirements.some((one) => Object.keys(one).length === 0)) {
    return { allow: { kind: 'anyone' }, isStated: true, notes: ['a token may be shown, but none is needed'] }
  }
  const alternatives = requirements.map((one) => readAlternative(one, schemeOf))
  const possible = alternatives.filter(({ impossible }) => impossible === null)
  const notes = alternatives.flatMap(({ impossible }) => (impossible === null ? [] : [impossible]))
  if (possible.length === 0) return nobody(notes)
  // A way in that cannot be verified here must not stand beside one that can: it would ask for a token and no more.
  const verified = possible.filter(({ unread }) => unread.length === 0)
  const chosen = verified.length > 0 ? verified : possible
  const unread = [...new Set(possible.flatMap((alternative) => alternative.unread))]
  if (unread.length > 0) notes.push(unreadNote(unread, verified.length > 0))
  return { allow: joinConditions(chosen.map((one) => conditionOf(one, words))), isStated: true, notes }
}

function rolesAlone(words: RoleWords): Access {
  const alternative = { scopes: new Set<string>(), roles: new Set<string>(), unread: [], impossible: null }
  return { allow: joinConditions([conditionOf(alternative, words)]), isStated: true, notes: [] }
}

const unreadNote = (schemes: readonly string[], othersRemain: boolean) =>
  `the gateway does not read ${schemes.join(', ')}: ${othersRemain ? 'that way in is left out' : 'a token is asked for instead'}`

/** A Security Scheme Object, of any version. */
export function readScheme(scheme: unknown): Scheme {
  if (!isMembers(scheme)) return { kind: 'undeclared' }
  const { type } = scheme
  if (type === 'oauth2' || type === 'openIdConnect') return { kind: 'token', entries: 'scopes' }
  if (type === 'http' && String(scheme.scheme).toLowerCase() === 'bearer') return { kind: 'token', entries: 'roles' }
  // Before OpenAPI 3 there was no other way to write a bearer token.
  const isAuthorization = type === 'apiKey' && String(scheme.name).toLowerCase() === 'authorization'
  return isAuthorization ? { kind: 'token', entries: 'roles' } : { kind: 'unread', form: schemeForm(scheme) }
}

function schemeForm({ type, scheme, in: place }: Members): string {
  if (type === 'apiKey') return `API key in the ${String(place)}`
  if (type === 'basic' || String(scheme).toLowerCase() === 'basic') return 'Basic credentials'
  return String(type === 'http' ? scheme : type)
}
