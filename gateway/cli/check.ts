import { Command, Option } from 'commander'
import { surveySettings } from '../on-paper/index.js'
import type { OpenArea } from '../policy/index.js'
import type { Mistake, Settings } from '../settings/index.js'
import { wantsColor } from './color.js'
import { commandOfGitHub } from './github-command.js'
import { openJson, showOpen } from './open-words.js'
import { coverageOf, type ShownCoverage } from './openapi-coverage.js'
import { count, readToStart, showMistakes } from './read-settings.js'
import { warnOfShadow } from './shadow-file.js'
import { shownMistake } from './shown.js'

/** Lines of what anyone may reach: more, and nobody reads them. */
const MOST_OPEN = 10

const FORMATS = ['text', 'json', 'github'] as const

interface CheckOptions {
  readonly json?: boolean
  readonly format: (typeof FORMATS)[number]
  readonly openapi?: string
}

interface Checked {
  readonly file: string
  /** In the order of the file. */
  readonly errors: readonly Mistake[]
  readonly warnings: readonly Mistake[]
  /** null: there are errors. */
  readonly settings: Settings | null
  /** What strangers may reach. */
  readonly open: readonly OpenArea[]
  /** Of the document that was named; null: none was, or there are errors. */
  readonly coverage: ShownCoverage | null
}

/** `check [FILE]`: every error and warning of the file; exit 1 when it has errors. */
export function checkCommand(): Command {
  return new Command('check')
    .description('read a settings file and list every mistake and warning in it')
    .argument('[file]', 'the settings file', 'gateway.yaml')
    .option('--json', 'answer as JSON, as --format json does')
    .addOption(
      new Option('--format <format>', 'text for people, json, or github for annotations of a pull request')
        .choices(FORMATS)
        .default('text')
    )
    .option('--openapi <spec>', 'also list operations of this OpenAPI document that have no rule, or too wide a one')
    .action(async (file: string, options: CheckOptions) => {
      const checked = await check(file, options.openapi)
      write[options.json === true ? 'json' : options.format](checked)
      if (!isGood(checked)) process.exitCode = 1
    })
}

async function check(file: string, spec: string | undefined): Promise<Checked> {
  const result = await readToStart(file, process.env)
  const warnings = [...result.warnings, ...(await warnOfShadow(result, process.env))]
  if ('mistakes' in result) return { file, errors: result.mistakes, warnings, settings: null, open: [], coverage: null }
  const { settings } = result
  const { open, warnings: found } = surveySettings(settings)
  const coverage = spec === undefined ? null : await coverageOf(spec, settings, file)
  return { file, errors: [], warnings: [...warnings, ...result.locate(found)], settings, open, coverage }
}

const isGood = ({ errors, coverage }: Checked) => errors.length === 0 && coverage?.ok !== false

const inOrder = ({ errors, warnings }: Checked) =>
  [...errors, ...warnings].toSorted((one, other) => one.line - other.line || one.column - other.column)

/** What is good goes to standard output, the rest beside it. */
function writeText(checked: Checked): void {
  const { file, warnings, settings, open, coverage } = checked
  const mistakes = inOrder(checked)
  if (mistakes.length > 0)
    process.stderr.write(`${showMistakes(file, mistakes, wantsColor(process.stderr, process.env))}\n`)
  if (settings === null) return
  process.stdout.write(`${sum(file, settings, warnings.length)}\n${showOpen(open, MOST_OPEN)}\n${coverage?.text ?? ''}`)
}

function sum(file: string, { rules, upstreams }: Settings, warnings: number): string {
  const counts = [count(rules.length, 'rule'), count(Object.keys(upstreams).length, 'upstream')]
  return `${file}: ok, ${[...counts, ...(warnings > 0 ? [count(warnings, 'warning')] : [])].join(', ')}`
}

function writeJson(checked: Checked): void {
  const { file, errors, warnings, settings, open, coverage } = checked
  const openapi = coverage === null ? {} : { openapi: coverage.json }
  const answer = {
    file,
    ok: isGood(checked),
    errors: errors.map(shownMistake),
    warnings: warnings.map(shownMistake),
    anyone: settings === null ? null : openJson(open),
    ...openapi
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}

function writeForGitHub(checked: Checked): void {
  for (const mistake of inOrder(checked)) process.stdout.write(`${commandOfGitHub(mistake)}\n`)
}

const write = { text: writeText, json: writeJson, github: writeForGitHub }
