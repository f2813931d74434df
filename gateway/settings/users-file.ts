/** A file of users: `users:` and, under each name, a password hash, roles and attributes. */
import { z } from 'zod'
import type { DirectoryUser } from '../domain.js'
import { roleName } from './condition-schema.js'
import { createExcerpts } from './excerpts.js'
import { type Finding, mistakeAt, mistakeAtKey, placeOfKey } from './findings.js'
import type { Environment } from './interpolation.js'
import { flag, leaf, refuse, text } from './leaves.js'
import { createLocate } from './locate.js'
import type { Mistake } from './mistakes.js'
import { mistakeOfFile, readSource } from './read-source.js'
import { secretSpans, secretSpansOfText } from './secret-spans.js'
import { section } from './sections.js'
import { readShape } from './shape.js'
import { readSyntax } from './yaml-syntax.js'
import { readTree } from './yaml-tree.js'

/** What this file must know of users; handed in, because rooms do not import each other. */
export interface UserLanguage {
  /** The name in its one spelling; null: it cannot be a user's. */
  readonly canonicalUsername: (name: string) => string | null
  readonly readsHash: (hash: string) => boolean
}

const user = section({
  password_hash: text('a hash of a password', /^\S{1,1024}$/),
  roles: z.array(roleName).prefault([]),
  attributes: z
    .record(
      text('a name of a-z, 0-9 and _', /^[a-z][a-z0-9_]{0,63}$/),
      leaf('a text, a number, true or false', { type: ['string', 'number', 'boolean'] }, (value) =>
        typeof value === 'number' && !Number.isFinite(value) ? refuse() : value
      )
    )
    .prefault({}),
  disabled: flag().prefault(false)
})

const usersFileSchema = section({ users: z.record(text('a user name', /^\S{1,256}$/), user) })

type UsersResult = { readonly users: readonly DirectoryUser[] } | { readonly mistakes: readonly Mistake[] }

/** Reads a file of users, or tells every mistake in it with its place; never throws. */
export async function loadUsersFile(
  file: string,
  environment: Environment,
  language: UserLanguage
): Promise<UsersResult> {
  const read = await readSource(file)
  if (!('source' in read)) return { mistakes: [mistakeOfFile(file, read)] }
  return parseUsersFile(file, read.source, environment, language)
}

function parseUsersFile(file: string, source: string, environment: Environment, language: UserLanguage): UsersResult {
  const syntax = readSyntax(source)
  const tree = readTree(syntax.contents, environment)
  const excerpts = createExcerpts(source, syntax.lines, () =>
    syntax.readable ? secretSpans(syntax.contents, tree.targets, source) : secretSpansOfText(source)
  )
  const locate = createLocate({ file, tree: tree.value, spanOf: tree.spanOf, excerpts })
  const early = [...syntax.findings, ...tree.findings]
  const isMap = typeof tree.value === 'object' && tree.value !== null && !Array.isArray(tree.value)
  if (!syntax.readable || !isMap) {
    const root = early.length === 0 ? [mistakeAt([], 'must be a map', 'begin with users:')] : []
    return { mistakes: locate([...early, ...root]) }
  }
  const { complete, findings: shape } = readShape(usersFileSchema, tree.value)
  const { users, findings } = complete === null ? { users: [], findings: [] } : readUsers(complete.users, language)
  const all = [...early, ...shape, ...findings]
  return all.length > 0 ? { mistakes: locate(all) } : { users }
}

function readUsers(written: z.output<typeof usersFileSchema>['users'], language: UserLanguage) {
  const findings: Finding[] = []
  const users = new Map<string, { readonly name: string; readonly user: DirectoryUser }>()
  for (const [name, { password_hash: passwordHash, roles, attributes, disabled }] of Object.entries(written)) {
    const key = language.canonicalUsername(name)
    const before = key === null ? undefined : users.get(key)
    if (key === null)
      findings.push(mistakeAtKey(['users', name], 'cannot be a user name', 'use letters, digits and signs'))
    else if (before !== undefined) {
      const related = [placeOfKey(['users', before.name], 'this one')]
      findings.push(mistakeAtKey(['users', name], 'is the name of another user, in another spelling', null, related))
    } else users.set(key, { name, user: { key, username: key, passwordHash, roles, attributes, disabled } })
    if (!language.readsHash(passwordHash)) {
      const hint = 'argon2id, bcrypt, scrypt and pbkdf2 are, as Django and htpasswd -B write them'
      findings.push(mistakeAt(['users', name, 'password_hash'], 'is not a hash that is safe to keep', hint))
    }
  }
  return { users: [...users.values()].map(({ user }) => user), findings }
}
