import { basename, dirname, join, relative, resolve } from 'node:path'
import { Command } from 'commander'
import { type Api, type Operation, oneLine, writeSettings } from '../openapi/index.js'
import { initFromDjango } from './django/init-from-django.js'
import { count } from './read-settings.js'
import { readSpec } from './read-spec.js'
import { starter } from './starter.js'
import { writeNew } from './write-new.js'

interface InitOptions {
  readonly output: string
  readonly openapi?: string
  readonly fromDjango?: string
  readonly prefix: string
  readonly force?: boolean
}

/** `init`: a settings file to begin with, commented, or made of an OpenAPI document. */
export function initCommand(): Command {
  return new Command('init')
    .description('write a commented settings file to begin with')
    .option('-o, --output <file>', 'where to write it', 'gateway.yaml')
    .option('--openapi <spec>', 'make a rule for each operation of this OpenAPI document (3.0, 3.1, 2.0; JSON or YAML)')
    .option('--from-django <settings>', 'take over SIMPLE_JWT and REST_FRAMEWORK out of this dump of settings (JSON)')
    .option('--prefix <path>', 'with --from-django: where the endpoints for tokens are', '/api/token')
    .option('--force', 'replace the file if it is there')
    .action(async ({ output, openapi, fromDjango, prefix, force }: InitOptions) => {
      if (fromDjango !== undefined) {
        await initFromDjango(fromDjango, { output, prefix, schemaLine: schemaLineFor(output), force: force === true })
        process.stdout.write(showSteps([...stepsOf(output, null), movingTo(output)]))
        return
      }
      const schemaLine = schemaLineFor(output)
      if (openapi === undefined) {
        await writeNew(output, starter({ schemaLine }), { force: force === true })
        process.stdout.write(`${output} written: a starter to change as you like.\n${nextSteps(output, null)}`)
        return
      }
      const api = await readSpec(openapi)
      const near = relative(dirname(resolve(output)), resolve(openapi))
      // It is pasted from a comment, where a long one is cut.
      const document = near.length > 40 ? basename(near) : near
      await writeNew(output, writeSettings(api, { document, file: output, schemaLine }), { force: force === true })
      process.stderr.write(warningsOf(api))
      process.stdout.write(`${output} written: ${sum(api)}\n${nextSteps(output, openapi)}`)
    })
}

/** A file inside of a clone finds the schema beside it; anywhere else the path would be this machine's own. */
function schemaLineFor(output: string): string | null {
  const root = join(import.meta.dirname, '..', '..', '..')
  const schema = relative(dirname(resolve(output)), join(root, 'config', 'gateway.schema.json'))
  return schema.startsWith('..') ? null : `# yaml-language-server: $schema=./${schema.replaceAll('\\', '/')}`
}

function sum({ operations, overlaps, servers }: Api): string {
  const used = new Set(operations.map(({ server }) => server)).size
  return `${count(operations.length + overlaps.length, 'rule')}, ${count(Math.min(used, servers.length), 'upstream')}.`
}

type Step = readonly [command: string, purpose: string]

/** Who is here already has Django's key of each user; whoever is added by hand needs it said. */
const movingTo = (file: string): Step => [
  `portcullis user import${ofFile(file)} users.json`,
  'beside it, takes over the users that `manage.py dumpdata auth` writes'
]

const ofFile = (file: string) => (file === 'gateway.yaml' ? '' : ` -c ${file}`)

function nextSteps(file: string, spec: string | null): string {
  const [check, start] = stepsOf(file, spec)
  // The first start makes the users: one without the example makes no `demo` for the lines that it shows.
  const example: Step = [
    `portcullis start${ofFile(file)} --example-upstream`,
    'tries it, on a service that shows what it is sent'
  ]
  return showSteps(spec === null ? [check, example, start] : [check, start])
}

function stepsOf(file: string, spec: string | null): readonly [check: Step, start: Step] {
  const named = file === 'gateway.yaml' ? '' : ` ${file}`
  return [
    spec === null
      ? [`portcullis check${named}`, 'lists every mistake in it']
      : [`portcullis check${named} --openapi ${spec}`, 'lists mistakes, and operations without a rule'],
    [`portcullis start${ofFile(file)}`, 'starts the gateway, and shows the rules and the password of `admin`']
  ]
}

function showSteps(steps: readonly Step[]): string {
  const width = Math.max(...steps.map(([command]) => command.length))
  return `Next, once you have looked through it:\n${steps.map(([command, purpose]) => `  ${command.padEnd(width)}  ${purpose}\n`).join('')}`
}

const mostNamed = 5

/** What the rules could not say as the document does: one line for each reason, with the operations that it is true of. */
function warningsOf(api: Api): string {
  const reasons = new Map<string, string[]>()
  const note = (reason: string, { method, template }: Operation) => {
    reasons.set(reason, [...(reasons.get(reason) ?? []), `${method} ${template}`])
  }
  const isSilent = api.operations.every(({ isStated }) => !isStated)
  for (const operation of api.operations) {
    if (!operation.isStated && !isSilent)
      note('the document says nothing of security; whoever has signed in may pass', operation)
    for (const reason of operation.notes) note(reason, operation)
  }
  for (const { summary, notes } of api.overlaps) reasons.set(notes.join(), [summary ?? ''])
  for (const { operation, because } of api.unwritten) note(`no rule can be written: ${because}`, operation)
  const lines = [...reasons].map(([reason, names]) => `${oneLine(reason, 160)}: ${list(names)}`)
  const silence = isSilent ? ['the document says nothing of security: every rule lets in whoever has signed in'] : []
  return [...silence, ...api.notes, ...lines].map((line) => `warning: ${line}\n`).join('')
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, mostNamed).map((name) => oneLine(name, 80))
  const left = names.length - shown.length
  return `${shown.join(', ')}${left === 0 ? '' : ` and ${left} more (see the file)`}`
}
