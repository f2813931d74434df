/** The matrix for a terminal: columns where they fit, else a few lines for each rule. */
import type { Access, AccessRow, Asker } from '../../policy/index.js'
import { showOpen, showPattern } from '../open-words.js'
import { count } from '../read-settings.js'
import { printable } from '../shown.js'
import { type AccessReport, conditionIn, doubtOf, nameOf, tally } from './build-report.js'

export interface TerminalOptions {
  /** Columns of the terminal. */
  readonly width: number
  readonly color: boolean
}

type Ink = (text: string, access: Access['access'] | 'head' | 'doubt') => string

const codes = { yes: '32', conditional: '33', undecided: '35', no: '2', never: '2', head: '1', doubt: '35' } as const
const inkOf = (color: boolean): Ink => (color ? (text, of) => `\u001b[${codes[of]}m${text}\u001b[0m` : (text) => text)

interface Cell {
  readonly text: string
  readonly ink: Parameters<Ink>[1]
}

/** Conditions are too long for a cell: each gets a number, the same one the same number. */
function createNotes() {
  const numbers = new Map<string, number>()
  return {
    numberOf(text: string): number {
      const number = numbers.get(text) ?? numbers.size + 1
      numbers.set(text, number)
      return number
    },
    lines: () => Array.from(numbers, ([text, number]) => `  if ${number}  ${printable(text)}`)
  }
}

const signs = { yes: 'yes', no: '-', never: '', conditional: 'if', undecided: '?' } as const

function showColumns({ askers, rows }: AccessReport, width: number, ink: Ink): string[] | null {
  const notes = createNotes()
  const cellOf = (access: Access): Cell => {
    const condition = conditionIn(access)
    const number = condition === null ? '' : ` ${notes.numberOf(condition)}`
    return { text: `${signs[access.access]}${number}`, ink: access.access }
  }
  const heads = [
    'LINE',
    'RULE',
    ...askers.map((asker) => (asker.kind === 'role' ? asker.role : nameOf(asker).toUpperCase()))
  ]
  const table = [
    heads.map((text): Cell => ({ text: printable(text), ink: 'head' })),
    ...rows.map(({ life, cells }): Cell[] => [
      { text: `${life.rule.line}`.padStart(4), ink: 'no' },
      { text: printable(showPattern(life.rule)), ink: life.life === 'dead' ? 'never' : 'head' },
      ...cells.map(cellOf)
    ])
  ]
  const widths = heads.map((_, column) => Math.max(...table.map((cells) => cells[column]?.text.length ?? 0)))
  if (widths.reduce((sum, one) => sum + one + 2, 0) > width) return null
  const lines = table.map((cells, at) => {
    const doubt = at === 0 ? null : doubtIn(rows[at - 1])
    const shown = doubt === null ? cells : cells.slice(0, rows[at - 1]?.life.life === 'dead' ? 2 : cells.length)
    const line = shown
      .map(
        ({ text, ink: of }, column) =>
          `${text === '' ? '' : ink(text, of)}${' '.repeat((widths[column] ?? 0) - text.length)}`
      )
      .join('  ')
      .trimEnd()
    return doubt === null ? line : `${line}\n${' '.repeat(6)}${ink(doubt, 'doubt')}`
  })
  return [...lines, ...(notes.lines().length === 0 ? [] : ['', ...notes.lines()])]
}

const doubtIn = (row: AccessRow | undefined): string | null => (row === undefined ? null : doubtOf(row))

/** Who has the same access to a rule, less those of whom the general columns say it already. */
function groupsOf(askers: readonly Asker[], cells: readonly Access[]): ReadonlyMap<string, readonly string[]> {
  const keyOf = (access: Access) => `${signs[access.access]} ${conditionIn(access) ?? ''}`.trim()
  const general = cells.slice(0, 2).map(keyOf)
  const groups = new Map<string, string[]>()
  for (const [at, access] of cells.entries()) {
    const asker = askers[at]
    if (asker === undefined || access.access === 'no' || access.access === 'never') continue
    const key = keyOf(access)
    if (general.slice(0, at).includes(key)) continue
    const name = asker.kind === 'signed_in' ? 'anyone signed in' : nameOf(asker)
    groups.set(key, [...(groups.get(key) ?? []), name])
  }
  return groups
}

/** Words in lines that begin under each other. */
function wrap(text: string, indent: number, width: number): string {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? ''
    if (line !== '' && indent + line.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines.join(`\n${' '.repeat(indent)}`)
}

function showFolded({ askers, rows }: AccessReport, width: number, ink: Ink): string[] {
  return rows.flatMap((row) => {
    const { life, cells } = row
    const doubt = doubtOf(row)
    const head = `${ink(`${life.rule.line}`.padStart(5), 'no')}  ${ink(printable(showPattern(life.rule)), 'head')}`
    const groups = [...groupsOf(askers, cells)].map(([key, names]) => {
      const [sign = '', ...condition] = key.split(' ')
      const access = sign === 'yes' ? 'yes' : sign === 'if' ? 'conditional' : 'undecided'
      const who = names.join(', ')
      const text = condition.length === 0 ? who : `${condition.join(' ')}: ${who}`
      return `       ${ink(sign.padEnd(3), access)}  ${wrap(printable(text), 12, width)}`
    })
    const nobody = groups.length === 0 && doubt === null ? [`       ${ink('nobody', 'no')}`] : []
    return [head, ...(doubt === null ? [] : [`       ${ink(doubt, 'doubt')}`]), ...groups, ...nobody]
  })
}

const legend = (askers: readonly Asker[]) => [
  'Each column tells what its role gives by itself; SIGNED IN is anybody with a valid token, whatever the roles.',
  ...(askers.length > 2 ? ['Whoever has several roles may do what any of them may.'] : [])
]

/** For people. */
export function showTable(report: AccessReport, { width, color }: TerminalOptions): string {
  const { rules, roles, dead, undecided } = tally(report)
  const counts = [
    count(rules, 'rule'),
    count(roles, 'role'),
    ...(dead > 0 ? [`${dead} never ${dead === 1 ? 'matches' : 'match'}`] : []),
    ...(undecided > 0 ? [`${undecided} undecided`] : [])
  ]
  const ink = inkOf(color)
  const columns = showColumns(report, width, ink)
  const body = columns === null ? showFolded(report, width, ink) : [...columns, '', ...legend(report.askers)]
  const head = `${report.file} (revision ${report.revision}): ${counts.join(', ')}`
  return `${[head, '', ...body, '', showOpen(report.open, 50), 'What no rule covers is refused.'].join('\n')}\n`
}
