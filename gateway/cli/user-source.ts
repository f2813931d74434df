import { stat } from 'node:fs/promises'
import type { Logger } from 'pino'
import { createListedDirectory, parseHtpasswd } from '../directories/index.js'
import type { DirectoryUser } from '../domain.js'
import { formatMistake, loadUsersFile, type UserSource } from '../settings/index.js'
import { canonicalUsername, type NamedDirectory, readsHash, type Users } from '../users/index.js'
import { Fault } from './fault.js'
import { openPostgresSource } from './postgres-source.js'
import { readText } from './read-text.js'
import { fingerprint, watchFile } from './watch-file.js'

type Listed = { readonly users: readonly DirectoryUser[] } | { readonly mistakes: readonly string[] }

export interface OpenedSource {
  readonly directory: NamedDirectory
  /** Whom the source changed while nothing ran, and from now on whom it changes, is told to `users`, where that can be known. */
  readonly follow: (users: Pick<Users, 'followAll'>, log: Logger) => Promise<() => void>
}

/** Whoever keeps users in a file, which is read whole. */
export type ListedSource = Extract<UserSource, { readonly path: string }>

const MOST_HTPASSWD = 4 * 1024 * 1024

async function listHtpasswd(path: string, roles: readonly string[]): Promise<Listed> {
  try {
    const status = await stat(path)
    if (!status.isFile()) return { mistakes: [`${path}: it is not a file`] }
    if (status.size > MOST_HTPASSWD) return { mistakes: [`${path}: the file is larger than 4 MiB`] }
    const read = await readText(path)
    if ('fault' in read) return { mistakes: [`${path}: ${read.fault}`] }
    const { users, faults } = parseHtpasswd(read.text, { canonicalUsername, readsHash, roles })
    if (faults.length > 0) return { mistakes: faults.map(({ line, message }) => `${path}:${line}: ${message}`) }
    return { users }
  } catch (error) {
    return { mistakes: [`${path}: it cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`] }
  }
}

/** Reads a file of htpasswd, or of users in YAML, or tells each mistake in a line. */
export async function listUsers(source: ListedSource): Promise<Listed> {
  if (source.kind === 'htpasswd') return listHtpasswd(source.path, source.roles)
  const result = await loadUsersFile(source.path, process.env, { canonicalUsername, readsHash })
  return 'users' in result ? result : { mistakes: result.mistakes.map(formatMistake) }
}

/** Opens whoever keeps the users; null: the store does. A file with mistakes is a Fault that lists them. */
export async function openUserSource(source: UserSource, log: Logger): Promise<OpenedSource | null> {
  if (source.kind === 'store') return null
  return source.kind === 'postgres' ? openPostgresSource(source, log) : openListedSource(source)
}

async function openListedSource(source: ListedSource): Promise<OpenedSource> {
  const seen = await fingerprint(source.path)
  const listed = await listUsers(source)
  if ('mistakes' in listed) throw new Fault(listed.mistakes.join('\n'))
  const directory = createListedDirectory(source.kind, listed.users)

  async function readAgain(users: Pick<Users, 'followAll'>, log: Logger): Promise<void> {
    const { path: file } = source
    const next = await listUsers(source)
    if ('mistakes' in next) {
      log.error(
        { file, mistakes: next.mistakes.slice(0, 20) },
        'the changed file of users has mistakes: nothing was changed'
      )
      return
    }
    directory.replace(next.users)
    await users.followAll()
    log.info({ file, users: next.users.length }, 'the users of the changed file may sign in')
  }

  return {
    directory,
    async follow(users, log) {
      await users.followAll()
      const onChange = () =>
        readAgain(users, log).catch((error) =>
          log.error({ err: error }, 'the changed file of users could not be followed')
        )
      const watch = await watchFile(source.path, seen, onChange)
      process.on('SIGHUP', onChange)
      return () => {
        process.off('SIGHUP', onChange)
        watch.close()
      }
    }
  }
}
