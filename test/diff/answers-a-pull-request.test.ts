import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { makeFolder, runCommand } from '../helpers/command.js'
import { head } from './comparing.js'

const old = `${head}limits: { slow: { by: user, requests: 10, window: 1m } }
rules:
  - { path: "/api/orders/*", methods: [GET, POST], allow: { roles: [admin] }, to: app, limit: slow }
  - { path: /reports/**, allow: authenticated, to: app }
`

interface Files {
  readonly old?: string
  readonly next: string
}

async function diff(t: Test, files: Files, args: readonly string[] = [], input?: string) {
  const folder = makeFolder(t, files.old ?? old)
  writeFileSync(join(folder, 'next.yaml'), files.next)
  const first = input === undefined ? 'gateway.yaml' : '-'
  return runCommand(t, ['diff', first, 'next.yaml', ...args], { cwd: folder, ...(input !== undefined && { input }) })
}

const widened = old.replace('roles: [admin]', 'roles: [admin, user]')
const narrowed = old.replace('allow: authenticated', 'allow: { roles: [auditor] }')
const rerouted = old.replace('limit: slow', 'limit: none').replace('authenticated, to: app', 'authenticated, to: other')

t.test('what only looks otherwise is one line and exit 0', async (t) => {
  const next = old.replace('[GET, POST]', '["POST", GET]').replace('/reports/**', "'/reports/**'")
  const { status, stdout, stderr } = await diff(t, { next })
  t.strictSame({ status, stderr }, { status: 0, stderr: '' })
  t.equal(stdout, 'gateway.yaml → next.yaml: no change in meaning\n')
})

t.test('a gain is told with who, where, both lines and a request, and exits 1', async (t) => {
  const { status, stdout } = await diff(t, { next: widened })
  t.equal(status, 1)
  t.match(stdout, 'gateway.yaml → next.yaml: access widens: 1 gain\n')
  t.match(stdout, '  role user gains GET, POST /api/orders/*  (gateway.yaml:6 → next.yaml:6)\n')
  t.match(stdout, '      role admin → roles admin or user\n')
  t.match(stdout, /e\.g\. GET \/api\/orders\/\w+ by role user\n/)
})

t.test('a loss exits 0', async (t) => {
  const { status, stdout } = await diff(t, { next: narrowed })
  t.equal(status, 0)
  t.match(stdout, 'nothing widens: 1 loss\n')
  t.match(stdout, '  anyone signed in loses /reports/**  (gateway.yaml:7 → next.yaml:7)\n')
})

t.test('another upstream or limit is another way, and exits 0', async (t) => {
  const { status, stdout } = await diff(t, { next: rerouted })
  t.equal(status, 0)
  t.match(stdout, 'nothing widens: 2 sent another way\n')
  t.match(stdout, '      limits: slow → none\n')
  t.match(stdout, '      upstream: app → other\n')
})

t.test('an upstream that is said to tolerate more lets paths in that were refused, and exits 1', async (t) => {
  const next = old.replace('9001"', '9001", paths: { empty_segments: allow }')
  const { status, stdout } = await diff(t, { next })
  t.equal(status, 1)
  t.match(stdout, '      paths: case insensitive → case insensitive, empty_segments\n')
})

t.test('how long a body may be, and what ends a WebSocket, is another way, whoever says it', async (t) => {
  const said = old.replace('to: app, limit: slow', 'to: app, limit: slow, max_body: 10mb, websocket: false')
  const first = await diff(t, { next: said })
  t.equal(first.status, 0)
  t.match(first.stdout, 'nothing widens: 1 sent another way\n')
  t.match(first.stdout, '      max_body: none → 10mb\n')
  t.match(first.stdout, '      websocket: ends_with token, idle_timeout 1h → false\n')
  const of = { next: said.replace('9001"', '9001", max_body: 1500kb, websocket: { idle_timeout: 90s }'), old: said }
  const { status, stdout } = await diff(t, of, ['--json'])
  t.equal(status, 0)
  const { changes, exact, also_changed: also } = JSON.parse(stdout)
  t.match({ exact, also }, { exact: true, also: [] })
  t.same(
    changes.map(({ direction, where, differs }: Record<string, unknown>) => ({ direction, where, differs })),
    [{ direction: 'reroute', where: '/reports/**', differs: ['max_body', 'websocket'] }],
    'of the rule that says nothing itself'
  )
  const text = (await diff(t, of)).stdout
  t.match(text, '      max_body: none → 1500kb\n')
  t.match(text, '      websocket: ends_with token, idle_timeout 1h → ends_with token, idle_timeout 90s\n')
})

t.test('a rule put in front of many is one group', async (t) => {
  const many = Array.from({ length: 12 }, (_, at) => `  - { path: /p${at}/**, allow: { roles: [admin] }, to: app }\n`)
  const before = `${head}rules:\n${many.join('')}`
  const next = before.replace('rules:\n', 'rules:\n  - { path: /**, allow: anyone, to: app }\n')
  const { status, stdout } = await diff(t, { old: before, next })
  t.equal(status, 1)
  t.match(stdout, '  anyone gains 13 regions by /**  (next.yaml:5)\n')
  t.equal(stdout.match(/^ {6}\/p\d+\/\*\* {2}\(gateway\.yaml:\d+ → next\.yaml:5\), e\.g\. /gm)?.length, 12)
})

t.test('what changes beside the rules is told, and is no change of the rules', async (t) => {
  const next = old.replace('requests: 10', 'requests: 1000').replace('9001', '9009')
  const { status, stdout } = await diff(t, { next })
  t.equal(status, 0)
  t.match(stdout, 'no change in meaning\n')
  t.match(stdout, '\n  limits.slow.requests: 10 → 1000\n')
  t.match(stdout, '\n  upstreams.app.url: http://127.0.0.1:9001 → http://127.0.0.1:9009\n')
})

t.test('--json tells direction, both rules and the witness', async (t) => {
  const { status, stdout } = await diff(t, { next: widened }, ['--json'])
  t.equal(status, 1)
  const answer = JSON.parse(stdout)
  t.match(answer, { old: 'gateway.yaml', new: 'next.yaml', exact: true, widens: true, undecided: [], also_changed: [] })
  t.equal(answer.changes.length, 1)
  t.match(answer.changes[0], {
    direction: 'gain',
    widens: true,
    who: 'role user',
    where: 'GET, POST /api/orders/*',
    old_rule: { line: 6, path: '/api/orders/*' },
    new_rule: { line: 6, path: '/api/orders/*' },
    refusal: null,
    differs: [],
    witness: { method: 'GET', host: String, path: /^\/api\/orders\/\w+$/, who: { kind: 'principal', roles: ['user'] } }
  })
})

t.test('--format github annotates lines of the new file: errors where access widens, else warnings', async (t) => {
  const next = `# A line more.\n${widened.replace('allow: authenticated', 'allow: nobody').replace('requests: 10', 'requests: 9')}`
  const { status, stdout } = await diff(t, { next }, ['--format', 'github'])
  t.equal(status, 1)
  const [gain = '', loss = '', beside = '', ...rest] = stdout.trimEnd().split('\n')
  t.match(gain, /^::error file=next\.yaml,line=7,.*::role user gains GET, POST \/api\/orders\/\* \(gateway\.yaml:6 → /)
  t.match(loss, /^::warning file=next\.yaml,line=8,.*::anyone signed in loses \/reports\/\*\*/)
  t.equal(beside, '::warning file=next.yaml::limits.slow.requests: 10 → 9')
  t.strictSame(rest, [])
})

t.test('- reads the old file from standard input', async (t) => {
  const { status, stdout } = await diff(t, { next: widened }, [], old)
  t.equal(status, 1)
  t.match(stdout, '(-:6 → next.yaml:6)')
  const broken = await diff(t, { next: widened }, [], 'rules: []')
  t.equal(broken.status, 2)
  t.match(broken.stderr, /^-:1:\d+: error: /)
})

t.test('where a path can be read in several ways, it says undecided and exits 2', async (t) => {
  const odd = (allow: string) =>
    `${head}rules:\n  - { path: /a%2Fb, allow: ${allow}, to: app, paths: { encoded_slash: allow } }\n`
  const { status, stdout } = await diff(t, { old: odd('anyone'), next: odd('authenticated') })
  t.equal(status, 2)
  t.match(stdout, 'undecided, no widening was found')
  t.match(stdout, '/a%2Fb  (next.yaml:5): a path here can be read in several ways')
})

t.test('a file with mistakes is told, nothing is compared, and it exits 2', async (t) => {
  const { status, stdout, stderr } = await diff(t, { next: old.replace('to: app', 'to: ap') })
  t.strictSame({ status, stdout }, { status: 2, stdout: '' })
  t.match(stderr, "next.yaml:6:83: error: rules[0].to: no upstream is called 'ap'")
  t.match(stderr, '\nportcullis: nothing was compared: next.yaml has 1 error\n')
  const json = await diff(t, { next: 'x' }, ['--json'])
  t.equal(json.status, 2)
  t.match(JSON.parse(json.stdout), { errors: [{ file: 'next.yaml', line: 1 }] })
})

t.test('a file that is not there, and too few files, exit 2 in one line', async (t) => {
  const folder = makeFolder(t, old)
  const absent = await runCommand(t, ['diff', 'gateway.yaml', 'absent.yaml'], { cwd: folder })
  t.equal(absent.status, 2)
  t.match(absent.stderr, 'nothing was compared: absent.yaml has 1 error')
  const misused = await runCommand(t, ['diff', 'gateway.yaml'], { cwd: folder })
  t.equal(misused.status, 2)
  t.match(misused.stderr, "missing required argument 'new'")
})

t.test("the clone's own file does not differ from itself", async (t) => {
  const text = readFileSync(join(import.meta.dirname, '..', '..', '..', 'gateway.yaml'), 'utf8')
  const { status } = await diff(t, { next: text }, [], text)
  t.equal(status, 0)
})

t.test('nothing that stands in a file moves the cursor of who reads the answer', async (t) => {
  const next = old.replace('roles: [admin]', 'claims: { "k\\e[1m": "\\e[31m\\u202e" }')
  for (const args of [[], ['--format', 'github']]) {
    const { stdout } = await diff(t, { next }, args)
    t.match(stdout, 'k\ufffd[1m = ')
    t.notMatch(stdout, /[\u001b\u202e]/, args.join(' '))
  }
})

t.test('texts that could be taken for numbers stand in quotes', async (t) => {
  const before = old.replace('roles: [admin]', 'claims: { level: "1" }')
  const { stdout } = await diff(t, { old: before, next: before.replace('"1"', '1') })
  t.match(stdout, '      level = "1" → level = 1\n')
  t.match(stdout, /by level 1\n/)
  t.match(stdout, /by level "1"\n/)
})
