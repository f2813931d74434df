import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { CLONE } from '../helpers/gateway-process.js'

type RunSuites = (
  files: readonly string[],
  options: { cwd: string; timeoutMs: number; atOnce: number; write: (text: string) => void }
) => Promise<{ passed: number; failed: number }>

/** Runs processes that print `lines` and then do `after`, as if they were suites. */
async function run(
  t: Test,
  lines: readonly string[],
  after = ''
): Promise<{ passed: number; failed: number; shown: string }> {
  const { runSuites } = (await import(join(CLONE, 'scripts', 'run-suites.mjs'))) as { runSuites: RunSuites }
  const cwd = mkdtempSync(join(tmpdir(), 'portcullis-'))
  t.teardown(() => rmSync(cwd, { recursive: true, force: true }))
  writeFileSync(
    join(cwd, 'one.suite.mjs'),
    `console.log(${JSON.stringify(['TAP version 14', ...lines].join('\n'))})\n${after}`
  )
  let shown = ''
  const total = await runSuites(['one.suite.mjs'], {
    cwd,
    timeoutMs: 5_000,
    atOnce: 1,
    write: (text) => (shown += text)
  })
  return { ...total, shown }
}

const subtest = ['# Subtest: outer', '    ok 1 - one', '    ok 2 - two', '    1..2', 'ok 1 - outer', '1..1']

t.test('assertions count, however deep, and the lines that sum up do not', async (t) => {
  const { passed, failed, shown } = await run(t, subtest)
  t.strictSame({ passed, failed }, { passed: 2, failed: 0 })
  t.match(shown, /^ok {5}one: 2 passed in \d+\.\d s\n$/)
})

t.test('a failed assertion is shown with its place and difference', async (t) => {
  const diagnostics = [
    '      ---',
    '      at: { fileName: a.ts, lineNumber: 3, columnNumber: 5 }',
    '      diff: "-2 +1"',
    '      ...'
  ]
  const { passed, failed, shown } = await run(t, [
    ...[
      '# Subtest: outer',
      '    ok 1 - one',
      '    not ok 2 - two',
      ...diagnostics,
      '    1..2',
      'not ok 1 - outer',
      '1..1'
    ]
  ])
  t.strictSame({ passed, failed }, { passed: 1, failed: 1 })
  t.match(shown, /^FAILED one: 1 passed, 1 FAILED in [\s\S]+✗ outer > two\n +a\.ts:3:5\n +-2 \+1\n/)
})

for (const [what, lines, after, says] of [
  ['that crashes', subtest, 'throw new Error("at the end")', /ended with exit status 1[\s\S]+at the end/],
  ['that is killed', subtest, 'process.kill(process.pid, "SIGKILL")', /was killed by SIGKILL/],
  ['that hangs', subtest, 'setInterval(() => {}, 1000)', /did not end in 5 s/],
  ['that ends early', subtest.slice(0, -1), 'process.exit(0)', /the suite/],
  ['whose subtest ends early', subtest.slice(0, 2), 'process.exit(0)', /outer|the suite/],
  ['that keeps another plan', [...subtest.slice(0, -1), '1..2'], '', /the suite/],
  ['that bails out', [...subtest.slice(0, -1), 'Bail out! no more'], '', /no more/]
] as const) {
  t.test(`a suite ${what} is one failure beside what it got to`, async (t) => {
    const { passed, failed, shown } = await run(t, lines, after)
    t.equal(failed, 1)
    t.ok(passed <= 2)
    t.match(shown, says)
  })
}

t.test('a suite that tests nothing or skips has failed', async (t) => {
  t.match(await run(t, ['1..0']), { passed: 0, failed: 1 })
  t.match(await run(t, ['ok 1 - one', 'ok 2 - two # SKIP not today', '1..2']), { passed: 1, failed: 1, shown: /two/ })
})
