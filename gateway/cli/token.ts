import { Command, InvalidArgumentError } from 'commander'
import { type InspectedToken, LONGEST_MINTED_MS } from '../admin/index.js'
import { withOperator } from './operator.js'
import { readToken } from './read-token.js'
import { date, printable } from './shown.js'

interface CommonOptions {
  readonly config: string
  readonly json?: boolean
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 }

/** Milliseconds of `90s`, `5m`, `1h`. */
function readTtl(text: string): number {
  const [, amount, unit = ''] = /^(\d{1,6})([smh])$/.exec(text) ?? []
  const ms = Number(amount) * (UNITS[unit] ?? Number.NaN)
  if (ms >= 1000 && ms <= LONGEST_MINTED_MS) return ms
  throw new InvalidArgumentError('write a duration from 1s to 24h, such as 5m')
}

const TIMES = ['exp', 'iat', 'nbf']

function writeInspection({ kind, active, because, header, claims }: InspectedToken): void {
  const lines = [kind.replace('_', ' '), ...(header === null ? [] : section('header', header))]
  if (claims !== null) lines.push(...section('claims', claims))
  lines.push(active ? 'It holds.' : `It does not hold. ${because ?? ''}`)
  process.stdout.write(`${lines.join('\n')}\n`)
}

function section(name: string, members: Readonly<Record<string, unknown>>): string[] {
  const rows = Object.entries(members).map(([key, value]) => {
    const time = TIMES.includes(key) && typeof value === 'number' && Math.abs(value) < 8e12 ? `  ${date(value)}` : ''
    return printable(`    ${key.padEnd(10)}  ${JSON.stringify(value)}${time}`)
  })
  return [`  ${name}`, ...rows]
}

/** `token …`: what a token says and whether it holds; and tokens for an operator's own tests. */
export function tokenCommand(): Command {
  const token = new Command('token').description('read and make tokens')
  const verb = (name: string, description: string) =>
    token
      .command(name)
      .description(description)
      .option('-c, --config <file>', 'the settings file', 'gateway.yaml')
      .option('--json', 'answer as JSON')

  verb('inspect <token>', 'say what a token says and why it does not hold; - reads it from standard input').action(
    async (argument: string, options: CommonOptions) => {
      const shown = await readToken(argument)
      const inspected = await withOperator(options.config, ({ operatorAccounts }) =>
        operatorAccounts.inspectToken(shown)
      )
      if (options.json === true) process.stdout.write(`${JSON.stringify(inspected)}\n`)
      else writeInspection(inspected)
      if (!inspected.active) process.exitCode = 1
    }
  )

  verb('mint', 'make an access token of a user, for tests; it is audited, and ends as a session does')
    .requiredOption('--as <username>', 'whose token it is')
    .option('--ttl <duration>', 'how long it is good', readTtl, 5 * 60_000)
    .action(async (options: CommonOptions & { as: string; ttl: number }) => {
      const minted = await withOperator(options.config, ({ operatorAccounts }) =>
        operatorAccounts.mintToken(options.as, options.ttl)
      )
      if (options.json !== true) process.stdout.write(`${minted.token}\n`)
      else {
        const { expiresAt, sessionId, username } = minted
        const answer = { access_token: minted.token, expires_at: expiresAt, session_id: sessionId, username }
        process.stdout.write(`${JSON.stringify(answer)}\n`)
      }
    })
  return token
}
