import { dirname, join } from 'node:path'
import { Command, Option } from 'commander'
import { compareSettings, findAlsoChanged } from '../on-paper/index.js'
import { findExcess, readPattern } from '../policy/index.js'
import { type Mistake, parseSettings, type Result } from '../settings/index.js'
import { wantsColor } from './color.js'
import { type DiffReport, showDiff, showDiffForGitHub, showDiffJson } from './diff-reports.js'
import { commandOfGitHub } from './github-command.js'
import { count, type Environment, readUnproved, showMistakes } from './read-settings.js'
import { shownMistake } from './shown.js'

interface DiffOptions {
  readonly json?: boolean
  readonly format: Format
}

const FORMATS = ['text', 'json', 'github'] as const
type Format = (typeof FORMATS)[number]

/** Somebody may pass who might not before. */
const WIDENED = 1
/** There is no telling, or nothing could be compared. */
const UNTOLD = 2

/** `diff OLD NEW`: exit 1 when access widens, 2 when there is no telling whether it does. */
export function diffCommand(): Command {
  return new Command('diff')
    .description('say what changes in meaning between two settings files, each change with a request that shows it')
    .argument('<old>', 'the settings file as it was; - reads it from standard input')
    .argument('<new>', 'the settings file as it is to be')
    .option('--json', 'answer as JSON, as --format json does')
    .addOption(
      new Option('--format <format>', 'text for people, json, or github for annotations of a pull request')
        .choices(FORMATS)
        .default('text')
    )
    .action(async (old: string, next: string, options: DiffOptions) => {
      const format = options.json === true ? 'json' : options.format
      const [before, after] = [await readOld(old, next, process.env), await readUnproved(next, process.env)]
      if ('mistakes' in before || 'mistakes' in after) {
        refuse(
          [
            { file: old, result: before },
            { file: next, result: after }
          ],
          format
        )
        return
      }
      const report: DiffReport = {
        files: { old, new: next },
        ...compareSettings(before.settings, after.settings),
        alsoChanged: findAlsoChanged(before.settings, after.settings),
        methods: [
          ...new Set([before, after].flatMap(({ settings }) => settings.rules.flatMap((rule) => rule.methods ?? [])))
        ],
        locate: after.locate
      }
      process.stdout.write({ text: showDiff, json: showDiffJson, github: showDiffForGitHub }[format](report))
      process.exitCode = report.widens ? WIDENED : report.undecided.length > 0 ? UNTOLD : 0
    })
}

/** A text from standard input belongs where the new file lies: relative paths in it start there. */
async function readOld(old: string, next: string, environment: Environment): Promise<Result> {
  if (old !== '-') return readUnproved(old, environment)
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  const result = parseSettings(join(dirname(next), '-'), Buffer.concat(chunks).toString('utf8'), environment, {
    findExcess,
    readPattern
  })
  if ('settings' in result) return result
  return { ...result, mistakes: result.mistakes.map((mistake): Mistake => ({ ...mistake, file: '-' })) }
}

function refuse(files: readonly { readonly file: string; readonly result: Result }[], format: Format): void {
  const mistaken = files.flatMap(({ file, result }) => {
    return 'mistakes' in result ? [{ file, mistakes: result.mistakes }] : []
  })
  const mistakes = mistaken.flatMap((one) => one.mistakes)
  process.exitCode = UNTOLD
  if (format === 'json') process.stdout.write(`${JSON.stringify({ errors: mistakes.map(shownMistake) })}\n`)
  if (format === 'github') for (const mistake of mistakes) process.stdout.write(`${commandOfGitHub(mistake)}\n`)
  if (format !== 'text') return
  const color = wantsColor(process.stderr, process.env)
  for (const one of mistaken) process.stderr.write(`${showMistakes(one.file, one.mistakes, color)}\n\n`)
  const faults = mistaken.map((one) => `${one.file} has ${count(one.mistakes.length, 'error')}`)
  process.stderr.write(`portcullis: nothing was compared: ${faults.join(', and ')}\n`)
}
