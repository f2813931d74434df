import type { DirectoryUser, Scalar } from '../domain.js'
import type { Row } from './postgres-pool.js'
import { RowFault, SAMPLED, type UserStatements } from './postgres-statements.js'

/** Queries of the settings; their columns are `key`, `username`, `password`, `roles`, `active` or `disabled`, and attributes. */
export interface UserQueries {
  readonly byName: string
  readonly byKey: string
  /** null: users cannot be listed. */
  readonly all: string | null
}

const meant: ReadonlySet<string> = new Set(['key', 'username', 'password', 'roles', 'active', 'disabled'])
const attributeName = /^[a-z][a-z0-9_]{0,63}$/

/** On lines of its own, because a query may end in a comment; inside another, it can only read. */
const inside = (query: string) => `(\n${query}\n) as users`

export function queryStatements(
  { byName, byKey, all }: UserQueries,
  roleMap: ReadonlyMap<string, string>,
  readList: (text: string) => readonly unknown[]
): UserStatements {
  function rolesOf(written: unknown): readonly string[] {
    if (written === null || written === undefined) return []
    if (typeof written !== 'string' && !Array.isArray(written))
      throw new RowFault('the column roles is no list of texts')
    const list =
      typeof written !== 'string' ? written : written.startsWith('{') ? readList(written) : written.split(',')
    const names = list.map((name) => String(name ?? '').trim()).filter((name) => name !== '')
    return [...new Set(names.map((name) => roleMap.get(name) ?? name))]
  }

  return {
    byName: `select * from ${inside(byName)} limit 2`,
    byKey: `select * from ${inside(byKey)} limit 2`,
    page:
      all === null
        ? null
        : {
            first: `select * from ${inside(all)} order by key limit $1`,
            next: `select * from ${inside(all)} where key > $2 order by key limit $1`
          },
    sample:
      all === null
        ? null
        : `select password from ${inside(all)} where password is not null order by key limit ${SAMPLED}`,
    login: null,
    readRow: (row) => ({
      key: textOf(row, 'key'),
      username: textOf(row, 'username'),
      passwordHash: row.password === null ? null : textOf(row, 'password'),
      roles: rolesOf(row.roles),
      attributes: attributesOf(row),
      disabled: isDisabled(row)
    })
  }
}

function textOf(row: Row, column: string): string {
  const value = row[column]
  if (value === undefined) throw new RowFault(`the query has no column ${column}`)
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  throw new RowFault(`the column ${column} is ${value === null ? 'null' : 'no text'}`)
}

/** What is unknown is not active. */
function isDisabled({ active = true, disabled = false }: Row): boolean {
  for (const [column, value] of Object.entries({ active, disabled })) {
    if (typeof value !== 'boolean' && value !== null) throw new RowFault(`the column ${column} is not true or false`)
  }
  return active !== true || disabled !== false
}

function attributesOf(row: Row): DirectoryUser['attributes'] {
  const isScalar = (value: unknown): value is Scalar =>
    typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
  const found = Object.entries(row).flatMap(([name, value]): [string, Scalar][] =>
    !meant.has(name) && attributeName.test(name) && isScalar(value) ? [[name, value]] : []
  )
  return Object.fromEntries(found)
}
