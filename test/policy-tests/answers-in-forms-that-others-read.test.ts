import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import t from 'tap'
import { runCommand } from '../helpers/command.js'
import { CLONE, makePlace } from '../helpers/gateway-process.js'

interface Assertion {
  readonly ok: boolean
  readonly name: string
  readonly skip: unknown
  readonly todo: unknown
  readonly diag: unknown
}

// The parser of tap itself; it is a part of tap, and is found through it.
const require = createRequire(createRequire(import.meta.url).resolve('tap'))
const { Parser } = require('tap-parser') as { Parser: { parse: (text: string) => (readonly [string, unknown])[] } }

const rules = `upstreams: { app: { url: "http://127.0.0.1:9" } }
rules:
  - { path: /open/**, allow: anyone, to: app }
  - { path: /admin/**, allow: { roles: [admin] }, to: app }
  - { path: /other, methods: [PUT], allow: nobody }
`
const good = `${rules}tests:
  - { request: GET /open/a, expect: 200 }
  - { request: GET /admin, expect: 401 }
`
/** A name that each form has to escape. */
const hostile = String.raw`# SKIP \\ <b a="1">&amp;</b> ]]> \u0007 end`
const failing = `${good}  - { request: GET /admin, as: { roles: [user] }, name: "${hostile.replaceAll('"', '\\"')}", expect: 200 }\n`

t.test('text: a summary when all is good; a line for each failure, and the rules that no test reaches', async (t) => {
  const { folder, yaml } = await makePlace(t, good)
  const passed = await runCommand(t, ['test'], { cwd: folder })
  t.equal(passed.status, 0)
  t.equal(passed.stderr, '')
  t.match(
    passed.stdout,
    /^No test reaches:\n {2}gateway\.yaml:7 PUT \/other\ngateway\.yaml: 2 passed, 2 of 3 rules decided by a test, in \d+ ms\n$/
  )
  t.equal(yaml('').split('\n').length, 3, 'two lines stand before the rules')
})

t.test('a failure says what was expected, what came, and the rule that decided with its line', async (t) => {
  const { folder } = await makePlace(t, `${good}  - { request: GET /admin, as: { roles: [user] }, expect: 200 }\n`)
  const { status, stdout } = await runCommand(t, ['test', 'gateway.yaml'], { cwd: folder })
  t.equal(status, 1)
  const [first] = stdout.split('\n')
  t.equal(
    first,
    'FAILED gateway.yaml:11 GET /admin, role user: expected 200, got 403 access_denied by /admin/** (line 6), which admits role admin'
  )
  t.match(stdout, /^gateway\.yaml: 2 passed, 1 failed, /m)
})

t.test("tap: tap's own parser reads it, whatever a test is called", async (t) => {
  const { folder } = await makePlace(t, failing)
  const { status, stdout } = await runCommand(t, ['test', '--format', 'tap'], { cwd: folder })
  t.equal(status, 1)
  const events = Parser.parse(stdout)
  const assertions = events.filter(([kind]) => kind === 'assert').map(([, result]) => result as Assertion)
  t.strictSame(
    assertions.map(({ ok, skip, todo }) => [ok, Boolean(skip), Boolean(todo)]),
    [
      [true, false, false],
      [true, false, false],
      [false, false, false]
    ]
  )
  t.match(assertions[2]?.name, '# SKIP \\ <b a="1">')
  t.match(assertions[2]?.diag, { wanted: '200', found: /^403 access_denied/, at: { lineNumber: 11 } })
  const complete = events.find(([kind]) => kind === 'complete')?.[1]
  t.match(complete, { ok: false, count: 3, pass: 2, fail: 1, plan: { start: 1, end: 3 } })
})

/** Elements and attributes as Python's parser (expat) sees them. */
const readXml = `
import json, sys, xml.etree.ElementTree as tree
def shown(e): return {"tag": e.tag, "attributes": e.attrib, "text": (e.text or "").strip(), "children": [shown(c) for c in e]}
print(json.dumps(shown(tree.fromstring(sys.stdin.buffer.read()))))`

t.test('junit: an XML parser reads it, whatever a test is called, and its counts are right', async (t) => {
  const { folder } = await makePlace(t, failing)
  const { status, stdout } = await runCommand(t, ['test', '--format', 'junit'], { cwd: folder })
  t.equal(status, 1)
  const parsed = spawnSync('python3', ['-c', readXml], { input: stdout, encoding: 'utf8' })
  t.equal(parsed.stderr, '')
  const suites = JSON.parse(parsed.stdout)
  t.match(suites, { tag: 'testsuites', attributes: { tests: '3', failures: '1', errors: '0' } })
  const [suite] = suites.children
  t.match(suite, { tag: 'testsuite', attributes: { name: 'gateway.yaml', tests: '3', failures: '1', skipped: '0' } })
  t.strictSame(
    suite.children.map((one: { children: unknown[] }) => one.children.length),
    [0, 0, 1]
  )
  const [, , last] = suite.children
  t.match(last, { tag: 'testcase', attributes: { classname: 'gateway.yaml', line: '11' } })
  t.match(last.attributes.name, '<b a="1">&amp;</b> ]]>')
  t.match(last.children[0], { tag: 'failure', attributes: { message: /^expected 200, got 403/ }, text: /^FAILED/ })
})

t.test('json: every test and the coverage; --json is the same', async (t) => {
  const { folder } = await makePlace(t, failing)
  const json = await runCommand(t, ['test', '--json'], { cwd: folder })
  t.strictSame(await runCommand(t, ['test', '--format', 'json'], { cwd: folder }), json)
  t.equal(json.status, 1)
  t.match(JSON.parse(json.stdout), {
    file: 'gateway.yaml',
    ok: false,
    passed: 2,
    failed: 1,
    tests: [
      { line: 9, passed: true, expected: '200', got: { verdict: 'allow', status: 200, upstream: 'app' } },
      { line: 10, passed: true },
      { passed: false, got: { verdict: 'deny', code: 'access_denied', rule: { index: 1, line: 6, path: '/admin/**' } } }
    ],
    coverage: { rules: 3, percent: 200 / 3, unhit: [{ index: 2, line: 7, path: '/other' }] }
  })
})

t.test('--min-coverage fails what reaches less, and says how much it reaches', async (t) => {
  const { folder } = await makePlace(t, good)
  const least = (percent: string) => runCommand(t, ['test', '--min-coverage', percent], { cwd: folder })
  t.equal((await least('66.6')).status, 0)
  const less = await least('67')
  t.equal(less.status, 1)
  t.match(less.stderr, 'the tests reach 66.7 % of the rules, and 67 % are asked for')
  t.equal((await least('101')).status, 2)
  t.equal((await runCommand(t, ['test', '--format', 'yaml'], { cwd: folder })).status, 2)
})

t.test('a file without tests, or with mistakes', async (t) => {
  const { folder } = await makePlace(t, rules)
  const none = await runCommand(t, ['test'], { cwd: folder })
  t.equal(none.status, 0)
  t.match(none.stdout, /0 passed, 0 of 3 rules decided/)
  t.equal((await runCommand(t, ['test', '--min-coverage', '1'], { cwd: folder })).status, 1)
  const mistaken = await makePlace(t, `${rules}tests: [{ request: GET /, expect: 1 }]\n`)
  const { status, stderr } = await runCommand(t, ['test'], { cwd: mistaken.folder })
  t.equal(status, 1)
  t.match(stderr, /tests\[0\]\.expect/)
})

t.test("the clone's own file has tests that pass", async (t) => {
  const { status, stdout } = await runCommand(t, ['test', join(CLONE, 'gateway.yaml'), '--min-coverage', '100'], {
    cwd: '/'
  })
  t.equal(status, 0, stdout)
})
