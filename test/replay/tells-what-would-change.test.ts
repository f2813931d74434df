import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { runCommand } from '../helpers/command.js'
import { makePlace } from '../helpers/gateway-process.js'

const policy = `upstreams:
  app: { url: "http://127.0.0.1:9" }
  two: { url: "http://127.0.0.1:9" }
rules:
  - { path: /admin/**, allow: { roles: [admin] }, to: app }
  - { path: /api/two, allow: authenticated, to: two }
  - { path: /api/**, allow: anyone, to: app }
`

const at = (second: number) => new Date(1_790_000_000_000 + second * 1000).toISOString()

const passed = (second: number, path: string, username: string) => ({
  time: at(second),
  log: 'access',
  request_id: `r${second}`,
  method: 'GET',
  host: 'api.example.com',
  path,
  address: '192.0.2.1',
  status: 200,
  verdict: 'allow',
  rule: { index: 0, line: 44, path: '/**' },
  decision_id: `d${second}`,
  upstream: 'app',
  credential: 'valid',
  subject: `id-${username}`,
  issuer: 'self',
  username,
  roles: ['user'],
  scopes: [],
  claims: {}
})

const refused = (second: number, path: string) => ({
  ...passed(second, path, 'x'),
  verdict: 'deny',
  code: 'missing_token',
  credential: 'none',
  username: undefined,
  subject: undefined
})

const log = [
  passed(1, '/api/x', 'ann'),
  passed(9, '/admin/a', 'ann'),
  passed(3, '/admin/a', 'ann'),
  passed(4, '/admin/b', 'ann'),
  passed(5, '/admin/b', 'bob'),
  passed(6, '/admin/c', 'bob'),
  passed(7, '/api/two', 'ann'),
  refused(8, '/api/x'),
  { ...passed(9, '/auth/login', 'x'), endpoint: '/auth/login', credential: undefined },
  { ...passed(10, '/api/x', 'x'), verdict: 'limit', credential: undefined }
]
  .map((line) => `${JSON.stringify(line)}\n`)
  .join('')

async function replay(t: Test, lines: string, ...args: string[]) {
  const { folder } = await makePlace(t, policy)
  writeFileSync(join(folder, 'access.log'), lines)
  return runCommand(t, ['replay', 'access.log', '--policy', 'gateway.yaml', ...args], { cwd: folder })
}

t.test(
  'differences are grouped by rules and verdicts, weightiest first, each with when, how often and who',
  async (t) => {
    const { status, stdout, stderr } = await replay(t, log)
    t.equal(status, 1)
    t.equal(stderr, '')
    const shown = stdout.replace(/revision \w+/, 'revision R').split('\n')
    t.strictSame(shown, [
      'gateway.yaml (revision R) judges 1 request of access.log as before, 7 otherwise.',
      '',
      `1 now passes: missing_token → passes to app, ${at(8)}`,
      '    was  /** (line 44 then)',
      '    now  /api/** (gateway.yaml:9), which admits anyone',
      '    line 8: GET api.example.com/api/x by anonymous',
      '',
      `5 now refused: passed to app → access_denied, ${at(3)} to ${at(9)}`,
      '    was  /** (line 44 then)',
      '    now  /admin/** (gateway.yaml:7), which admits role admin',
      '    line 2: GET api.example.com/admin/a by ann',
      '    line 4: GET api.example.com/admin/b by ann',
      '    line 5: GET api.example.com/admin/b by bob',
      '',
      `1 now goes elsewhere: passed to app → passes to two, ${at(7)}`,
      '    was  /** (line 44 then)',
      '    now  /api/two (gateway.yaml:8), which admits anyone signed in',
      '    line 7: GET api.example.com/api/two by ann',
      '',
      'Cannot tell of 1:',
      '    1  a limit refused it before anybody was asked who he is',
      '',
      'Not for the rules: 1',
      '    1  answered by the gateway itself',
      ''
    ])
  }
)

t.test('--json says the same to machines', async (t) => {
  const { status, stdout } = await replay(t, log, '--json')
  t.equal(status, 1)
  t.match(JSON.parse(stdout), {
    log: 'access.log',
    policy: 'gateway.yaml',
    ok: false,
    lines: 10,
    same: 1,
    differing: 7,
    cannot_tell: { refused_by_limit: 1 },
    not_for_the_rules: { own: 1 },
    unreadable: { count: 0, first_line: null },
    groups: [
      { direction: 'now passes', count: 1 },
      {
        direction: 'now refused',
        count: 5,
        before: { verdict: 'allow', code: null, rule: { path: '/**', line: 44 }, upstream: 'app' },
        now: { verdict: 'deny', status: 403, code: 'access_denied', rule: { index: 0, line: 7, path: '/admin/**' } },
        first_time: at(3),
        last_time: at(9),
        examples: [{ line: 2, method: 'GET', path: '/admin/a', who: 'ann', request_id: 'r9' }, { line: 4 }, { line: 5 }]
      },
      { direction: 'now goes elsewhere' }
    ]
  })
})

t.test('exit 0 without a difference, 1 for what is no log, 2 for misuse', async (t) => {
  const same = await replay(t, `${JSON.stringify(passed(1, '/api/x', 'ann'))}\n`)
  t.strictSame([same.status, same.stderr], [0, ''])
  t.match(same.stdout, /judges 1 request of access\.log as before, 0 otherwise\.\n$/)
  const none = await replay(t, 'no log\nat all\n')
  t.equal(none.status, 1)
  t.match(none.stderr, /^portcullis: access\.log holds no line of our access log/)
  const { folder } = await makePlace(t, policy)
  const missing = await runCommand(t, ['replay', 'nowhere.log', '--policy', 'gateway.yaml'], { cwd: folder })
  t.equal(missing.status, 1)
  t.match(missing.stderr, /^portcullis: the log nowhere\.log cannot be read: there is no such file/)
  t.equal((await runCommand(t, ['replay', 'access.log'], { cwd: folder })).status, 2)
  const broken = await runCommand(t, ['replay', 'gateway.yaml', '--policy', 'nowhere.yaml'], { cwd: folder })
  t.equal(broken.status, 1)
  t.match(broken.stderr, 'nowhere.yaml: there is no such file')
})

t.test('nothing in a log moves the cursor of who reads about it', async (t) => {
  const { stdout } = await replay(t, `${JSON.stringify(passed(1, '/admin/a', '\u001b[2Jann\u202e'))}\n`)
  t.match(stdout, /by \ufffd\[2Jann\ufffd$/m)
})
