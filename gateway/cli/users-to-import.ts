import { stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { type DjangoMapping, DumpRefused, parseDumpdata } from '../directories/index.js'
import type { DirectoryUser } from '../domain.js'
import { Fault } from './fault.js'
import { openPostgres, placeOf } from './postgres-source.js'
import { requireUnproved } from './read-settings.js'
import { readText } from './read-text.js'
import { type ListedSource, listUsers } from './user-source.js'

export const FORMATS = ['dumpdata', 'htpasswd', 'yaml'] as const

export interface UsersToImportOptions {
  readonly config: string
  readonly format?: (typeof FORMATS)[number]
  readonly roleMap?: ReadonlyMap<string, string>
  readonly roles?: readonly string[]
  readonly superusersAs?: string
  readonly staffAs?: string
  readonly userModel: string
}

/** Whom to take over, page by page, and what to call where they come from. */
export interface UsersToImport {
  readonly from: string
  readonly pages: AsyncIterable<readonly DirectoryUser[]>
}

/** A dump of some hundred thousand users. */
const MOST_BYTES = 256 * 1024 * 1024
/** Of one page of a large table, which nobody waits for at a login. */
const PAGE_TIMEOUT_MS = 60_000

const formatOf = (file: string): (typeof FORMATS)[number] => {
  const extension = extname(file).toLowerCase()
  if (extension === '.json') return 'dumpdata'
  return extension === '.yaml' || extension === '.yml' ? 'yaml' : 'htpasswd'
}

async function readDump(file: string, mapping: DjangoMapping): Promise<readonly DirectoryUser[]> {
  try {
    const { size } = await stat(file)
    if (size > MOST_BYTES) throw new Fault(`${file}: is larger than ${MOST_BYTES / 1024 / 1024} MiB`)
    const read = await readText(file)
    if ('fault' in read) throw new Fault(`${file}: ${read.fault}`)
    return parseDumpdata(read.text, mapping)
  } catch (error) {
    if (error instanceof DumpRefused) throw new Fault(`${file}: ${error.message}`)
    if (error instanceof Fault) throw error
    throw new Fault(`${file}: it cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`)
  }
}

async function readListed(source: ListedSource, { roleMap }: UsersToImportOptions): Promise<readonly DirectoryUser[]> {
  const listed = await listUsers(source)
  if ('mistakes' in listed) throw new Fault(listed.mistakes.join('\n'))
  const mapped = (role: string) => roleMap?.get(role) ?? role
  return listed.users.map((user) => ({ ...user, roles: [...new Set(user.roles.map(mapped))] }))
}

/** What says nothing of these users would be taken for said. */
function refuseStrays(options: UsersToImportOptions, format: (typeof FORMATS)[number] | 'source'): void {
  const { roles, superusersAs, staffAs } = options
  const strays = [
    format !== 'htpasswd' && roles !== undefined ? '--roles goes with htpasswd alone' : null,
    format !== 'dumpdata' && superusersAs !== undefined ? '--superusers-as goes with dumpdata alone' : null,
    format !== 'dumpdata' && staffAs !== undefined ? '--staff-as goes with dumpdata alone' : null
  ].filter((stray) => stray !== null)
  if (strays.length > 0) throw new Fault(`portcullis: ${strays.join(', ')}`)
}

async function readFileOf(file: string, options: UsersToImportOptions): Promise<readonly DirectoryUser[]> {
  const format = options.format ?? formatOf(file)
  refuseStrays(options, format)
  const { roles = [], userModel, superusersAs = null, staffAs = null, roleMap = new Map() } = options
  if (format === 'dumpdata') {
    const mapping = { superuserRole: superusersAs, staffRole: staffAs, roles: roleMap }
    return readDump(file, { ...mapping, userModel: userModel.toLowerCase() })
  }
  return readListed(format === 'yaml' ? { kind: 'file', path: file } : { kind: format, path: file, roles }, options)
}

async function* onePage(read: () => Promise<readonly DirectoryUser[]>) {
  yield await read()
}

export const usersOfFile = (file: string, options: UsersToImportOptions): UsersToImport => ({
  from: file,
  pages: onePage(() => readFileOf(file, options))
})

/** The users of `users.source`, as the settings map them. */
export async function usersOfSource(options: UsersToImportOptions): Promise<UsersToImport> {
  refuseStrays(options, 'source')
  const { source } = (await requireUnproved(options.config, process.env)).users
  if (source.kind === 'store') throw new Fault(`${options.config}: users.source is the store itself`)
  if (source.kind !== 'postgres') return { from: source.path, pages: onePage(() => readListed(source, options)) }
  if (options.roleMap !== undefined)
    throw new Fault(
      'portcullis: --role-map goes with files: users.source.postgres.role_map maps the roles of a database'
    )
  const place = placeOf(source)
  const reasons: string[] = []
  const told = { onAway: (reason: string) => reasons.push(reason), onBack() {}, onUnwritten() {}, onAmbiguous() {} }
  const { pages, close } = await openPostgres(source, told, { timeoutMs: PAGE_TIMEOUT_MS })
  if (pages === null) throw new Fault(`${options.config}: users.source.postgres.all is missing: it lists every user`)
  async function* closing(all: AsyncIterable<readonly DirectoryUser[]>) {
    try {
      yield* all
    } catch (error) {
      throw reasons.length > 0 ? new Fault(`${place}: ${reasons.join(', ')}`) : error
    } finally {
      await close()
    }
  }
  return { from: place, pages: closing(pages()) }
}
