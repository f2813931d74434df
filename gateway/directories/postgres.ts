import type { DirectoryUser, UserDirectory } from '../domain.js'
import { type DjangoTables, djangoStatements } from './postgres-django.js'
import { createPostgresPool, createReadList, type PoolOptions } from './postgres-pool.js'
import { queryStatements, type UserQueries } from './postgres-queries.js'
import { RowFault } from './postgres-statements.js'

export interface PostgresOptions extends Omit<PoolOptions, 'writes'> {
  readonly users: ({ readonly kind: 'django' } & DjangoTables) | ({ readonly kind: 'queries' } & UserQueries)
  /** Group, or role as it is called there → role. */
  readonly roles: ReadonlyMap<string, string>
  /** Told of a name that two users have, who differ in nothing but its case: neither can sign in. */
  readonly onAmbiguous: (username: string) => void
}

export interface PostgresDirectory extends UserDirectory {
  readonly name: string
  readonly isAway: () => boolean
  /** Everybody, in pages; null: the settings do not say how to list them. */
  readonly pages: (() => AsyncIterable<readonly DirectoryUser[]>) | null
}

const PAGE = 500
/** Names that were told of already: whoever tries them again and again does not fill the log. */
const MOST_TOLD = 100

/** Users that a PostgreSQL database keeps. It is asked when somebody signs in or refreshes, and need not be there before. */
export async function createPostgresDirectory(options: PostgresOptions): Promise<PostgresDirectory> {
  // Only here, because it takes long to load.
  const { default: driver } = await import('pg')
  const { users, roles, onAmbiguous } = options
  const statements =
    users.kind === 'django'
      ? djangoStatements(users, roles, driver.escapeIdentifier)
      : queryStatements(users, roles, createReadList(driver))
  const { byName, byKey, page, sample, login, readRow } = statements
  const pool = createPostgresPool(driver, { ...options, writes: login !== null })
  const told = new Set<string>()

  async function* pagesOf({ first, next }: NonNullable<typeof page>): AsyncGenerator<readonly DirectoryUser[]> {
    let found = await pool.ask(first, [PAGE], (rows) => rows.map(readRow))
    while (found.length > 0) {
      yield found
      found = await pool.ask(next, [PAGE, found.at(-1)?.key], (rows) => rows.map(readRow))
    }
  }

  return {
    name: 'postgres',
    async findUser(username) {
      const [user = null, ...others] = await pool.ask(byName, [username], (rows) => rows.map(readRow))
      if (others.length === 0) return user
      if (!told.has(username) && told.size < MOST_TOLD) {
        told.add(username)
        onAmbiguous(username)
      }
      return null
    },
    readUser: (key) =>
      pool.ask(byKey, [key], (rows) => {
        const [user = null, ...others] = rows.map(readRow)
        // Somebody else's row would keep a session that has to end.
        if (others.length > 0) throw new RowFault('more than one user has the same key')
        if (user !== null && user.key !== key) throw new RowFault('who is found by a key has another one')
        return user
      }),
    async samplePasswordHashes() {
      if (sample === null) return []
      const found = await pool.ask(sample, [], (rows) => rows.map(({ password }) => password))
      return found.filter((hash) => typeof hash === 'string')
    },
    noteLogin: login === null ? null : (key, now) => pool.write(login, [key, now]),
    isAway: pool.isAway,
    pages: page === null ? null : () => pagesOf(page),
    close: pool.close
  }
}
