import { Command } from 'commander'
import type { LiveSession } from '../domain.js'
import { withOperator } from './operator.js'
import { date, printable } from './shown.js'
import { showTable } from './table.js'

interface CommonOptions {
  readonly config: string
  readonly json?: boolean
}

const shownSession = (session: LiveSession) => ({
  id: session.id,
  user_id: session.userId,
  username: session.username,
  created_at: session.createdAt,
  last_used_at: session.lastUsedAt,
  expires_at: session.expiresAt,
  address: session.address,
  user_agent: session.userAgent
})

const HEADS = ['session', 'user', 'signed in', 'last used', 'expires', 'address', 'user agent']

function listSessions(sessions: readonly LiveSession[]): void {
  const rows = sessions.map((session) => [
    session.id,
    session.username,
    date(session.createdAt),
    date(session.lastUsedAt),
    date(session.expiresAt),
    session.address || '-',
    printable(session.userAgent) || '-'
  ])
  process.stdout.write(`${showTable(HEADS, rows, { ruled: false, indent: '' })}\n`)
}

/** `session …`: who is signed in, and where from. */
export function sessionCommand(): Command {
  const session = new Command('session').description('who is signed in')
  const verb = (name: string, description: string) =>
    session
      .command(name)
      .description(description)
      .option('-c, --config <file>', 'the settings file', 'gateway.yaml')
      .option('--json', 'answer as JSON')

  verb('list [username]', 'list the sessions of a user, or of all').action(
    async (username: string | undefined, options: CommonOptions) => {
      const sessions = await withOperator(options.config, ({ operatorAccounts }) =>
        operatorAccounts.listSessions(username ?? null)
      )
      if (options.json === true) process.stdout.write(`${JSON.stringify({ sessions: sessions.map(shownSession) })}\n`)
      else listSessions(sessions)
    }
  )

  const revoke = verb('revoke [id]', 'end a session, or all of a user, with their access tokens')
    .option('-u, --user <username>', 'end every session of this user')
    .action(async (id: string | undefined, options: CommonOptions & { user?: string }) => {
      const { user } = options
      const answer = (json: object, words: string) =>
        process.stdout.write(options.json === true ? `${JSON.stringify(json)}\n` : `${words}\n`)
      if (id !== undefined && user === undefined) {
        const ended = await withOperator(options.config, ({ operatorAccounts }) => operatorAccounts.endSession(id))
        answer({ id: ended.id, user_id: ended.userId, ended_at: ended.endedAt }, `${ended.id}: ended`)
      } else if (id === undefined && user !== undefined) {
        const owner = await withOperator(options.config, (operator) => operator.operatorAccounts.endSessionsOf(user))
        answer({ user_id: owner.id, username: owner.username }, `${owner.username}: sessions ended`)
      } else revoke.error('error: name either the id of a session or --user', { exitCode: 2 })
    })
  return session
}
