/** The tests of a settings file, run on its own rules. */
import { createPaperJudge, type JudgingSettings } from '../judgement.js'
import type { Expectation, PolicyTest, Settings } from '../settings/index.js'
import { type Outcome, outcomeOf, statusOf } from './outcome.js'
import { showWho } from './show-who.js'

export interface TestResult {
  readonly test: PolicyTest
  readonly passed: boolean
  readonly outcome: Outcome
}

/** What running tests reads of the settings; nothing of it is a secret, and all of it can be sent to another thread. */
export type TestedSettings = JudgingSettings & Pick<Settings, 'tests'>

/** Runs every test, in the order of the file. Pure; compiling the rules is what takes time. */
export function runTests(settings: TestedSettings): readonly TestResult[] {
  if (settings.tests.length === 0) return []
  const judge = createPaperJudge(settings)
  return settings.tests.map((test) => {
    const outcome = outcomeOf(judge(test))
    return { test, passed: meets(outcome, test.expect), outcome }
  })
}

function meets(outcome: Outcome, { verdict, status, code, rule, upstream }: Expectation): boolean {
  return (
    (verdict === undefined || outcome.verdict === verdict) &&
    (status === undefined || statusOf(outcome) === status) &&
    (code === undefined || outcome.code === code) &&
    (rule === undefined || (outcome.rule !== null && rule.indexes.includes(outcome.rule.index))) &&
    (upstream === undefined || outcome.upstream === upstream)
  )
}

/** What was expected, as `403 by /api/**`. */
export function showExpectation({ verdict, status, code, rule, upstream }: Expectation): string {
  return [
    ...(verdict === undefined ? [] : [verdict]),
    ...(status === undefined ? [] : [String(status)]),
    ...(code === undefined ? [] : [code]),
    ...(upstream === undefined ? [] : [`to ${upstream}`]),
    ...(rule === undefined ? [] : [`by ${rule.written}`])
  ].join(' ')
}

/** What came of it, as `200 to orders by /api/** (line 44)`. */
export function showOutcome(outcome: Outcome): string {
  const { verdict, code, rule, upstream } = outcome
  if (verdict === 'own') return 'an answer of the gateway itself, before any rule'
  return [
    String(statusOf(outcome)),
    ...(code === null ? [] : [code]),
    ...(upstream === null ? [] : [`to ${upstream}`]),
    ...(rule === null ? [] : [`by ${rule.path} (line ${rule.line})`])
  ].join(' ')
}

/** What a test is called: by its name, or by what is asked and who asks. */
export function titleOf({ name, asked, authentication }: PolicyTest): string {
  return name ?? `${asked}, ${showWho(authentication)}`
}
