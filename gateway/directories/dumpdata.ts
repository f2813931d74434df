import { z } from 'zod'
import type { DirectoryUser, Scalar } from '../domain.js'
import { parseJson } from './json-text.js'

/** How the users of a Django site become users here. */
export interface DjangoMapping {
  /** `app.model`, in lower case: `auth.user` unless the site has its own. */
  readonly userModel: string
  /** Role of whoever is a superuser, or staff; null: none. */
  readonly superuserRole: string | null
  readonly staffRole: string | null
  /** Group → role; a group that is not there is a role of its own name. */
  readonly roles: ReadonlyMap<string, string>
}

const key = z.union([z.int(), z.string()])
const object = z.object({ model: z.string(), pk: key.optional(), fields: z.record(z.string(), z.unknown()) })
const group = z.object({ name: z.string() })

// By primary key, or by natural key, which is a list of one name.
const groups = z.array(z.union([key, z.tuple([z.string()])])).default([])
export const djangoUser = z.object({
  username: z.string(),
  password: z.string(),
  is_active: z.boolean().default(true),
  is_superuser: z.boolean().default(false),
  is_staff: z.boolean().default(false),
  email: z.string().nullish(),
  first_name: z.string().nullish(),
  last_name: z.string().nullish(),
  groups
})

export type DjangoUser = z.output<typeof djangoUser>

export class DumpRefused extends Error {}

/** Reads what `manage.py dumpdata auth` writes; throws `DumpRefused` with the place of what cannot be. */
export function parseDumpdata(text: string, mapping: DjangoMapping): readonly DirectoryUser[] {
  const objects = parse(z.array(object), readJson(text), '')
  const names = new Map<string | number, string>()
  for (const [index, { model, pk, fields }] of objects.entries()) {
    if (model === 'auth.group' && pk !== undefined) names.set(pk, parse(group, fields, `[${index}].fields`).name)
  }
  const found = objects.flatMap(({ model, pk, fields }, index) => {
    if (model.toLowerCase() !== mapping.userModel) return []
    const written = parse(djangoUser, fields, `[${index}].fields`)
    const groupNames = written.groups.map((group) => {
      const name = typeof group === 'object' ? group[0] : names.get(group)
      if (name === undefined) throw new DumpRefused(`[${index}].fields.groups: the dump has no group ${group}`)
      return name
    })
    return [toDirectoryUser(pk ?? null, written, groupNames, mapping)]
  })
  if (found.length > 0) return found
  throw new DumpRefused(`there is no object of the model ${mapping.userModel}`)
}

/**
 * A row of Django's user table, with the names of its groups, as a user. A dump by natural primary keys knows no `pk`,
 * and nothing else may stand for it in tokens.
 */
export function toDirectoryUser(
  pk: string | number | null,
  written: DjangoUser,
  groupNames: readonly string[],
  mapping: Pick<DjangoMapping, 'roles' | 'superuserRole' | 'staffRole'>
): DirectoryUser {
  const { superuserRole, staffRole, roles } = mapping
  const extra = [written.is_superuser ? superuserRole : null, written.is_staff ? staffRole : null]
  const granted = [...groupNames.map((name) => roles.get(name) ?? name), ...extra.filter((role) => role !== null)]
  return {
    key: String(pk ?? written.username),
    username: written.username,
    // Django marks a password that nobody can have by an exclamation mark.
    passwordHash: written.password.startsWith('!') || written.password === '' ? null : written.password,
    roles: [...new Set(granted)],
    attributes: attributesOf(pk, written),
    disabled: !written.is_active
  }
}

function attributesOf(pk: string | number | null, written: DjangoUser): Record<string, Scalar> {
  const { username, email, first_name: first, last_name: last } = written
  const fullName = [first, last].filter((name) => name != null && name !== '').join(' ')
  const named = { django_username: username, email, first_name: first, last_name: last, full_name: fullName }
  const filled = Object.entries(named).flatMap(([name, value]) =>
    value == null || value === '' ? [] : [[name, value]]
  )
  return { ...(pk === null ? {} : { django_id: pk }), ...Object.fromEntries(filled) }
}

function readJson(text: string): unknown {
  const read = parseJson(text)
  if ('value' in read) return read.value
  throw new DumpRefused(`is not JSON: line ${read.fault.line}, column ${read.fault.column}`)
}

function parse<T>(schema: z.ZodType<T>, value: unknown, at: string): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const path = (issue?.path ?? []).map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('')
  throw new DumpRefused(`${at}${path || '.'}: ${issue?.message ?? 'cannot be read'}`)
}
