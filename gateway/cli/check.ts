import { Command } from 'commander'
import type { Mistake } from '../settings/index.js'
import { count, readSettings, showMistakes } from './read-settings.js'

interface CheckOptions {
  readonly json?: boolean
}

const place = ({ file, line, column, path, message, hint }: Mistake) => ({ file, line, column, path, message, hint })

/** `check [FILE]`: every error and warning of the file; exit 1 when it has errors. */
export function checkCommand(): Command {
  return new Command('check')
    .description('read a settings file and list every mistake and warning in it')
    .argument('[file]', 'the settings file', 'gateway.yaml')
    .option('--json', 'answer as JSON')
    .action(async (file: string, options: CheckOptions) => {
      const result = await readSettings(file, process.env)
      const errors = 'mistakes' in result ? result.mistakes : []
      if (options.json === true) {
        process.stdout.write(
          `${JSON.stringify({ file, ok: errors.length === 0, errors: errors.map(place), warnings: result.warnings.map(place) })}\n`
        )
      } else {
        writeFindings(file, errors, result.warnings)
      }
      if (errors.length > 0) process.exitCode = 1
      else if (options.json !== true && 'settings' in result) {
        const { rules, upstreams } = result.settings
        const counts = [count(rules.length, 'rule'), count(Object.keys(upstreams).length, 'upstream')]
        if (result.warnings.length > 0) counts.push(count(result.warnings.length, 'warning'))
        process.stdout.write(`${file}: ok, ${counts.join(', ')}\n`)
      }
    })
}

function writeFindings(file: string, errors: readonly Mistake[], warnings: readonly Mistake[]): void {
  const color = process.stderr.isTTY === true
  if (errors.length > 0) process.stderr.write(`${showMistakes(file, errors, color)}\n`)
  for (const { line, column, path, message } of warnings) {
    process.stderr.write(`${file}:${line}:${column} warning: ${path === '' ? '' : `${path}: `}${message}\n`)
  }
  if (errors.length > 0) process.stderr.write(`${count(errors.length, 'mistake')} in ${file}\n`)
}
