import { Command } from 'commander'

interface StartOptions {
  readonly config: string
  readonly exampleUpstream?: boolean
}

/** `start`: the gateway, until a signal ends it. */
export function startCommand(): Command {
  return new Command('start')
    .description('start the gateway')
    .option('-c, --config <file>', 'the settings file', 'gateway.yaml')
    .option('--example-upstream', 'start an upstream that echoes what it is sent, and a demo user')
    .action(async ({ config, exampleUpstream }: StartOptions) => {
      // The other commands would wait for its packages for nothing.
      const { runGateway } = await import('./run-gateway.js')
      await runGateway({ file: config, exampleUpstream: exampleUpstream === true, environment: process.env })
    })
}
