import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { showCsv } from '../../gateway/cli/access/show-csv.js'
import { accessMatrix, findDeadRules, preparePolicy } from '../../gateway/policy/index.js'
import { runCommand } from '../helpers/command.js'
import { CLONE, makePlace } from '../helpers/gateway-process.js'
import { makeRules } from '../policy/make-rules.js'

const policy = `upstreams: { app: { url: "http://127.0.0.1:9" } }
clients: { nightly: { secret: 0123456789abcdef0123456789abcdef, roles: [batch] } }
issuers:
  corp: { issuer: "https://i.example/", jwks_url: "https://i.example/k", audience: [api], roles: { from: r, map: { x: [staff] } } }
rules:
  - { path: "/o/{id}", host: [a.example], methods: [GET, POST], allow: [{ roles: [admin], scopes: [w] }, { claims: { sub: "{id}" } }], to: app }
  - { path: /o/**, allow: nobody }
  - { path: /o/x, allow: { roles: [-x, b/c] }, to: app }
  - { path: /open, allow: anyone, to: app }
  - { path: /said, allow: { claims: { department: "a,\\"b\\"\\nc" } }, to: app }
`

async function access(t: Test, options: readonly string[], env: Record<string, string> = {}) {
  const { folder } = await makePlace(t, '')
  writeFileSync(join(folder, 'gateway.yaml'), policy)
  const { status, stdout, stderr } = await runCommand(t, ['access', ...options], { cwd: folder, env })
  t.strictSame({ status, stderr }, { status: 0, stderr: '' })
  return { stdout, folder }
}

t.test('gateway.yaml as a table', async (t) => {
  const { stdout } = await runCommand(t, ['access', join(CLONE, 'gateway.yaml')], { cwd: '/' })
  const rows = stdout
    .split('\n')
    .slice(2, 9)
    .map((line) => line.trim().split(/ {2,}/))
  t.strictSame(
    rows.map((row) => row.slice(1)),
    [
      ['RULE', 'ANYONE', 'SIGNED IN', 'admin'],
      ['/public/**', 'yes', 'yes', 'yes'],
      ['/api/admin/**', '-', '-', 'yes'],
      ['/api/users/{id}/**', '-', 'if 1', 'yes'],
      ['/api/**', '-', 'yes', 'yes'],
      [],
      ['sub = {id}']
    ]
  )
  t.match(stdout, /Anyone may reach, without signing in:\n {2}\/public\/\*\*\n/)
})

t.test(
  'roles of rules, of services and of issuers are columns; hosts, methods and what hides a rule are shown',
  async (t) => {
    const { stdout } = await access(t, [], { COLUMNS: '200' })
    t.match(stdout, /LINE +RULE +ANYONE +SIGNED IN +-x +admin +b\/c +batch +staff\n/)
    t.match(stdout, / GET,POST a\.example\/o\/\{id\} +- +if 1 +if 1 +if 2 +if 1 +if 1 +if 1\n/)
    t.match(stdout, /if 2 {2}scope w; or sub = \{id\}/)
    t.match(stdout, /\/o\/x\n +never matches: hidden by the rule at line 7\n/)
    t.notMatch(stdout, /\u001b/)
  }
)

t.test('where columns do not fit, each rule has lines of its own', async (t) => {
  const { stdout } = await access(t, [], { COLUMNS: '60' })
  t.match(
    stdout,
    /\n {4}6 {2}GET,POST a\.example\/o\/\{id\}\n {7}if {3}sub = \{id\}: anyone signed in\n {7}if {3}scope w; or sub = \{id\}: admin\n/
  )
  t.match(stdout, /\n {4}7 {2}\/o\/\*\*\n {7}nobody\n/)
  t.match(stdout, /\n {4}9 {2}\/open\n {7}yes {2}anyone\n/)
  const widest = Math.max(
    ...stdout
      .split('\n')
      .slice(1)
      .map((line) => line.length)
  )
  t.ok(widest <= 60, `${widest} columns`)
})

t.test('CSV is read back by others as it was meant, and holds no formula', async (t) => {
  const { folder } = await access(t, ['--format', 'csv', '-o', 'out.csv'])
  const script = 'import csv,json,sys;print(json.dumps(list(csv.reader(open(sys.argv[1],newline=""),strict=True))))'
  const table = JSON.parse(execFileSync('python3', ['-c', script, join(folder, 'out.csv')], { encoding: 'utf8' }))
  t.strictSame(table, [
    [
      'line',
      'methods',
      'hosts',
      'path',
      'upstream',
      'note',
      'anyone',
      'signed in',
      'role -x',
      'role admin',
      'role b/c',
      'role batch',
      'role staff'
    ],
    [
      '6',
      'GET POST',
      'a.example',
      '/o/{id}',
      'app',
      '',
      'no',
      ...Array(2).fill('if sub = {id}'),
      'if scope w; or sub = {id}',
      ...Array(3).fill('if sub = {id}')
    ],
    ['7', 'any', 'any', '/o/**', '', '', ...Array(7).fill('no')],
    ['8', 'any', 'any', '/o/x', 'app', 'never matches: hidden by the rule at line 7', ...Array(7).fill('never')],
    ['9', 'any', 'any', '/open', 'app', '', ...Array(7).fill('yes')],
    ['10', 'any', 'any', '/said', 'app', '', 'no', ...Array(6).fill('if department = "a,\\"b\\"\\nc"')]
  ])
  t.equal(readFileSync(join(folder, 'out.csv'), 'utf8').split('\r\n').length, 7, 'lines end as RFC 4180 says')
})

t.test('no cell of CSV is a formula', (t) => {
  for (const upstream of ['=1+1', '+1', '-1', '@a', '\t=1', '\r=1']) {
    const rules = makeRules([{ path: '/a' }]).map((rule) => ({ ...rule, upstream }))
    const rows = accessMatrix(findDeadRules(preparePolicy({ revision: 'r', rules })), [])
    const text = showCsv({ file: 'f', revision: 'r', askers: [], rows, open: [] })
    t.match(text, /\r\n1,any,any,\/a,"?'/, JSON.stringify(upstream))
  }
  t.end()
})

t.test('JSON tells all of it', async (t) => {
  const { stdout } = await access(t, ['--json'])
  const { file, exact, undecided, anyone, rules } = JSON.parse(stdout)
  t.strictSame([file, exact, undecided], ['gateway.yaml', true, []])
  t.strictSame(
    anyone.map(({ path }: { path: string }) => path),
    ['/open']
  )
  t.match(rules[0], {
    index: 0,
    line: 6,
    path: '/o/{id}',
    methods: ['GET', 'POST'],
    hosts: ['a.example'],
    upstream: 'app',
    matches: 'yes',
    hidden_by: [],
    anyone: { access: 'no', if: [] },
    signed_in: { access: 'conditional', if: ['sub = {id}'] },
    roles: { admin: { access: 'conditional', if: ['scope w', 'sub = {id}'] } }
  })
  t.match(rules[0].witness, { host: 'a.example', path: /^\/o\/[^/]+$/ })
  t.match(rules[2], {
    matches: 'never',
    hidden_by: [{ index: 1, line: 7, path: '/o/**' }],
    witness: null,
    anyone: { access: 'never' }
  })
  t.equal((await access(t, ['--format', 'json'])).stdout, stdout)
})

t.test('a file with mistakes and a page that cannot be written are faults', async (t) => {
  const { folder } = await makePlace(t, '')
  writeFileSync(join(folder, 'gateway.yaml'), policy)
  const unwritten = await runCommand(t, ['access', '-o', 'no/such/folder'], { cwd: folder })
  t.strictSame(unwritten, {
    status: 1,
    stdout: '',
    stderr: 'portcullis: no/such/folder cannot be written: there is no such file or folder\n'
  })
  writeFileSync(join(folder, 'gateway.yaml'), policy.replace('/open', 'open'))
  const mistaken = await runCommand(t, ['access'], { cwd: folder })
  t.match(mistaken, { status: 1, stdout: '', stderr: /rules\[3\]\.path/ })
})
