/** What a comparison of two settings files found: for people, as JSON, and for pull requests. */

import type { Allow, Rule } from '../domain.js'
import { type Difference, type JudgedChange, type SettingsComparison, showWho } from '../on-paper/index.js'
import type { Direction } from '../policy/index.js'
import { type Finding, type Mistake, mistakeAt, type Result, warningAt } from '../settings/index.js'
import { type DescribedChange, describeChanges } from './describe-change.js'
import { commandOfGitHub } from './github-command.js'
import { groupChanges } from './group-changes.js'
import { count } from './read-settings.js'
import { showAllow } from './show-allow.js'
import { showMaxBody, showWebSocket } from './show-terms.js'
import { printable } from './shown.js'

export interface DiffReport extends SettingsComparison {
  readonly files: { readonly old: string; readonly new: string }
  readonly alsoChanged: readonly Difference[]
  /** Those that rules of either file name. */
  readonly methods: readonly string[]
  /** Of the new file. */
  readonly locate: Extract<Result, { readonly locate: unknown }>['locate']
}

const VERBS: Readonly<Record<Direction, string>> = { gain: 'gains', loss: 'loses', reroute: 'goes another way at' }

/** `gateway.yaml:31`, or why there is no rule. */
function placeOf(side: 'old' | 'new', { files }: DiffReport, change: JudgedChange): string {
  const rule = change[side]
  if (rule !== null) return `${files[side]}:${rule.line}`
  return change.refusal === 'bad_path' ? 'refused for its spelling' : 'no rule'
}

/** `POST /api/orders/a by role user`. */
function showWitness({ old: before, new: after, witness }: JudgedChange): string {
  const { method, host, path, who } = witness
  const isHostNamed = [before, after].some((rule) => (rule?.hosts ?? null) !== null)
  const from = [before?.allow, after?.allow].some(readsAddress) ? ` from ${who.address}` : ''
  return `${method} ${isHostNamed ? host : ''}${path} by ${showWho(who.authentication)}${from}`
}

const readsAddress = (allow: Allow | undefined) =>
  allow?.kind === 'any' && allow.of.some(({ networks }) => networks !== undefined)

const showRoute = (names: readonly string[]) => (names.length === 0 ? 'none' : names.join(', '))

/** What is different for who passes before and after. */
function showRoutes({ old: before, new: after, routes }: JudgedChange): string[] {
  if (before === null || after === null) return []
  return routes.map((route) => {
    if (route === 'upstream') return `upstream: ${before.upstream} → ${after.upstream}`
    if (route === 'limits') return `limits: ${showRoute(before.limits)} → ${showRoute(after.limits)}`
    if (route === 'max_body') return `max_body: ${showMaxBody(before)} → ${showMaxBody(after)}`
    if (route === 'websocket') return `websocket: ${showWebSocket(before)} → ${showWebSocket(after)}`
    return `paths: ${showPaths(before)} → ${showPaths(after)}`
  })
}

const showPaths = ({ paths }: Rule) =>
  [
    `case ${paths.case}`,
    ...(paths.encodedSlash === 'allow' ? ['encoded_slash'] : []),
    ...(paths.semicolon === 'allow' ? ['semicolon'] : []),
    ...(paths.emptySegments === 'allow' ? ['empty_segments'] : [])
  ].join(', ')

/** `gateway.yaml:31 → next.yaml:28`. */
const showPlaces = (change: JudgedChange, report: DiffReport) =>
  `${placeOf('old', report, change)} → ${placeOf('new', report, change)}`

const showVerdicts = ({ direction, old: before, new: after }: JudgedChange) =>
  direction === 'reroute' ? [] : [`${showAllowOf(before)} → ${showAllowOf(after)}`]

const showAllowOf = (rule: Rule | null) => (rule === null ? 'nobody' : showAllow(rule.allow))

function showSingle({ change, who, where }: DescribedChange, report: DiffReport): string[] {
  return [
    `  ${who} ${VERBS[change.direction]} ${where}  (${showPlaces(change, report)})`,
    ...[...showVerdicts(change), ...showRoutes(change)].map((line) => `      ${line}`),
    `      e.g. ${showWitness(change)}`
  ]
}

function showGroup(group: readonly DescribedChange[], side: 'old' | 'new', report: DiffReport): string[] {
  const [first] = group
  if (first === undefined) return []
  if (group.length === 1) return showSingle(first, report)
  const { change, who } = first
  const rule = change[side]
  const by = `by ${rule?.path ?? 'no rule'}  (${placeOf(side, report, change)})`
  const places = group.map(({ change, where }) => {
    const routes = showRoutes(change).map((route) => `, ${route}`)
    return `      ${where}  (${showPlaces(change, report)})${routes.join('')}, e.g. ${showWitness(change)}`
  })
  return [`  ${who} ${VERBS[change.direction]} ${count(group.length, 'region')} ${by}`, ...places]
}

const SECTIONS: readonly (readonly [Direction, string])[] = [
  ['gain', 'Gains'],
  ['loss', 'Losses'],
  ['reroute', 'Other ways']
]

function showSum({ changes, undecided, widens, files }: DiffReport): string {
  const of = (direction: Direction) => changes.filter((change) => change.direction === direction).length
  const sums = [
    ...(of('gain') > 0 ? [count(of('gain'), 'gain')] : []),
    ...(of('loss') > 0 ? [`${of('loss')} ${of('loss') === 1 ? 'loss' : 'losses'}`] : []),
    ...(of('reroute') > 0 ? [`${of('reroute')} sent another way`] : []),
    ...(undecided.length > 0 ? [`${undecided.length} undecided`] : [])
  ]
  const verdict = widens
    ? 'access widens'
    : undecided.length > 0
      ? 'undecided, no widening was found'
      : 'nothing widens'
  return `${files.old} → ${files.new}: ${sums.length === 0 ? 'no change in meaning' : `${verdict}: ${sums.join(', ')}`}`
}

function showUndecided({ undecided, files }: DiffReport): string[] {
  if (undecided.length === 0) return []
  return [
    '',
    'Undecided: there may be more changes in the region of',
    ...undecided.map(({ side, rule, limit, value }) => {
      const at = rule === null ? "the gateway's own endpoints" : `${rule.path}  (${files[side]}:${rule.line})`
      return `  ${at}: ${showLimit(limit, value)}`
    })
  ]
}

const showLimit = (limit: string, value: number) =>
  limit === 'reading' ? 'a path here can be read in several ways' : `the limit of ${value} ${limit} was met`

const showDifference = ({ path, old: before, new: after }: Difference) =>
  `${path}: ${before ?? 'not said'} → ${after ?? 'not said'}`

/** The text for a terminal. */
export function showDiff(report: DiffReport): string {
  const described = describeChanges(report.changes, report.methods)
  const lines = [
    showSum(report),
    ...SECTIONS.flatMap(([direction, title]) => {
      const groups = groupChanges(described.filter(({ change }) => change.direction === direction))
      return groups.length === 0
        ? []
        : ['', title, ...groups.flatMap(({ side, group }) => showGroup(group, side, report))]
    }),
    ...showUndecided(report),
    ...(report.alsoChanged.length === 0
      ? []
      : [
          '',
          'Also changed, beside the rules; what comes of it is not told',
          ...report.alsoChanged.map((each) => `  ${showDifference(each)}`)
        ])
  ]
  return `${lines.map(printableLine).join('\n')}\n`
}

/** Arrows are ours. */
const printableLine = (line: string) => line.split('→').map(printable).join('→')

const ruleOf = (rule: Rule | null) => (rule === null ? null : { line: rule.line, path: rule.path })

function whoOf({ authentication, address }: JudgedChange['witness']['who']) {
  if (authentication.kind !== 'principal') return { kind: 'anonymous', address }
  const { subject, issuer, roles, scopes, claims } = authentication.principal
  return { kind: 'principal', subject, issuer, roles, scopes, claims, address }
}

export function showDiffJson(report: DiffReport): string {
  const { files, undecided, widens, alsoChanged } = report
  return `${JSON.stringify({
    old: files.old,
    new: files.new,
    exact: undecided.length === 0,
    widens,
    changes: describeChanges(report.changes, report.methods).map(({ change, who, where }) => ({
      direction: change.direction,
      widens: change.widens,
      who,
      where,
      old_rule: ruleOf(change.old),
      new_rule: ruleOf(change.new),
      refusal: change.refusal,
      differs: change.routes,
      witness: {
        method: change.witness.method,
        host: change.witness.host,
        path: change.witness.path,
        who: whoOf(change.witness.who)
      }
    })),
    undecided: undecided.map(({ side, rule, limit, value }) => ({ file: side, rule: ruleOf(rule), limit, value })),
    also_changed: alsoChanged
  })}\n`
}

/** Annotations on the lines of the new file: what widens as errors, the rest as warnings. */
export function showDiffForGitHub(report: DiffReport): string {
  const changes = describeChanges(report.changes, report.methods).map(({ change, who, where }) => {
    const what = `${who} ${VERBS[change.direction]} ${where} (${showPlaces(change, report)})`
    const details = [...showVerdicts(change), ...showRoutes(change), `e.g. ${showWitness(change)}`]
    return annotationAt(change.new, [what, ...details].map(printableLine).join('\n'), change.widens, report)
  })
  const untold = report.undecided.map(({ side, rule, limit, value }) => {
    const of = rule === null ? "the gateway's own endpoints" : rule.path
    const message = `undecided: there may be more changes in the region of ${of}: ${showLimit(limit, value)}`
    return annotationAt(side === 'new' ? rule : null, message, true, report)
  })
  const others = report.alsoChanged.map((each) =>
    annotationAt(null, printableLine(showDifference(each)), false, report)
  )
  return [...changes, ...untold, ...others].map((each) => `${commandOfGitHub(each)}\n`).join('')
}

/** Where there is no rule, on the file as a whole. */
function annotationAt(rule: Rule | null, message: string, isError: boolean, { locate, files }: DiffReport): Mistake {
  const path: Finding['path'] = rule === null ? [] : ['rules', rule.index]
  const [found] = locate([isError ? mistakeAt(path, message) : warningAt(path, message)])
  if (found === undefined) throw new TypeError('a finding has no place')
  const nowhere = rule === null ? { line: 0 } : {}
  return { ...found, ...nowhere, file: files.new }
}
