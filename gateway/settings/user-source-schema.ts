/** Where the users are kept that may sign in. */
import { resolve } from 'node:path'
import { z } from 'zod'
import { roleName } from './condition-schema.js'
import { type Finding, mistakeAt, mistakeAtKey, placeOfKey } from './findings.js'
import { choice } from './leaves.js'
import {
  buildPostgres,
  coherentPostgres,
  type PostgresServer,
  type PostgresSource,
  postgres
} from './postgres-schema.js'
import type { Draft, FileSettings } from './schema.js'
import { section } from './sections.js'
import { filePath } from './target-leaves.js'

export type UserSource =
  | { readonly kind: 'store' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'htpasswd'; readonly path: string; readonly roles: readonly string[] }
  | PostgresSource

/** One form for all sources: which keys go together is said below, in words. */
export const userSource = z
  .union([
    choice(['store'] as const),
    section({
      file: filePath().optional().describe('A YAML file of users; it is read again when it changes.'),
      htpasswd: filePath().optional().describe('A file of htpasswd; it is read again when it changes.'),
      postgres: postgres.optional().describe('A PostgreSQL database, asked at every sign-in and refresh.'),
      roles: z.array(roleName).optional().describe('With `htpasswd`: the roles of everybody in it.')
    })
  ])
  .prefault('store')
  .describe(
    'Who keeps the users: `store`, `{ file: path }`, `{ htpasswd: path, roles: [...] }` or `{ postgres: { … } }` (docs/users.md).'
  )

const path = ['users', 'source']

export function coherentUserSource(draft: Draft): Finding[] {
  const source = draft.users?.source
  if (source === undefined || typeof source === 'string') return []
  const kinds = (['file', 'htpasswd', 'postgres'] as const).filter((kind) => kind in source)
  const [first, second] = kinds
  if (first === undefined) return [mistakeAt(path, 'says nothing of where the users are', 'write { file: users.yaml }')]
  if (second !== undefined) {
    const related = [placeOfKey([...path, first], 'this one')]
    return [mistakeAtKey([...path, second], `stands beside ${first}`, 'keep one of them', related)]
  }
  const alone = 'roles' in source && first !== 'htpasswd'
  return [...(alone ? [mistakeAtKey([...path, 'roles'], 'goes with htpasswd alone')] : []), ...coherentPostgres(draft)]
}

export function readUserSource(
  source: FileSettings['users']['source'],
  directory: string,
  server: PostgresServer | null
): UserSource {
  if (typeof source === 'string') return { kind: 'store' }
  const { file, htpasswd, postgres: database, roles = [] } = source
  if (database !== undefined && server !== null) return buildPostgres(database, server)
  if (htpasswd !== undefined) return { kind: 'htpasswd', path: resolve(directory, htpasswd), roles }
  return { kind: 'file', path: resolve(directory, file ?? '') }
}
