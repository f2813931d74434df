// Runs suites, each a process that speaks TAP, a few at a time. Tells each in one line as it ends, shows what failed
// in it, and counts assertions: of a suite that crashes, hangs or ends early as much as it got to, and one failure more.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { basename } from 'node:path'

// The parser is a part of tap, and is found through it.
const fromTap = createRequire(createRequire(import.meta.url).resolve('tap'))
const { Parser } = fromTap('tap-parser')

const SHOWN_STDERR = 8_000

/** Follows a parser and its subtests; only assertions count, not the lines that sum up their subtests. */
function follow(parser, names, account) {
  let summary = false
  parser.on('child', (child) => {
    summary = true
    follow(child, [...names, child.name], account)
  })
  parser.on('assert', (result) => {
    const isSummary = summary
    summary = false
    const name = [...names, result.name].filter((part) => part !== '').join(' > ')
    if (result.skip || result.todo)
      account.failures.push({ name, text: 'was skipped, and a test that is needed must run' })
    else if (isSummary) account.summaries.push({ name, result })
    else if (result.ok) account.passed += 1
    else account.failures.push({ name, text: describe(result.diag) })
  })
}

const indent = (text, by) => text.replaceAll(/^(?=.)/gm, by)

function describe(diag) {
  if (diag === undefined || diag === null) return ''
  const { at, diff, found, wanted, source, stack, error, ...rest } = diag
  const parts = []
  if (at?.fileName) parts.push(`${at.fileName}:${at.lineNumber}:${at.columnNumber}`)
  if (diff) parts.push(String(diff).trimEnd())
  else if (found !== undefined || wanted !== undefined) parts.push(JSON.stringify({ wanted, found }))
  if (error) parts.push(typeof error === 'string' ? error : JSON.stringify(error))
  if (source) parts.push(String(source).trimEnd())
  if (stack) parts.push(String(stack).trimEnd())
  delete rest.generated
  if (Object.keys(rest).length > 0 && parts.length === 0) parts.push(JSON.stringify(rest))
  return parts.join('\n')
}

/** Runs one suite: `{ name, passed, failures, seconds, stderr }`; never rejects. */
export function runSuite(file, { cwd, timeoutMs }) {
  return new Promise((resolve) => {
    const started = performance.now()
    const account = { passed: 0, failures: [], summaries: [] }
    let stderr = ''
    let ended = null
    // tap's own bound, a little shorter, says which test it was that hung.
    const environment = { ...process.env, TAP_TIMEOUT: String(Math.max(1, timeoutMs / 1000 - 5)) }
    const child = spawn(process.execPath, ['--enable-source-maps', file], {
      cwd,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe']
    })
    const timer = setTimeout(() => {
      ended = `did not end in ${timeoutMs / 1000} s`
      child.kill('SIGKILL')
    }, timeoutMs)
    const parser = new Parser()
    follow(parser, [], account)
    const complete = new Promise((done) => parser.once('complete', done))
    child.stdout.pipe(parser)
    child.stderr.on('data', (chunk) => {
      stderr = (stderr + chunk).slice(-SHOWN_STDERR)
    })
    child.once('error', (error) => {
      ended = error.message
      parser.end()
    })
    child.once('close', async (status, signal) => {
      clearTimeout(timer)
      const results = await complete
      if (signal !== null) ended ??= `was killed by ${signal}`
      else if (status !== 0) ended ??= `ended with exit status ${status}`
      const { passed, failures } = account
      if (failures.length === 0) failures.push(...failuresBeyondAssertions(results, ended, account))
      resolve({
        name: basename(file).replace(/\.suite\.m?js$/, ''),
        passed,
        failures,
        stderr,
        seconds: (performance.now() - started) / 1000
      })
    })
  })
}

/** What went wrong although no assertion failed: a plan that was not kept, a process that ended early. */
function failuresBeyondAssertions(results, ended, { passed, summaries }) {
  const broken = summaries.filter(({ result }) => !result.ok)
  if (broken.length > 0) return broken.map(({ name, result }) => ({ name, text: describe(result.diag) }))
  if (ended !== null) return [{ name: 'the suite', text: ended }]
  if (!results.ok) {
    const reasons = results.failures.map(({ name, tapError }) => tapError ?? name)
    return [{ name: 'the suite', text: results.bailout || reasons.join('\n') || 'ended early' }]
  }
  return passed === 0 ? [{ name: 'the suite', text: 'tested nothing' }] : []
}

/** One line for a suite, and its failures in full. */
function report({ name, passed, failures, seconds, stderr }) {
  const counts = failures.length === 0 ? `${passed} passed` : `${passed} passed, ${failures.length} FAILED`
  const lines = [`${failures.length === 0 ? 'ok    ' : 'FAILED'} ${name}: ${counts} in ${seconds.toFixed(1)} s`]
  for (const failure of failures) lines.push('', `  ✗ ${failure.name}`, indent(failure.text, '      '))
  if (failures.length > 0 && stderr.trim() !== '')
    lines.push('', '  standard error:', indent(stderr.trimEnd(), '      '))
  return `${lines.join('\n')}${failures.length === 0 ? '' : '\n'}\n`
}

/** Runs all suites, `atOnce` at a time; answers how many assertions passed and failed. */
export async function runSuites(files, { cwd, timeoutMs, atOnce, write }) {
  const waiting = [...files]
  const total = { passed: 0, failed: 0 }
  async function work() {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const outcome = await runSuite(file, { cwd, timeoutMs })
      total.passed += outcome.passed
      total.failed += outcome.failures.length
      write(report(outcome))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return total
}
