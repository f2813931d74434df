import type { Scalar } from '../domain.js'
import { type DjangoMapping, djangoUser, toDirectoryUser } from './dumpdata.js'
import { RowFault, SAMPLED, type UserStatements } from './postgres-statements.js'

export interface DjangoTables extends Pick<DjangoMapping, 'superuserRole' | 'staffRole'> {
  /** `auth_user` unless the site has its own model; a schema may stand before it. */
  readonly table: string
  readonly updatesLastLogin: boolean
}

const columns = 'id, username, password, is_active, is_superuser, is_staff, email, first_name, last_name'

/**
 * Users as Django keeps them: the model's table, and beside it, named after it, the one that ties users to groups
 * (`ManyToManyField.db_table`), whose column is called after the model.
 */
export function djangoStatements(
  { table, updatesLastLogin, ...given }: DjangoTables,
  roles: DjangoMapping['roles'],
  quote: (name: string) => string
): UserStatements {
  const [name = '', schema] = table.split('.').reverse()
  const model = name.slice(name.lastIndexOf('_') + 1)
  const inSchema = (written: string) => (schema === undefined ? '' : `${quote(schema)}.`) + quote(written)
  const users = inSchema(name)
  const listed = columns.replaceAll(/\w+/g, (column) => `u.${column}`)
  const select = `
    select ${listed}, array(
      select g.name::text from ${inSchema(`${name}_groups`)} m join ${inSchema('auth_group')} g on g.id = m.group_id
      where m.${quote(`${model}_id`)} = u.id order by g.name
    ) as group_names
    from ${users} u`
  const some = (order: string) => `(select password from ${users} order by id ${order} limit ${SAMPLED / 2})`
  return {
    byName: `${select} where lower(u.username) = $1 limit 2`,
    byKey: `${select} where u.id = $1`,
    page: {
      first: `${select} order by u.id limit $1`,
      next: `${select} where u.id > $2 order by u.id limit $1`
    },
    // The oldest and the newest: what Django makes of passwords has changed in between.
    sample: `${some('asc')} union all ${some('desc')}`,
    login: updatesLastLogin ? `update ${users} set last_login = to_timestamp($2) where id = $1` : null,
    readRow(row) {
      const read = djangoUser.safeParse(row)
      const [issue] = read.error?.issues ?? []
      if (!read.success)
        throw new RowFault(`the column ${String(issue?.path[0])} of ${table} cannot be read: ${issue?.message}`)
      const groups = Array.isArray(row.group_names) ? row.group_names.map(String) : []
      return toDirectoryUser(row.id as Exclude<Scalar, boolean>, read.data, groups, { ...given, roles })
    }
  }
}
