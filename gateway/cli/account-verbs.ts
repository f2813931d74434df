import type { Command } from 'commander'
import { withOperator } from './operator.js'
import { date, showAttributes, shown } from './shown.js'

interface CommonOptions {
  readonly config: string
  readonly json?: boolean
}

type Verb = (name: string, description: string) => Command

/** Adds what can be seen of, and done to, one user's account to the verbs of `user`. */
export function addAccountVerbs(verb: Verb): void {
  verb('show <username>', 'show one user').action(async (username: string, options: CommonOptions) => {
    const account = await withOperator(options.config, ({ operatorAccounts }) => operatorAccounts.show(username))
    const { user, networks, sessions } = account
    if (options.json === true) {
      process.stdout.write(`${JSON.stringify({ ...shown(user), networks, sessions })}\n`)
      return
    }
    const lines = [
      ['user', user.username],
      ['id', user.id],
      ['state', user.disabled ? 'disabled' : 'enabled'],
      ['roles', user.roles.join(', ')],
      ['attributes', showAttributes(user.attributes)],
      ['created', date(user.createdAt)],
      ['last login', date(user.lastLoginAt)],
      ['sessions', String(sessions)],
      ['signed in from', networks.join(', ')]
    ]
    for (const [name = '', value = ''] of lines) process.stdout.write(`${name.padEnd(14)}  ${value || '-'}\n`)
  })

  for (const [name, description, done] of [
    ['remove', 'remove a user: every session and access token of theirs ends', 'removed, sessions ended'],
    ['unlock', 'forget the wrong passwords counted against a user in the running gateway', 'may sign in again']
  ] as const) {
    verb(`${name} <username>`, description).action(async (username: string, options: CommonOptions) => {
      const user = await withOperator(options.config, ({ operatorAccounts }) => operatorAccounts[name](username))
      process.stdout.write(options.json === true ? `${JSON.stringify(shown(user))}\n` : `${user.username}: ${done}\n`)
    })
  }
}
