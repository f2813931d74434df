/** `paths` of a document → operations in terms of a policy. */
import { type Access, type Requirement, type RoleWords, readAccess, readScheme, type Scheme } from './access.js'
import type { Operation } from './operation.js'
import { readTemplate, type TemplatePattern } from './path-template.js'
import { below, isMembers, type Members, member, type Pointer, resolve, rootPointer } from './pointer.js'
import { createServerNames, isServerList, readServer, serversOfSwagger } from './servers.js'

/** HEAD stands before GET, which would cover it. */
const methods = ['HEAD', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'] as const

const textOf = (value: unknown): string | null => (typeof value === 'string' && value.trim() !== '' ? value : null)

/** Reads the operations of a document that is known to be one; `refuse` is told each mistake. */
export function createOperationReader(root: unknown, refuse: (pointer: Pointer, message: string) => void) {
  const isSwagger = member(root, 'openapi') === undefined
  const serverNames = createServerNames()
  const notes: string[] = []
  const schemes = new Map<string, Scheme>()
  const pathsPointer = below(rootPointer, 'paths')

  /** Follows a `$ref`; null when it cannot be, which is told. */
  function follow(value: unknown, pointer: Pointer): { value: unknown; pointer: Pointer } | null {
    const resolved = resolve(root, value, pointer)
    if (!('fault' in resolved)) return resolved
    refuse(pointer, resolved.fault)
    return null
  }

  function schemeOf(name: string): Scheme {
    const known = schemes.get(name)
    if (known !== undefined) return known
    const around = isSwagger ? ['securityDefinitions'] : ['components', 'securitySchemes']
    const declared = member([...around].reduce(member, root), name)
    const resolved = declared === undefined ? null : follow(declared, below(rootPointer, ...around, name))
    const scheme = readScheme(resolved?.value)
    schemes.set(name, scheme)
    return scheme
  }

  function readRequirements(value: unknown, pointer: Pointer): readonly Requirement[] | null {
    if (value === undefined) return null
    if (!Array.isArray(value)) {
      refuse(pointer, 'must be a list of security requirements')
      return null
    }
    return value.map((one, index) => {
      const good = isMembers(one) && Object.values(one).every(isTexts)
      if (!good) refuse(below(pointer, index), 'must be a map from names of schemes to lists of scopes or roles')
      return good ? (one as Requirement) : {}
    })
  }

  const ofDocument = readRequirements(member(root, 'security'), below(rootPointer, 'security'))

  /** Extensions such as `x-roles` or `x-required-roles`; words that say `all` or `required` mean each of them. */
  function readRoleWords(members: Members, pointer: Pointer): RoleWords {
    const any: string[] = []
    const all: string[] = []
    for (const [name, value] of Object.entries(members)) {
      if (!/^x-(.+-)?roles?$/i.test(name)) continue
      const words = typeof value === 'string' ? [value] : value
      if (!isTexts(words) || words.length === 0) refuse(below(pointer, name), 'must be a role or a list of roles')
      else (/\b(all|required)\b/i.test(name) ? all : any).push(...words)
    }
    return { any, all }
  }

  /** Names of path parameters that span slashes: GitHub and others mark them so. */
  function deepParameters(lists: readonly unknown[]): ReadonlySet<string> {
    const parameters = lists.flatMap((list) => (Array.isArray(list) ? list : []))
    const names = parameters.flatMap((parameter) => {
      const resolved = resolve(root, parameter, rootPointer)
      const value = 'fault' in resolved ? undefined : resolved.value
      const isDeep = member(value, 'in') === 'path' && member(value, 'x-multi-segment') === true
      const name = member(value, 'name')
      return isDeep && typeof name === 'string' ? [name] : []
    })
    return new Set(names)
  }

  function placeOfServer(lists: readonly (readonly [value: unknown, pointer: Pointer])[]) {
    const [value, pointer] = lists.find(([list]) => isServerList(list)) ?? [null, rootPointer]
    const list = isServerList(value) ? value : isSwagger ? serversOfSwagger(root) : [{ url: '/' }]
    const places = list.map(readServer)
    const [first] = places
    if (first === undefined || 'fault' in first) {
      refuse(below(pointer, 0), first?.fault ?? 'is empty')
      return null
    }
    const others = places.filter((place) => !('fault' in place) && place.prefix !== first.prefix)
    const note = `of the servers at ${pointer} only the first one counts: paths of the others begin otherwise`
    if (others.length > 0 && !notes.includes(note)) notes.push(note)
    return first
  }

  function readOperation(method: string, template: string, item: Members, at: Pointer): Operation | null {
    const pointer = below(at, method.toLowerCase())
    const value = item[method.toLowerCase()]
    if (!isMembers(value)) {
      refuse(pointer, 'must be an operation')
      return null
    }
    const server = placeOfServer([
      [value.servers, below(pointer, 'servers')],
      [item.servers, below(at, 'servers')],
      [member(root, 'servers'), below(rootPointer, 'servers')]
    ])
    const path = readTemplate(`${server?.prefix ?? ''}${template}`, deepParameters([item.parameters, value.parameters]))
    if ('fault' in path) refuse(at, path.fault)
    if (server === null || 'fault' in path) return null
    const requirements = readRequirements(value.security, below(pointer, 'security')) ?? ofDocument
    const own = readRoleWords(value, pointer)
    const words = own.any.length + own.all.length > 0 ? own : readRoleWords(item, at)
    const access = narrow(readAccess(requirements, words, schemeOf), path.fits)
    return {
      method,
      template,
      pattern: path.pattern,
      pointer,
      id: textOf(value.operationId),
      summary: textOf(value.summary),
      allow: access.allow,
      isStated: access.isStated,
      server: serverNames.nameOf(server.origin),
      notes: [...access.notes, ...path.notes]
    }
  }

  function readPath(template: string, item: unknown): readonly Operation[] {
    const at = below(pathsPointer, template)
    if (!template.startsWith('/')) {
      if (!template.startsWith('x-')) refuse(at, 'is no path: it must begin with a slash')
      return []
    }
    const resolved = follow(item, at)
    if (resolved === null) return []
    const members = resolved.value
    if (!isMembers(members)) {
      refuse(at, 'must be a map of operations')
      return []
    }
    const present = methods.filter((method) => Object.hasOwn(members, method.toLowerCase()))
    return present.flatMap((method) => readOperation(method, template, members, resolved.pointer) ?? [])
  }

  return {
    readOperations: () => Object.entries(member(root, 'paths') ?? {}).flatMap(([path, item]) => readPath(path, item)),
    servers: () => serverNames.all(),
    notes: () => notes
  }
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'string')

/** A pattern that fits more than its operation must not open what it fits besides. */
function narrow(access: Access, fits: TemplatePattern['fits']): Access {
  if (fits === 'much more') return { ...access, allow: { kind: 'nobody' } }
  if (fits === 'exactly' || access.allow.kind !== 'anyone') return access
  const note = 'the document lets anyone in, but the pattern fits more than this operation'
  return { ...access, allow: { kind: 'authenticated' }, notes: [...access.notes, note] }
}
