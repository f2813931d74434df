#!/usr/bin/env node
import { readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command, CommanderError } from 'commander'
import { accessCommand } from './access/command.js'
import { attackCommand } from './attack/command.js'
import { checkCommand } from './check.js'
import { diffCommand } from './diff.js'
import { explainCommand } from './explain.js'
import { Fault } from './fault.js'
import { initCommand } from './init.js'
import { keyCommand } from './key.js'
import { probeCommand } from './probe/command.js'
import { replayCommand } from './replay.js'
import { sessionCommand } from './session.js'
import { startCommand } from './start.js'
import { testCommand } from './test.js'
import { tokenCommand } from './token.js'
import { userCommand } from './user.js'

/** Exit codes: 0 good, 1 found fault, 2 misused. */
const MISUSED = 2

/** Misuse is thrown by every command, not only by the outermost, and shows where help is. */
function throwMisuse(command: Command, name: string): void {
  command.exitOverride().showHelpAfterError(`(${name} --help tells more)`)
  for (const inner of command.commands) throwMisuse(inner, `${name} ${inner.name()}`)
}

function buildProgram(): Command {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', '..', 'package.json'), 'utf8'))
  const program = new Command('portcullis')
    .description('Authentication gateway and reverse proxy, configured by one YAML file.')
    .version(version)
    .addCommand(startCommand())
    .addCommand(initCommand())
    .addCommand(checkCommand())
    .addCommand(explainCommand())
    .addCommand(accessCommand())
    .addCommand(testCommand())
    .addCommand(diffCommand())
    .addCommand(replayCommand())
    .addCommand(attackCommand())
    .addCommand(probeCommand())
    .addCommand(userCommand())
    .addCommand(keyCommand())
    .addCommand(sessionCommand())
    .addCommand(tokenCommand())
  throwMisuse(program, 'portcullis')
  return program
}

/** Runs one command; `args` without node and script. Sets the exit code, never throws. */
export async function main(args: readonly string[]): Promise<void> {
  // Whoever reads the output may leave early, as `head` does.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  try {
    await buildProgram().parseAsync([...args], { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : MISUSED
    } else if (error instanceof Fault) {
      process.stderr.write(`${error.message}\n`)
      process.exitCode = 1
    } else {
      // A defect of ours: the stack is the only thing that helps.
      process.stderr.write(`portcullis: this should not happen, please report it\n${(error as Error).stack}\n`)
      process.exitCode = 1
    }
  }
}

const script = process.argv[1]
if (script !== undefined && realpathSync(script) === fileURLToPath(import.meta.url)) {
  process.setSourceMapsEnabled(true)
  await main(process.argv.slice(2))
}
