/**
 * Requests that nobody sends: what a settings file would do, and why, before it does it and after. Tests are run,
 * assertions proved, files compared and surveyed, logs judged again, decisions explained. Knows the settings, the policy
 * and the judge beside it; asks the code that judges requests on the wire.
 * Must never know: a socket, a store, how an answer is shown.
 * State: none. A proof that a serving gateway asks for runs in a thread of its own.
 */
export { type Difference, findAlsoChanged } from './also-changed.js'
export { issuersOf } from './analysed-policy.js'
export { compareSettings, type JudgedChange, type SettingsComparison } from './compare-settings.js'
export { type Explanation, explainPaper, type LimitExplanation, withStates } from './explanation.js'
export type { LoggedDecision, LoggedRequest } from './logged-request.js'
export { type Outcome, outcomeOf, statusOf } from './outcome.js'
export { authenticationOf, explainPast, type PastExplanation, type PastRequest, pastOf } from './past-explanation.js'
export { proveApart } from './prove-apart.js'
export { proveSettings } from './prove-settings.js'
export { type CannotTell, createReplay, type Replayed } from './replay.js'
export { runTests, showExpectation, showOutcome, type TestResult, titleOf } from './run-tests.js'
export { showWho } from './show-who.js'
export { surveyRules, surveySettings } from './survey-settings.js'
export { causeOf, limitInWords, linesOf } from './survey-warnings.js'
