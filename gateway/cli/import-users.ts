import { type Command, InvalidArgumentError, Option } from 'commander'
import type { ImportedUser } from '../admin/index.js'
import type { DirectoryUser } from '../domain.js'
import type { Operator } from '../operator.js'
import { canonicalUsername, quoted } from '../users/index.js'
import { Fault } from './fault.js'
import { withForesight, withOperator } from './operator.js'
import {
  FORMATS,
  type UsersToImport,
  type UsersToImportOptions,
  usersOfFile,
  usersOfSource
} from './users-to-import.js'

interface ImportOptions extends UsersToImportOptions {
  readonly fromSource?: boolean
  readonly update?: boolean
  readonly dryRun?: boolean
  readonly json?: boolean
}

/** So many are one transaction, and one message to a running gateway. */
const BATCH = 100
const MOST_TOLD = 20

function readRoleMap(text: string, before: ReadonlyMap<string, string> = new Map()): ReadonlyMap<string, string> {
  const at = text.lastIndexOf('=')
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError('write it as "Group name=role"')
  return new Map([...before, [text.slice(0, at), text.slice(at + 1)]])
}

/** What became, or in a dry run would become, of each user; `given` are those that a dry run read. */
async function importAll({ pages }: UsersToImport, options: ImportOptions) {
  const { config, update = false, dryRun = false } = options
  const manner = { overwrites: update, foresees: dryRun }
  const given: DirectoryUser[] = []
  const verb = async ({ operatorUsers }: Operator) => {
    const imported: ImportedUser[] = []
    const isFirst = createIsFirst()
    for await (const page of pages) {
      if (dryRun) given.push(...page)
      const users = page.filter(({ username }) => {
        const first = isFirst(username)
        if (!first)
          imported.push({ username, outcome: 'refused', why: `${quoted(username)} is another's name in another case.` })
        return first
      })
      for (let at = 0; at < users.length; at += BATCH) {
        imported.push(...(await operatorUsers.import(users.slice(at, at + BATCH), manner)))
      }
    }
    return imported
  }
  const imported = await (dryRun ? withForesight(config, verb) : withOperator(config, verb))
  return { imported, given }
}

/** Of two users whose names are one here, the second must not become the first. */
function createIsFirst() {
  const seen = new Set<string>()
  return (username: string): boolean => {
    const name = canonicalUsername(username) ?? username
    return !seen.has(name) && seen.add(name).has(name)
  }
}

const some = (names: readonly string[]) =>
  names.length > MOST_TOLD
    ? `${names.slice(0, MOST_TOLD).join(', ')} and ${names.length - MOST_TOLD} more`
    : names.join(', ')

function showOutcome(file: string, imported: readonly ImportedUser[]): void {
  const named = (outcome: ImportedUser['outcome']) =>
    imported.filter((user) => user.outcome === outcome).map(({ username }) => username)
  const lines = [
    `${file}: ${imported.length} users: ${named('added').length} added, ${named('updated').length} updated`
  ]
  const exists = named('exists')
  if (exists.length > 0)
    lines.push(`  ${exists.length} are here already and were left alone (--update): ${some(exists)}`)
  const passwordless = imported.filter((user) => user.passwordless === true).map(({ username }) => username)
  if (passwordless.length > 0)
    lines.push(`  ${passwordless.length} have no password that could be kept: ${some(passwordless)}`)
  const refused = imported.filter(({ outcome }) => outcome === 'refused')
  for (const { why } of refused.slice(0, MOST_TOLD)) lines.push(`  refused: ${why}`)
  if (refused.length > MOST_TOLD) lines.push(`  and ${refused.length - MOST_TOLD} more were refused`)
  process.stdout.write(`${lines.join('\n')}\n`)
}

/** What another program wrote may hold what a terminal obeys. */
const printable = (text: string) => quoted(text).slice(1, -1)

/** The user as it would come, without the hash. */
const foreseen = ({ username, roles, disabled, passwordHash, attributes }: DirectoryUser) => ({
  username,
  roles,
  disabled,
  password: passwordHash === null ? 'none' : (passwordHash.split('$').find((part) => part !== '') ?? 'unknown'),
  attributes
})

/** Beside what the import itself would have told: what of each user was read. */
function showUsers(users: readonly DirectoryUser[]): void {
  const lines = users.slice(0, MOST_TOLD).map((user) => {
    const { username, roles, disabled, password } = foreseen(user)
    return `  ${printable(username)}  ${roles.map(printable).join(',') || '-'}  ${printable(password)}${disabled ? '  disabled' : ''}`
  })
  const left = users.length > MOST_TOLD ? [`  and ${users.length - MOST_TOLD} more`] : []
  process.stdout.write(`${['dry run, nothing was written; as read:', ...lines, ...left].join('\n')}\n`)
}

/** Adds `user import`: users of another program, with their passwords as they are. */
export function addImportVerb(verb: (name: string, description: string) => Command): void {
  verb(
    'import [file]',
    "take over users of another program; their passwords stay, and are hashed anew at each one's login"
  )
    .option('--from-source', 'instead of a file: everybody whom users.source of the settings keeps')
    .addOption(new Option('--format <format>', "the file's format; otherwise its name tells").choices(FORMATS))
    .option('--role-map <group=role>', 'a role for a group, or another name for a role; may be repeated', readRoleMap)
    .option('--roles <roles...>', 'with htpasswd: the roles of everybody')
    .option('--superusers-as <role>', 'with dumpdata: a role for superusers')
    .option('--staff-as <role>', 'with dumpdata: a role for staff')
    .option('--user-model <app.model>', 'with dumpdata: the model of users', 'auth.user')
    .option('--update', 'overwrite users of the same name')
    .option('--dry-run', 'tell what would become of each user, and write nothing')
    .action(async (file: string | undefined, options: ImportOptions) => {
      const fromSource = options.fromSource === true
      if (fromSource === (file !== undefined)) throw new Fault('portcullis: name a file, or say --from-source')
      const users = file === undefined ? await usersOfSource(options) : usersOfFile(file, options)
      const { imported, given } = await importAll(users, options)
      const isDry = options.dryRun === true
      if (options.json === true) {
        const dry = isDry ? { dry_run: true, users: given.map(foreseen) } : {}
        process.stdout.write(`${JSON.stringify({ file: users.from, imported, ...dry })}\n`)
      } else {
        showOutcome(users.from, imported)
        if (isDry) showUsers(given)
      }
      if (imported.some(({ outcome }) => outcome === 'refused')) process.exitCode = 1
    })
}
