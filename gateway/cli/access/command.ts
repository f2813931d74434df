import { writeFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { wantsColor } from '../color.js'
import { faultOf } from '../fault.js'
import { type Environment, requireUnproved } from '../read-settings.js'
import { type AccessReport, buildReport } from './build-report.js'
import { showCsv } from './show-csv.js'
import { showHtml } from './show-html.js'
import { showJson } from './show-json.js'
import { showTable } from './show-table.js'

interface AccessOptions {
  readonly format: 'table' | 'csv' | 'json' | 'html'
  readonly json?: boolean
  readonly output?: string
}

const DEFAULT_WIDTH = 100

/** `columns` of a terminal; whoever reads through a pipe says it as shells do. */
function widthOf(stream: { readonly columns?: number }, { COLUMNS: said }: Environment): number {
  const width = stream.columns ?? Number(said)
  return Number.isInteger(width) && width > 0 ? width : DEFAULT_WIDTH
}

function show(report: AccessReport, { format, json, output }: AccessOptions): string {
  if (json === true || format === 'json') return showJson(report)
  if (format === 'csv') return showCsv(report)
  if (format === 'html') return showHtml(report)
  const color = output === undefined && wantsColor(process.stdout, process.env)
  return showTable(report, { width: widthOf(process.stdout, process.env), color })
}

/** `access [FILE]`: who may reach what; exit 0 whatever it finds, as it judges nothing. */
export function accessCommand(): Command {
  return new Command('access')
    .description('show who may reach what by the rules of a settings file')
    .argument('[file]', 'the settings file', 'gateway.yaml')
    .addOption(
      new Option(
        '--format <format>',
        'a table for people, csv for spreadsheets, json, or an html page to read and print'
      )
        .choices(['table', 'csv', 'json', 'html'])
        .default('table')
    )
    .option('--json', 'answer as JSON; the same as --format json')
    .option('-o, --output <file>', 'write to this file instead of standard output')
    .action(async (file: string, options: AccessOptions) => {
      const shown = show(buildReport(await requireUnproved(file, process.env)), options)
      if (options.output === undefined) {
        process.stdout.write(shown)
        return
      }
      await writeFile(options.output, shown).catch((error) => {
        throw faultOf(`${options.output} cannot be written`, error)
      })
    })
}
