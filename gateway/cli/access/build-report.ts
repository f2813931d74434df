/** All that `access` shows, in whatever form. */

import { causeOf, issuersOf, limitInWords, surveyRules } from '../../on-paper/index.js'
import { type Access, type AccessRow, type Asker, accessMatrix, type OpenArea } from '../../policy/index.js'
import type { Settings } from '../../settings/index.js'

export interface AccessReport {
  readonly file: string
  readonly revision: string
  /** The columns; the first two are anyone and whoever is signed in. */
  readonly askers: readonly Asker[]
  readonly rows: readonly AccessRow[]
  readonly open: readonly OpenArea[]
}

/** Every role that the file names, whether a rule asks for it or something has it. */
function rolesOf({ rules, clients, issuers }: Pick<Settings, 'rules' | 'clients' | 'issuers'>): string[] {
  const conditions = rules.flatMap(({ allow }) => (allow.kind === 'any' ? allow.of : []))
  const roles = [
    ...conditions.flatMap(({ roles = [], allRoles = [] }) => [...roles, ...allRoles]),
    ...Object.values(clients).flatMap((client) => client.roles),
    ...Object.values(issuers).flatMap((issuer) => Object.values(issuer.roles.map ?? {}).flat())
  ]
  return [...new Set(roles)].sort()
}

export function buildReport(settings: Settings): AccessReport {
  const { lives, open } = surveyRules(settings)
  const askers: Asker[] = [
    { kind: 'anyone' },
    { kind: 'signed_in' },
    ...rolesOf(settings).map((role): Asker => ({ kind: 'role', role }))
  ]
  const { file, revision } = settings
  return { file, revision, askers, rows: accessMatrix(lives, askers, issuersOf(settings)), open }
}

export const nameOf = (asker: Asker): string => {
  if (asker.kind === 'role') return asker.role
  return asker.kind === 'anyone' ? 'anyone' : 'signed in'
}

/** What else somebody must have: `role auditor, sub = {id}`; null where nothing is to be added. */
export function conditionIn(access: Access): string | null {
  if (access.access === 'conditional') return access.having.join('; or ')
  return access.access === 'undecided' ? limitInWords(access) : null
}

/** Why no request comes to the rule, or why that is not known; null: one does. */
export function doubtOf({ life }: AccessRow): string | null {
  if (life.life === 'dead') {
    const cause = causeOf(life)
    return cause === '' ? 'never matches: every path that it fits is refused' : `never matches: hidden by ${cause}`
  }
  return life.life === 'undecided' ? `undecided whether it ever matches: ${limitInWords(life)}` : null
}

export interface Tally {
  readonly rules: number
  readonly roles: number
  readonly open: number
  readonly dead: number
  readonly undecided: number
}

export function tally({ askers, rows, open }: AccessReport): Tally {
  const isUndecided = ({ life, cells }: AccessRow) =>
    life.life === 'undecided' || cells.some(({ access }) => access === 'undecided')
  return {
    rules: rows.length,
    roles: askers.filter(({ kind }) => kind === 'role').length,
    open: open.length,
    dead: rows.filter(({ life }) => life.life === 'dead').length,
    undecided: rows.filter(isUndecided).length
  }
}
