/** What a replay found, for people and as JSON. */
import type { Rule } from '../domain.js'
import { type CannotTell, type LoggedDecision, type Outcome, statusOf } from '../on-paper/index.js'
import type { Group, Summary } from './replay-summary.js'
import { showAllow } from './show-allow.js'
import { printable } from './shown.js'

export interface ReplayReport extends Summary {
  readonly log: string
  readonly policy: string
  readonly revision: string
}

const UNTOLD: Readonly<Record<CannotTell, string>> = {
  refused_by_limit: 'a limit refused it before anybody was asked who he is',
  not_decided: 'it ended before it was decided',
  incomplete_identity: 'the line does not say all of who asked',
  unknown_credential: 'the line tells of a credential in words not known here',
  claim_not_logged: 'it depends on a claim that the rule of then did not read',
  answered_by_gateway: 'the gateway answered itself then, and would not now'
}

const SKIPPED: Readonly<Record<string, string>> = {
  other_log: 'of other logs',
  no_path: 'refused before they had a path',
  preflight: 'preflights'
}

/** `1,234`. */
const figure = (number: number) => number.toLocaleString('en')

function showBefore({ allow, code, upstream }: LoggedDecision): string {
  if (!allow) return code ?? 'refused'
  return upstream === null ? 'passed' : `passed to ${upstream}`
}

function showNow({ verdict, code, upstream }: Outcome): string {
  if (verdict === 'own') return 'an answer of the gateway'
  return verdict === 'deny' ? (code ?? 'refused') : `passes to ${upstream}`
}

function showRuleBefore({ rule }: LoggedDecision): string {
  if (rule === null) return 'no rule'
  return rule.line === null ? rule.path : `${rule.path} (line ${rule.line} then)`
}

function showRuleNow(rule: Rule | null, policy: string): string {
  return rule === null ? 'no rule' : `${rule.path} (${policy}:${rule.line}), which admits ${showAllow(rule.allow)}`
}

function showGroup(group: Group, policy: string): string[] {
  const { direction, before, now, count, firstTime, lastTime, examples } = group
  const times = firstTime === null ? '' : `, ${firstTime}${lastTime === firstTime ? '' : ` to ${lastTime}`}`
  return [
    '',
    `${figure(count)} ${direction}: ${printable(showBefore(before))} → ${printable(showNow(now))}${printable(times)}`,
    `    was  ${printable(showRuleBefore(before))}`,
    `    now  ${printable(showRuleNow(now.rule, policy))}`,
    ...examples.map(({ line, request: { method, host, path, who } }) =>
      printable(`    line ${line}: ${method} ${host}${path} by ${who}`)
    )
  ]
}

function showCounts(counts: ReadonlyMap<string, number>, words: Readonly<Record<string, string>>): string[] {
  return [...counts].map(([because, number]) => `    ${figure(number)}  ${words[because] ?? because}`)
}

const sumOf = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((sum, number) => sum + number, 0)

/** The text for a terminal. */
export function showReplay(report: ReplayReport): string {
  const { policy, revision, log, same, differing, own, untold, skipped, unreadable, groups } = report
  const lines = [
    `${policy} (revision ${revision}) judges ${figure(same)} ${same === 1 ? 'request' : 'requests'} of ${log} as before, ${figure(differing)} otherwise.`,
    ...groups.flatMap((group) => showGroup(group, policy))
  ]
  if (untold.size > 0) lines.push('', `Cannot tell of ${figure(sumOf(untold))}:`, ...showCounts(untold, UNTOLD))
  const passedOver = new Map(skipped)
  if (own > 0) passedOver.set('answered by the gateway itself', own)
  if (passedOver.size > 0)
    lines.push('', `Not for the rules: ${figure(sumOf(passedOver))}`, ...showCounts(passedOver, SKIPPED))
  if (unreadable.count > 0)
    lines.push('', `Not readable: ${figure(unreadable.count)}, the first is line ${unreadable.firstLine}`)
  return `${lines.join('\n')}\n`
}

const ruleOf = (rule: Rule | null) => (rule === null ? null : { index: rule.index, line: rule.line, path: rule.path })

export function showReplayJson(report: ReplayReport): string {
  const { log, policy, revision, lines, same, differing, own, untold, skipped, unreadable, groups } = report
  return `${JSON.stringify({
    log,
    policy,
    revision,
    ok: differing === 0,
    lines,
    same,
    differing,
    cannot_tell: Object.fromEntries(untold),
    not_for_the_rules: { own, ...Object.fromEntries(skipped) },
    unreadable: { count: unreadable.count, first_line: unreadable.firstLine },
    groups: groups.map(({ direction, before, now, count, firstTime, lastTime, examples }) => ({
      direction,
      count,
      before: {
        verdict: before.allow ? 'allow' : 'deny',
        code: before.code,
        rule: before.rule,
        upstream: before.upstream
      },
      now: {
        verdict: now.verdict,
        status: statusOf(now),
        code: now.code,
        rule: ruleOf(now.rule),
        upstream: now.upstream
      },
      first_time: firstTime,
      last_time: lastTime,
      examples: examples.map(({ line, request: { requestId, ...request } }) => ({
        line,
        ...request,
        request_id: requestId
      }))
    }))
  })}\n`
}
