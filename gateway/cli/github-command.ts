import type { Mistake } from '../settings/index.js'

/**
 * A mistake as a workflow command of GitHub Actions, which shows it beside the line in a pull request:
 * `::error file=gateway.yaml,line=5,col=5,endLine=5,endColumn=9,title=rules[0].alow::is not a known key`.
 */
export function commandOfGitHub(mistake: Mistake): string {
  const { level, file, line, column, endLine, endColumn, path, message, hint, related } = mistake
  // The runner drops an annotation that has columns and more than one line. Its last column is one that belongs to it.
  const columns = line === endLine ? { col: column, endColumn: Math.max(column, endColumn - 1) } : {}
  const place = line === 0 ? {} : { line, endLine, ...columns }
  const properties = Object.entries({ file, ...place, ...(path === '' ? {} : { title: path }) })
  const elsewhere = related.map((other) => `\n${file}:${other.line}:${other.column}: ${other.message}`)
  const text = `${message}${hint === null ? '' : `, ${hint}`}${elsewhere.join('')}`
  const written = properties.map(([name, value]) => `${name}=${escapeProperty(String(value))}`)
  return `::${level === 'mistake' ? 'error' : 'warning'} ${written.join(',')}::${escapeData(text)}`
}

/** As `@actions/core` escapes them. */
const escapeData = (text: string) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
const escapeProperty = (text: string) => escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
