/** What a run of tests reads like: for people, and in the forms that machines read. */
import type { Rule } from '../domain.js'
import { showExpectation, showOutcome, statusOf, type TestResult, titleOf } from '../on-paper/index.js'
import { count } from './read-settings.js'
import { showAllow } from './show-allow.js'
import { printable } from './shown.js'

export interface TestReport {
  readonly file: string
  readonly results: readonly TestResult[]
  readonly rules: readonly Rule[]
  /** Rules that decided none of the tests. */
  readonly unhit: readonly Rule[]
  readonly ms: number
}

export function coverageOf({ rules, unhit }: Pick<TestReport, 'rules' | 'unhit'>): number {
  return rules.length === 0 ? 100 : (100 * (rules.length - unhit.length)) / rules.length
}

/** More lines than a terminal shows help nobody. */
const MOST_UNHIT = 20

const failuresOf = ({ results }: TestReport) => results.filter(({ passed }) => !passed)

/** What the rule says that decided, if one did. */
function reasonOf({ outcome }: TestResult): string | null {
  return outcome.rule === null ? null : `which admits ${showAllow(outcome.rule.allow)}`
}

function showFailure(file: string, result: TestResult): string {
  const { test, outcome } = result
  const expected = `expected ${showExpectation(test.expect)}, got ${showOutcome(outcome)}`
  const reason = reasonOf(result)
  return printable(`FAILED ${file}:${test.line} ${titleOf(test)}: ${expected}${reason === null ? '' : `, ${reason}`}`)
}

/** The text for a terminal: a line for each failure, the rules that no test reaches, and a summary. */
export function showText(report: TestReport): string {
  const { file, results, rules, unhit, ms } = report
  const failures = failuresOf(report)
  const lines = failures.map((result) => showFailure(file, result))
  const hit = rules.length - unhit.length
  const covered = `${hit} of ${count(rules.length, 'rule')} decided by a test`
  const passed = results.length - failures.length
  const summary = failures.length === 0 ? `${passed} passed` : `${passed} passed, ${failures.length} failed`
  if (unhit.length > 0) {
    lines.push('No test reaches:')
    for (const { line, path, methods } of unhit.slice(0, MOST_UNHIT)) {
      lines.push(`  ${file}:${line} ${methods === null ? '' : `${methods.join(',')} `}${path}`)
    }
    if (unhit.length > MOST_UNHIT) lines.push(`  and ${unhit.length - MOST_UNHIT} more; --json lists them all`)
  }
  lines.push(`${file}: ${summary}, ${covered}, in ${ms.toFixed(0)} ms`)
  return `${lines.join('\n')}\n`
}

const ruleOf = (rule: Rule) => ({ index: rule.index, line: rule.line, path: rule.path })

export function showJson(report: TestReport): string {
  const { file, results, rules, unhit } = report
  const tests = results.map((result) => {
    const { test, passed, outcome } = result
    return {
      name: titleOf(test),
      line: test.line,
      passed,
      expected: showExpectation(test.expect),
      got: {
        verdict: outcome.verdict,
        status: statusOf(outcome),
        code: outcome.code,
        rule: outcome.rule === null ? null : ruleOf(outcome.rule),
        upstream: outcome.upstream
      }
    }
  })
  const failed = failuresOf(report).length
  return `${JSON.stringify({
    file,
    ok: failed === 0,
    passed: results.length - failed,
    failed,
    tests,
    coverage: { rules: rules.length, percent: coverageOf(report), unhit: unhit.map(ruleOf) }
  })}\n`
}

/** Test Anything Protocol 14. */
export function showTap(report: TestReport): string {
  const { file, results, unhit } = report
  const lines = ['TAP version 14', `1..${results.length}`]
  for (const [index, result] of results.entries()) {
    const { test, passed, outcome } = result
    // A `#` would begin a directive, and `# SKIP` make a failure none.
    const title = printable(titleOf(test)).replaceAll('\\', '\\\\').replaceAll('#', '\\#')
    lines.push(`${passed ? 'ok' : 'not ok'} ${index + 1} - ${title}`)
    if (passed) continue
    const rule = reasonOf(result)
    // JSON is YAML 1.2, and needs no care about what a text looks like.
    const diagnosis = {
      wanted: showExpectation(test.expect),
      found: showOutcome(outcome),
      ...(rule === null ? {} : { rule: `${outcome.rule?.path}, ${rule}` }),
      at: { fileName: file, lineNumber: test.line }
    }
    lines.push(
      '  ---',
      ...Object.entries(diagnosis).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`),
      '  ...'
    )
  }
  lines.push(...unhit.map(({ line, path }) => `# no test reaches ${file}:${line} ${path}`))
  lines.push(`# rules decided by a test: ${coverageOf(report).toFixed(1)} %`)
  return `${lines.join('\n')}\n`
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

const xml = (text: string) => printable(text).replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? '')

/** JUnit's XML, in the elements and attributes that Jenkins' and GitLab's readers have in common. */
export function showJunit(report: TestReport): string {
  const { file, results, ms } = report
  const failed = failuresOf(report).length
  const seconds = (ms / 1000).toFixed(3)
  const sums = `tests="${results.length}" failures="${failed}" errors="0" time="${seconds}"`
  const cases = results.flatMap((result) => {
    const { test, passed, outcome } = result
    const head = `    <testcase classname="${xml(file)}" name="${xml(titleOf(test))}" file="${xml(file)}" line="${test.line}" time="0"`
    if (passed) return [`${head}/>`]
    const message = `expected ${showExpectation(test.expect)}, got ${showOutcome(outcome)}`
    const failure = `<failure type="verdict" message="${xml(message)}">${xml(showFailure(file, result))}</failure>`
    return [`${head}>`, `      ${failure}`, '    </testcase>']
  })
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${sums}>`,
    `  <testsuite name="${xml(file)}" ${sums} skipped="0">`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    ''
  ].join('\n')
}
