import { readFile } from 'node:fs/promises'
import type { Logger } from 'pino'
import { createPostgresDirectory, type PostgresDirectory, type PostgresOptions } from '../directories/index.js'
import type { PostgresSource } from '../settings/index.js'
import type { Users } from '../users/index.js'
import { Fault } from './fault.js'

type Told = Pick<PostgresOptions, 'onAway' | 'onBack' | 'onUnwritten' | 'onAmbiguous'>

async function readAuthorities(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new Fault(`${path}: it cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`)
  }
}

/** The directory in a database, which need not answer yet. `timeoutMs` in place of that of the settings. */
export async function openPostgres(
  { server, users, roles, connections, timeoutMs }: PostgresSource,
  told: Told,
  change: { readonly timeoutMs?: number } = {}
): Promise<PostgresDirectory> {
  const { password, tls } = server
  const ca = tls === null || tls.ca === null ? {} : { ca: await readAuthorities(tls.ca) }
  return createPostgresDirectory({
    server: {
      ...server,
      password: password?.reveal() ?? null,
      tls: tls === null ? null : { ...ca, rejectUnauthorized: tls.verifies }
    },
    users,
    roles: new Map(Object.entries(roles)),
    connections,
    timeoutMs: change.timeoutMs ?? timeoutMs,
    ...told
  })
}

/** Where the database is, as logs may tell it. */
export const placeOf = ({ server: { host, port, database } }: PostgresSource) => `${host}:${port}/${database}`

export async function openPostgresSource(source: PostgresSource, log: Logger) {
  const database = placeOf(source)
  const directory = await openPostgres(source, {
    onAway: (reason) =>
      log.error({ database, reason }, 'the database of users cannot be asked: they cannot sign in or refresh'),
    onBack: () => log.info({ database }, 'the database of users can be asked again'),
    onUnwritten: (reason) => log.warn({ database, reason }, 'sign-ins cannot be noted in the database of users'),
    onAmbiguous: (username) =>
      log.warn({ database, username }, 'two users differ only in the case of their names: neither can sign in')
  })
  return {
    directory,
    /** Nobody tells of changes there: each refresh asks, and a SIGHUP asks for everybody at once. */
    async follow(users: Pick<Users, 'followAll'>) {
      const onHangUp = () => {
        users.followAll().catch((error) => log.error({ err: error }, 'the users of the database could not be followed'))
      }
      process.on('SIGHUP', onHangUp)
      return () => {
        process.off('SIGHUP', onHangUp)
      }
    }
  }
}
