/**
 * What must hold of a settings file beyond its form: the one place where a file that could be read is proved before it
 * is checked, started with or reloaded. Each proof is a pure function of plain, frozen data, and what it finds is plain
 * data too, so that a gateway that serves has it done in another thread (`prove-apart.ts`).
 */

import type { Allow, Rule } from '../domain.js'
import { type PreparedPolicy, type Proof, proveAssertions } from '../policy/index.js'
import { type Finding, mistakeAt, type Settings, type SettledAssertion, warningAt } from '../settings/index.js'
import { type AnalysedSettings, analysedPolicyOf, answeredPathsOf, issuersOf } from './analysed-policy.js'
import { runTests, showExpectation, showOutcome, type TestedSettings, titleOf } from './run-tests.js'
import { showWho } from './show-who.js'

/** What proofs read of the settings; nothing of it is a secret, and all of it can be sent to another thread. */
export type ProvableSettings = TestedSettings & AnalysedSettings & Pick<Settings, 'assertions'>

/** Everything that does not hold, as findings at paths of the file. */
export async function proveSettings(settings: ProvableSettings): Promise<readonly Finding[]> {
  return [...failingTests(settings), ...unprovedAssertions(settings)]
}

function failingTests(settings: TestedSettings): Finding[] {
  return runTests(settings).flatMap(({ test, passed, outcome }) => {
    if (passed) return []
    const { rule } = outcome
    const related = rule === null ? [] : [{ path: ['rules', rule.index], at: 'value' as const, message: 'decides it' }]
    const message = `${titleOf(test)}: expected ${showExpectation(test.expect)}, got ${showOutcome(outcome)}`
    return [mistakeAt(['tests', test.index], message, null, related)]
  })
}

function unprovedAssertions(settings: ProvableSettings): Finding[] {
  const { assertions } = settings
  if (assertions.length === 0) return []
  const options = { issuers: issuersOf(settings), answered: answeredPathsOf(settings) }
  const policy = analysedPolicyOf(settings)
  const proofs = proveAssertions(policy, assertions, options)
  return proofs.flatMap((proof, index) => {
    const assertion = assertions[index]
    if (assertion === undefined) return []
    return proof.state === 'holds' ? idleAssertion(assertion, policy, options) : [explain(proof, assertion)]
  })
}

/** Where nobody passes at all, a typing error in the path is likelier than foresight. */
function idleAssertion(
  assertion: SettledAssertion,
  policy: PreparedPolicy,
  options: Parameters<typeof proveAssertions>[2]
): Finding[] {
  if (assertion.kind === 'always' || assertion.unless.kind === 'nobody') return []
  const [proof] = proveAssertions(policy, [{ ...assertion, unless: { kind: 'nobody' } }], options)
  if (proof?.state !== 'holds') return []
  const at = ['assertions', assertion.index, 'never', 'path']
  return [warningAt(at, 'no rule lets anybody pass here, so that it holds whatever stands in unless')]
}

function explain(proof: Exclude<Proof, { state: 'holds' }>, { kind, index, name }: SettledAssertion): Finding {
  const title = name === null ? '' : `${name}: `
  const path = ['assertions', index, kind]
  const { rule } = proof
  const here = (message: string) =>
    rule === null ? [] : [{ path: ['rules', rule.index], at: 'value' as const, message }]
  if (proof.state === 'undecided') {
    const hint = 'divide it into narrower assertions'
    return mistakeAt(path, `${title}cannot be proved: ${showLimit(proof)}`, hint, here('for this rule'))
  }
  const verdict = kind === 'never' ? 'lets it pass' : 'refuses it'
  return mistakeAt(path, `${title}does not hold: ${showBroken(proof)}`, null, here(`this rule ${verdict}`))
}

/** As `GET /api/admin/a by role user passes by /api/** (line 31)`. */
function showBroken({ assertion, rule, refusal, witness }: Extract<Proof, { state: 'broken' }>): string {
  const { method, host, path, who } = witness
  const isHostNamed = assertion.hosts !== null || (rule?.hosts ?? null) !== null
  const said = assertion.kind === 'never' ? assertion.unless : assertion.allow
  const from = [said, rule?.allow].some(readsAddress) ? ` from ${who.address}` : ''
  const asked = `${method} ${isHostNamed ? `//${host}` : ''}${path} by ${showWho(who.authentication)}${from}`
  if (assertion.kind === 'never') return `${asked} passes by ${showRule(rule)}`
  if (refusal === 'no_rule') return `${asked} is refused, as no rule covers it`
  if (refusal === 'bad_path') return `${asked} is refused, as another spelling of the path falls under another rule`
  return `${asked} is refused by ${showRule(rule)}`
}

const showRule = (rule: Rule | null) => (rule === null ? 'no rule' : `${rule.path} (line ${rule.line})`)

const readsAddress = (allow: Allow | undefined) =>
  allow?.kind === 'any' && allow.of.some(({ networks }) => networks !== undefined)

function showLimit({ limit, value }: { readonly limit: string; readonly value: number }): string {
  return limit === 'reading' ? 'a path here can be read in several ways' : `the limit of ${value} ${limit} was met`
}
