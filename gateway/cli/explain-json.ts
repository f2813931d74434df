import type { Authentication, Rule } from '../domain.js'
import type { Explanation, LimitExplanation, PastRequest } from '../on-paper/index.js'
import type { EntryExplanation } from '../policy/index.js'
import type { Answer } from './explain-text.js'
import { mismatchInWords, nearestInWords, otherInWords, readingInWords, shownValue } from './explain-words.js'
import { termsAsJson } from './show-terms.js'

const placed = ({ index, line, path }: Rule) => ({ index, line, path })

function identityOf(who: Authentication) {
  if (who.kind === 'anonymous') return { kind: who.kind }
  if (who.kind === 'bad') return { kind: who.kind, because: who.because }
  const { subject, issuer, username, roles, scopes } = who.principal
  return { kind: who.kind, subject, issuer, username, roles, scopes }
}

const limitOf = ({ name, limit, key, state }: LimitExplanation) => ({
  name,
  by: limit?.by ?? null,
  requests: limit?.requests ?? null,
  window_ms: limit?.windowMs ?? null,
  algorithm: limit?.algorithm ?? null,
  key,
  remaining: state?.remaining ?? null,
  reset_ms: state?.resetMs ?? null,
  exceeded: state?.exceeded ?? null
})

const claimOf = (entry: EntryExplanation) => entry.entry.replace(/^claims\./, '')

const conditionOf = (alternative: number) => (entry: EntryExplanation) => ({
  alternative,
  entry: entry.entry,
  expected: entry.expected.map(({ value }) => shownValue(claimOf(entry), value)),
  seen: shownValue(claimOf(entry), entry.seen),
  holds: entry.holds
})

function nearestOf(
  { allow, authentication, nearest }: Explanation,
  placeOf: (line: number) => string,
  rule: Rule | null
) {
  const text = allow === null || rule === null ? null : nearestInWords(allow, authentication, placeOf(rule.line))
  if (text === null && nearest === null) return null
  const other =
    nearest === null
      ? null
      : {
          kind: nearest.kind,
          rule: placed(nearest.rule),
          ...('method' in nearest ? { method: nearest.method } : {}),
          ...('host' in nearest ? { host: nearest.host } : {}),
          text: otherInWords(nearest, placeOf)
        }
  return { text, other }
}

const assertionOf = ({ assertion, method }: Explanation) =>
  assertion && {
    name: assertion.name,
    aud: assertion.audience,
    htm: method,
    path: assertion.path,
    ttl_ms: assertion.ttlMs
  }

const judgedOf = ({ at, requestId, decisionId, revision, verdict }: PastRequest) => ({
  at,
  request_id: requestId,
  decision_id: decisionId,
  revision,
  verdict: verdict.kind,
  code: verdict.code,
  status: verdict.status
})

/** An explanation as `--json` answers: docs/explain.md lists its members. */
export function explanationAsJson({ explanation, file, asked, judged }: Answer) {
  const placeOf = (line: number) => `${file}:${line}`
  const { rule, verdict, allow, authentication, passedOver } = explanation
  return {
    request: {
      method: explanation.method,
      target: asked,
      host: explanation.host,
      address: explanation.address,
      identity: identityOf(authentication)
    },
    file,
    revision: explanation.revision,
    path: explanation.path,
    verdict: verdict.kind,
    code: verdict.code,
    status: verdict.status,
    detail: [verdict.detail, readingInWords(explanation, placeOf)].filter((text) => text !== null).join(' ') || null,
    rule: rule === null ? null : { ...placed(rule), ...termsAsJson(rule) },
    rules_passed_over:
      passedOver?.map((passed) => ({ ...placed(passed.rule), because: mismatchInWords(passed.mismatch) })) ?? null,
    allow: allow?.kind ?? null,
    conditions: allow?.alternatives.flatMap((entries, at) => entries.map(conditionOf(at))) ?? [],
    limits: explanation.limits.map(limitOf),
    upstream: explanation.upstream,
    headers: explanation.identity.map(({ name, claim, value }) => ({ name, value: shownValue(claim, value) })),
    assertion: assertionOf(explanation),
    nearest: verdict.kind === 'deny' ? nearestOf(explanation, placeOf, rule) : null,
    judged: judged === null ? null : { ...judgedOf(judged.past), explained_by: judged.by }
  }
}
