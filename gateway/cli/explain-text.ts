/** An explanation for a person at a terminal: the answer first, then what led to it, in the order it was asked. */
import type { Explanation, LimitExplanation, PastExplanation } from '../on-paper/index.js'
import type { EntryExplanation, PassedOver } from '../policy/index.js'
import { problems } from '../problems.js'
import {
  callerInWords,
  expectationInWords,
  mismatchInWords,
  nearestInWords,
  otherInWords,
  readingInWords,
  shownLine,
  shownValue,
  sightInWords
} from './explain-words.js'
import { ruleText } from './rule-text.js'
import { boundsOf } from './show-terms.js'
import { printable, showDuration } from './shown.js'

export interface Answer {
  readonly explanation: Explanation
  /** The settings file, as it was named. */
  readonly file: string
  /** Its text, if rules are shown from it. */
  readonly source: string
  /** The target as it was asked for; null: only its path was kept. */
  readonly asked: string | null
  /** null: nobody sent the request. */
  readonly judged: Pick<PastExplanation, 'past' | 'by'> | null
  /** What the reader should know about how this was found out, a sentence each. */
  readonly notes: readonly string[]
  /** Show every rule that was passed over. */
  readonly all: boolean
}

const FEW = 5
const INDENT = 12

/** A heading on the left of lines that belong to it. */
function block(heading: string, lines: readonly string[]): string[] {
  return lines.map((line, at) => `${(at === 0 ? heading : '').padEnd(INDENT)}${line}`.trimEnd())
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, at) => Math.max(most[at] ?? 0, cell.length)), [])
  return rows.map((row) =>
    row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join('  ')
  )
}

function verdictLine({ verdict, upstream, rule, limits }: Explanation): string {
  const { kind, code, status, detail } = verdict
  if (kind === 'own') return 'Answered by the gateway itself: no rule is asked.'
  if (code === null) return `Allowed, and forwarded to ${upstream?.name ?? rule?.upstream ?? 'the upstream'}.`
  const title = problems[code].title
  const used = limits.find(({ state }) => state?.exceeded === true)
  const why = kind === 'limit' && used !== undefined ? `${used.name} is used up` : (detail ?? title).replace(/\.$/, '')
  return `${status ?? ''} ${code}: ${why}.`
}

/** The nearest rules, in the order of the file; all of them are as many lines as the file has rules. */
function passedOverLines(passedOver: readonly PassedOver[], placeOf: (line: number) => string, all: boolean): string[] {
  const near = passedOver.toSorted((one, other) => other.nearness - one.nearness || other.rule.index - one.rule.index)
  const shown = new Set(all ? passedOver : near.slice(0, FEW))
  const rows = passedOver.flatMap((passed) =>
    shown.has(passed) ? [[placeOf(passed.rule.line), passed.rule.path, mismatchInWords(passed.mismatch)]] : []
  )
  const left = passedOver.length - shown.size
  return [...columns(rows), ...(left === 0 ? [] : [`and ${left} more that fit less (--all shows them)`])]
}

function ruleLines({ explanation, file, source, judged }: Answer): string[] {
  const { rule, verdict, passedOver } = explanation
  if (rule === null)
    return verdict.code === 'no_rule' || passedOver !== null ? ['none: what no rule covers is refused'] : []
  const title = `${file}:${rule.line}  ${rule.path}`
  if (judged?.by === 'rule') return [`${title}, as it was then`]
  const text = ruleText(source, rule.line)
  const width = Math.max(...text.map(({ line }) => String(line).length))
  return [title, ...text.map(({ line, text }) => `  ${String(line).padStart(width)} | ${shownLine(text)}`)]
}

const mark = (holds: boolean): string => (holds ? 'yes' : 'no')

function allowLines({ allow, authentication }: Explanation): string[] {
  if (allow === null) return []
  if (allow.kind === 'anyone') return ['anyone']
  if (allow.kind === 'nobody') return ['nobody']
  if (allow.kind === 'authenticated') {
    return [`${mark(authentication.kind === 'principal').padEnd(3)}  authenticated: ${callerInWords(authentication)}`]
  }
  const entryRow = (entry: EntryExplanation) => [
    mark(entry.holds),
    printable(entry.entry),
    expectationInWords(entry),
    `seen: ${sightInWords(entry, authentication)}`
  ]
  if (allow.alternatives.length === 1) return columns(allow.alternatives.flat().map(entryRow))
  const rows = allow.alternatives.flatMap((entries, at) =>
    entries.map((entry, place) => [place === 0 ? `${at + 1}.` : '', ...entryRow(entry)])
  )
  return [`one of these ${allow.alternatives.length} is enough, if it holds in full`, ...columns(rows)]
}

function limitLine({ name, limit, key, state }: LimitExplanation): string {
  const defined = limit === null ? '' : `: ${limit.requests} in ${showDuration(limit.windowMs)} by ${limit.by}`
  const counts = key === null ? '' : `, counts ${printable(key)}`
  if (state === null) return `${name}${defined}${counts}`
  const opens = state.resetMs === null ? '' : `, opens in ${Math.ceil(state.resetMs / 1000)}s`
  const left = state.exceeded ? `used up${opens}` : `${state.remaining} left`
  return `${name}${defined}${counts}; ${left}`
}

/** A refusal is counted by address alone: limits by user come after the rule's verdict. */
function limitLines({ limits, rule, verdict }: Explanation): string[] {
  const counted = limits.map(({ name }) => name)
  const spared = verdict.kind === 'deny' ? (rule?.limits.filter((name) => !counted.includes(name)) ?? []) : []
  return [...limits.map(limitLine), ...spared.map((name) => `${name} counts only what the rule lets pass`)]
}

function upstreamLines({ upstream, identity, assertion, method, rule }: Explanation): string[] {
  if (upstream === null) return []
  const fields = identity.map(({ name, claim, value }) => {
    const shown = value === null ? '(not kept)' : String(shownValue(claim, value))
    return `  ${name}: ${printable(shown)}`
  })
  return [
    upstream.url === null ? upstream.name : `${upstream.name}  ${upstream.url}`,
    ...(upstream.others ?? []).map((url) => `${' '.repeat(upstream.name.length)}  or ${url}`),
    ...(rule === null ? [] : boundsOf(rule).map((bound) => `  ${bound}`)),
    ...fields,
    ...(assertion === null
      ? []
      : [
          `  ${assertion.name}: signed for ${assertion.audience}, ${method} ${printable(assertion.path)}, ${showDuration(assertion.ttlMs)}`
        ]),
    `  ${fields.length === 0 ? '' : 'and '}X-Forwarded-For, -Proto, -Host, Forwarded, X-Request-Id, traceparent`
  ]
}

function nearestLines(explanation: Explanation, placeOf: (line: number) => string): string[] {
  const { allow, authentication, rule, nearest, verdict } = explanation
  if (verdict.kind !== 'deny') return []
  const own = allow === null || rule === null ? null : nearestInWords(allow, authentication, placeOf(rule.line))
  return [...(own === null ? [] : [own]), ...(nearest === null ? [] : [otherInWords(nearest, placeOf)])]
}

function pathLines({ explanation, asked }: Answer, placeOf: (line: number) => string): string[] {
  const { path, verdict } = explanation
  if (path === null) return ['has no single reading, so nothing more is asked']
  const reading = readingInWords(explanation, placeOf)
  const [plain = path] = asked?.split('?') ?? []
  const became = plain === path ? path : `${path}  (from ${printable(plain)})`
  return [
    verdict.kind === 'own' ? `${path}  (one of the gateway's own)` : became,
    ...(reading === null ? [] : [reading])
  ]
}

function judgedLines({ judged, file, explanation }: Answer): string[] {
  if (judged === null) return []
  const { at, requestId, decisionId, revision } = judged.past
  const ids = `decision ${decisionId ?? 'none'}, request ${requestId}`
  const lines = [`${at}, ${ids}`]
  if (judged.by === 'file') return lines
  lines.push(`by revision ${revision ?? 'unknown'}; ${file} is another now`)
  if (judged.by === 'rule') return [...lines, 'so this is the rule as the gateway remembers it']
  const { kind, code, status } = judged.past.verdict
  const answered = code === null ? kind : `${status ?? ''} ${code}`
  return [...lines, `so this is what ${file} would say now (revision ${explanation.revision}); then it was ${answered}`]
}

/** All lines, without the last end of line. */
export function explanationAsText(answer: Answer): string {
  const { explanation, file, asked, all, notes } = answer
  const placeOf = (line: number) => `${file}:${line}`
  const { method, host, path, address, authentication, passedOver } = explanation
  const unasked = answer.judged !== null && answer.judged.past.authentication === null
  const caller = unasked ? 'refused before anybody was asked who they are' : callerInWords(authentication)
  return [
    `${method} ${printable(asked ?? path ?? '(a path that was not kept)')}${host === '' ? '' : ` on ${printable(host)}`}`,
    `from ${address}, ${caller}`,
    '',
    verdictLine(explanation),
    '',
    ...block('judged', judgedLines(answer)),
    ...block('path', pathLines(answer, placeOf)),
    ...block('passed over', passedOver === null ? [] : passedOverLines(passedOver, placeOf, all)),
    ...block('rule', ruleLines(answer)),
    ...block('allow', allowLines(explanation)),
    ...block('limits', limitLines(explanation)),
    ...block('upstream', upstreamLines(explanation)),
    ...block('nearest', nearestLines(explanation, placeOf)),
    ...block('note', notes)
  ].join('\n')
}
