import { Command, InvalidArgumentError, Option } from 'commander'
import { runTests } from '../on-paper/index.js'
import { requireUnproved } from './read-settings.js'
import { coverageOf, showJson, showJunit, showTap, showText, type TestReport } from './test-reports.js'

interface TestOptions {
  readonly format: 'text' | 'tap' | 'junit' | 'json'
  readonly json?: boolean
  readonly minCoverage?: number
}

const SHOWN = { text: showText, tap: showTap, junit: showJunit, json: showJson }

function readPercent(text: string): number {
  const percent = Number(text)
  if (/^\d{1,3}(\.\d+)?$/.test(text) && percent <= 100) return percent
  throw new InvalidArgumentError('write a number from 0 to 100')
}

/** `test [FILE]`: runs the tests of the file; exit 1 when one fails or too few rules are reached. */
export function testCommand(): Command {
  return new Command('test')
    .description('run the tests of a settings file, and list the rules that none of them reaches')
    .argument('[file]', 'the settings file', 'gateway.yaml')
    .addOption(new Option('--format <format>', 'how to answer').choices(Object.keys(SHOWN)).default('text'))
    .option('--json', 'answer as JSON; the same as --format json')
    .option('--min-coverage <percent>', 'exit 1 when the tests reach fewer of the rules', readPercent)
    .action(async (file: string, options: TestOptions) => {
      const settings = await requireUnproved(file, process.env)
      const startedMs = performance.now()
      const results = runTests(settings)
      const hit = new Set(results.flatMap(({ outcome }) => outcome.rule ?? []))
      const report: TestReport = {
        file,
        results,
        rules: settings.rules,
        unhit: settings.rules.filter((rule) => !hit.has(rule)),
        ms: performance.now() - startedMs
      }
      process.stdout.write(SHOWN[options.json === true ? 'json' : options.format](report))
      const failed = results.some(({ passed }) => !passed)
      if (failed || !isCovered(report, options.minCoverage)) process.exitCode = 1
    })
}

function isCovered(report: TestReport, least = 0): boolean {
  const coverage = coverageOf(report)
  if (coverage >= least) return true
  process.stderr.write(
    `portcullis: the tests reach ${coverage.toFixed(1)} % of the rules, and ${least} % are asked for\n`
  )
  return false
}
