import type { Access } from '../../policy/index.js'
import { type AccessReport, conditionIn, doubtOf, nameOf } from './build-report.js'

/** What spreadsheets take for a formula, which could do more than stand there. */
const formula = /^[=+\-@\t\r]/

/** RFC 4180 §2: quotes around what holds separators, and double ones inside. */
function showField(text: string): string {
  const plain = formula.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}

function showAccess(access: Access): string {
  const condition = conditionIn(access)
  if (access.access === 'conditional') return `if ${condition}`
  return condition === null ? access.access : `${access.access}: ${condition}`
}

/** A table for spreadsheets: a line for each rule, a column for each asker (RFC 4180). */
export function showCsv({ askers, rows }: AccessReport): string {
  const heads = [
    ...['line', 'methods', 'hosts', 'path', 'upstream', 'note'],
    ...askers.map((asker) => (asker.kind === 'role' ? `role ${asker.role}` : nameOf(asker)))
  ]
  const records = rows.map((row) => {
    const { line, methods, hosts, path, upstream } = row.life.rule
    const rule = [`${line}`, methods?.join(' ') ?? 'any', hosts?.join(' ') ?? 'any', path, upstream ?? '']
    return [...rule, doubtOf(row) ?? '', ...row.cells.map(showAccess)]
  })
  return [heads, ...records].map((fields) => `${fields.map(showField).join(',')}\r\n`).join('')
}
