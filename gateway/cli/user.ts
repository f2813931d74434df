import { Command, InvalidArgumentError } from 'commander'
import type { OperatorUsers } from '../admin/index.js'
import type { Scalar, User } from '../domain.js'
import { addAccountVerbs } from './account-verbs.js'
import { Fault } from './fault.js'
import { addImportVerb } from './import-users.js'
import { withOperator } from './operator.js'
import { readPassword } from './read-password.js'
import { date, showAttributes, shown } from './shown.js'
import { showTable } from './table.js'

interface CommonOptions {
  readonly config: string
  readonly json?: boolean
}

/** Runs `verb` on the running gateway, or, when there is none, on the store itself. */
const withUsers = <T>({ config }: CommonOptions, verb: (users: OperatorUsers) => Promise<T>): Promise<T> =>
  withOperator(config, ({ operatorUsers }) => verb(operatorUsers))

function report(user: User, done: string, { json }: CommonOptions): void {
  process.stdout.write(json === true ? `${JSON.stringify(shown(user))}\n` : `${user.username}: ${done}\n`)
}

function listUsers(users: readonly User[], { json }: CommonOptions): void {
  if (json === true) {
    process.stdout.write(`${JSON.stringify({ users: users.map(shown) })}\n`)
    return
  }
  const rows = users.map(({ username, roles, disabled, lastLoginAt }) => [
    username,
    roles.join(',') || '-',
    disabled ? 'disabled' : 'enabled',
    date(lastLoginAt)
  ])
  const heads = ['user', 'roles', 'state', 'last login']
  process.stdout.write(`${showTable(heads, rows, { ruled: false, indent: '' })}\n`)
}

/** `name=value`: true, false and numbers are what they look like; `name="1"` stays text. */
function readAttribute(text: string, before: Record<string, Scalar> = {}): Record<string, Scalar> {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('write it as name=value')
  return { ...before, [text.slice(0, at)]: readScalar(text.slice(at + 1)) }
}

function readScalar(text: string): Scalar {
  if (/^".*"$/.test(text)) return text.slice(1, -1)
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?(0|[1-9]\d{0,14})(\.\d{1,6})?$/.test(text) ? Number(text) : text
}

const readRoles = (text: string, before: readonly string[] = []) => [
  ...before,
  ...text.split(',').filter((role) => role !== '')
]

const readNames = (text: string, before: readonly string[] = []) => [...before, text]

/** `user …`: who may sign in. Passwords come from a prompt or standard input, never from an argument. */
export function userCommand(): Command {
  const user = new Command('user').description('who may sign in')
  const verb = (name: string, description: string) =>
    user
      .command(name)
      .description(description)
      .option('-c, --config <file>', 'the settings file', 'gateway.yaml')
      .option('--json', 'answer as JSON')

  verb('list', 'list the users').action(async (options: CommonOptions) => {
    listUsers(await withUsers(options, (users) => users.list()), options)
  })

  verb('add <username>', 'add a user; the password is asked for, or read from standard input')
    .option('-r, --roles <roles>', 'roles, separated by commas', readRoles)
    .option('-s, --set <name=value>', 'an attribute, for tokens.claims; may be repeated', readAttribute)
    .action(async (username: string, options: CommonOptions & { roles?: string[]; set?: Record<string, Scalar> }) => {
      const password = await readPassword(`password for ${username}`)
      const added = { username, password, roles: options.roles ?? [], attributes: options.set ?? {} }
      report(await withUsers(options, (users) => users.add(added)), 'added', options)
    })

  verb('password <username>', "set a user's password and end every session of theirs").action(
    async (username: string, options: CommonOptions) => {
      const password = await readPassword(`new password for ${username}`)
      report(
        await withUsers(options, (users) => users.setPassword(username, password)),
        'password set, sessions ended',
        options
      )
    }
  )

  verb('roles <username> [roles...]', "replace a user's roles; older access tokens end").action(
    async (username: string, given: string[], options: CommonOptions) => {
      const roles = given.flatMap((text) => readRoles(text))
      report(
        await withUsers(options, (users) => users.setRoles(username, roles)),
        `roles ${roles.join(', ') || 'none'}`,
        options
      )
    }
  )

  verb('set <username>', "set some of a user's attributes, for tokens.claims; older access tokens end")
    .argument('[name=value...]', 'attributes', readAttribute)
    .option('-u, --unset <name>', 'an attribute to forget; may be repeated', readNames)
    .action(
      async (username: string, set: Record<string, Scalar> = {}, options: CommonOptions & { unset?: string[] }) => {
        const unset = (options.unset ?? []).filter((name) => !Object.hasOwn(set, name))
        const changes = { ...set, ...Object.fromEntries(unset.map((name) => [name, null])) }
        if (Object.keys(changes).length === 0) throw new Fault('portcullis: say name=value, or --unset name')
        const user = await withUsers(options, (users) => users.setAttributes(username, changes))
        report(user, `attributes ${showAttributes(user.attributes) || 'none'}`, options)
      }
    )

  for (const [name, disabled, done] of [
    ['disable', true, 'disabled, sessions ended'],
    ['enable', false, 'enabled']
  ] as const) {
    verb(`${name} <username>`, `${name} a user`).action(async (username: string, options: CommonOptions) => {
      report(await withUsers(options, (users) => users.setDisabled(username, disabled)), done, options)
    })
  }
  addAccountVerbs(verb)
  addImportVerb(verb)
  return user
}
