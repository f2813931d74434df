/** `allow` as the file says it → as the code does. */
import type { Allow, Condition } from '../domain.js'
import type { FileSettings } from './schema.js'

type FileCondition = Exclude<FileSettings['rules'][number]['allow'], string | readonly unknown[]>

export function readAllow(allow: FileSettings['rules'][number]['allow']): Allow {
  if (typeof allow === 'string') return { kind: allow }
  return { kind: 'any', of: (Array.isArray(allow) ? allow : [allow]).map(readCondition) }
}

function readCondition({ roles, all_roles, scopes, claims, networks, issuers }: FileCondition): Condition {
  return {
    ...(roles && { roles }),
    ...(all_roles && { allRoles: all_roles }),
    ...(scopes && { scopes }),
    ...(claims && { claims: mapValues(claims, (expectations) => expectations) }),
    ...(networks && { networks }),
    ...(issuers && { issuers })
  }
}

/** A record without a prototype: `constructor` is a name like any other, and absent unless given. */
export function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  read: (value: T, name: string) => U
): Record<string, U> {
  const mapped: Record<string, U> = Object.create(null)
  for (const [name, value] of Object.entries(record)) mapped[name] = read(value, name)
  return mapped
}
