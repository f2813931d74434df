import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { makeFolder, runCommand } from '../helpers/command.js'
import { ADMIN_PASSWORD, CLONE, makePlace, signIn, startProcess } from '../helpers/gateway-process.js'

// Each command is a process of its own: the machine sets the pace.
t.setTimeout(0)
t.jobs = 3

const POLICY = `
tokens: { claims: { api_secret: user.pin, motto: user.motto } }
identity: { headers: { X-User-Name: username, X-Motto: motto } }
logs: { access: access.log }
limits: { two: { by: user, requests: 2, window: 10m } }
upstreams: { web: { url: "http://127.0.0.1:9", strip_prefix: /api } }
rules:
  - { path: /api/admin/**, methods: [GET], allow: { roles: [admin] }, to: web }
  - path: /api/secret
    allow: { claims: { api_secret: hunter2, motto: x } }
    to: web
  - { path: /api/**, allow: authenticated, to: web, limit: two }
`
const MOTTO = 'long '.repeat(40).trim()

t.test('the example of the documentation is what the command says', { buffered: true }, async (t) => {
  const page = readFileSync(join(CLONE, 'docs', 'explain.md'), 'utf8')
  const [, args = '', shown = ''] = /^ {4}\$ portcullis (explain .*)\n([\s\S]*?)\n\n?(?=\S)/m.exec(page) ?? []
  const cwd = makeFolder(t, readFileSync(join(CLONE, 'gateway.yaml'), 'utf8'))
  const { status, stdout, stderr } = await runCommand(t, args.split(' '), { cwd })
  t.match({ status, stderr }, { status: 0, stderr: '' })
  t.equal(stdout.trimEnd(), shown.replaceAll(/^ {4}/gm, '').trimEnd())
})

t.test('without a gateway, on paper', { buffered: true }, async (t) => {
  const { folder } = await makePlace(t, POLICY)
  const run = (...args: readonly string[]) => runCommand(t, ['explain', ...args], { cwd: folder })
  const json = async (...args: readonly string[]) => JSON.parse((await run(...args, '--json')).stdout)

  t.match(await json('GET', 'https://x.test/api/a%2Db?q=1#f', '--roles', 'a,b', '--address', '::ffff:10.0.0.1'), {
    request: { target: '/api/a%2Db?q=1', host: 'x.test', address: '10.0.0.1', identity: { roles: ['a', 'b'] } },
    path: '/api/a-b',
    verdict: 'allow',
    status: null,
    rule: { index: 2 },
    rules_passed_over: [
      { because: 'segment 2 is "a-b", not "admin"' },
      { because: 'segment 2 is "a-b", not "secret"' }
    ],
    limits: [{ name: 'two', by: 'user', requests: 2, remaining: null }],
    upstream: { name: 'web', url: 'http://127.0.0.1:9/a-b?q=1' },
    judged: null
  })
  t.match(await json('POST', '/api/admin/x'), {
    verdict: 'deny',
    code: 'missing_token',
    status: 401,
    rules_passed_over: [{ because: 'only for GET' }, {}],
    nearest: { text: 'Signed in, gateway.yaml:14 would allow it.' }
  })
  t.match(await json('GET', '/api/admin/x', '--roles', 'user'), {
    nearest: { other: { kind: 'below', rule: { index: 2 } } }
  })
  const claims = JSON.stringify({ sub: 'ann', api_secret: 'hunter3', motto: MOTTO, username: 'a\u001b[2J' })
  const masked = await run('GET', '/api/secret', '--claims', claims)
  t.match(masked, { status: 0, stdout: /claims\.api_secret +\(masked\) +seen: \(masked\)/ })
  t.match(masked.stdout, /long \.\.\. \(199 characters\)/, 'what is long is cut')
  t.match(masked.stdout, /\| +allow: \{ claims: \{ api_secret: \(masked\), motto: x \} \}/)
  t.notMatch(masked.stdout, /hunter|\u001b/)
  const { conditions } = await json('GET', '/api/secret', '--claims', claims)
  t.same(
    conditions.map(({ expected, seen, holds }: Record<string, unknown>) => [expected, seen, holds]),
    [
      [['(masked)'], '(masked)', false],
      [['x'], `${MOTTO.slice(0, 80)}... (199 characters)`, false]
    ]
  )
  t.match(await json('GET', '/auth/login'), { verdict: 'own', code: null })
  t.match(await json('GET', '/api/../x'), { verdict: 'deny', code: 'bad_path', path: null })
  t.match(await run('GET', '/API/admin'), { stdout: /rule +none: what no rule covers is refused/ })
})

t.test('misuse is told from a fault', { buffered: true }, async (t) => {
  const { folder } = await makePlace(t, POLICY)
  const cases: readonly (readonly [args: readonly string[], status: number, says: RegExp])[] = [
    [[], 2, /missing required argument/],
    [['/api/x'], 2, /write the method too: explain GET \/api\/x/],
    [['GET'], 2, /write a path too/],
    [['GTE', '/x'], 2, /"GTE" is no method/],
    [['GET', '/x', '--roles', 'a', '--as', 'b'], 2, /cannot be used with/],
    [['GET', '/x', '--roles', 'a b'], 2, /"a b" is no role/],
    [['GET', '/x', '--claims', '[]'], 2, /write them as a JSON object/],
    [['GET', '/x', '--address', 'here'], 2, /write an IPv4 or IPv6 address/],
    [['GET', '/x', '--log', 'access.log'], 2, /--log is for/],
    [['an-id', '--as', 'ann'], 2, /--as is for a request on paper/],
    [['an-id'], 1, /^portcullis: no gateway is running; look for an-id in an access log with --log FILE$/],
    [['an-id', '--log', 'nowhere'], 1, /^portcullis: the log nowhere cannot be read: there is no such file or folder$/],
    [['an-id', '--log', '.'], 1, /^portcullis: the log \. cannot be read: /],
    [['GET', '/x', '--as', 'ann'], 1, /^portcullis: there are no users yet/],
    [['GET', '/x', '-c', 'nowhere.yaml'], 1, /^nowhere\.yaml: there is no such file/]
  ]
  await Promise.all(
    cases.map(async ([args, status, says]) => {
      const finished = await runCommand(t, ['explain', ...args], { cwd: folder })
      t.equal(finished.status, status, args.join(' '))
      t.match(finished.stderr.trimEnd(), says, args.join(' '))
      t.notMatch(finished.stderr, /^ +at .+:\d+/m)
      t.equal(finished.stdout, '')
    })
  )
})

t.test('beside a gateway: its users, tokens, limits and decisions', { buffered: true }, async (t) => {
  const place = await makePlace(t, POLICY)
  const gateway = await startProcess(t, place)
  const run = (args: readonly string[], input = '') => runCommand(t, ['explain', ...args], { cwd: place.folder, input })
  const json = async (args: readonly string[], input = '') => JSON.parse((await run([...args, '--json'], input)).stdout)
  const get = async (path: string, token: string) => {
    const response = await fetch(`${place.url}${path}`, { headers: { authorization: `Bearer ${token}` } })
    return { status: response.status, ...((await response.json()) as { decision_id: string; request_id: string }) }
  }
  const user = ['user', 'add', 'ann', '--roles', 'user', '--set', 'motto=carpe']
  t.match(await runCommand(t, user, { cwd: place.folder, input: `${ADMIN_PASSWORD}\n` }), { status: 0 })
  const { access_token: token } = await signIn(place.url, 'ann')

  const two = { name: 'two', remaining: 2, exceeded: false }
  const headers = [
    { name: 'X-User-Name', value: 'ann' },
    { name: 'X-Motto', value: 'carpe' }
  ]
  for (const who of [
    ['--as', 'ann'],
    ['--token', token],
    ['--token', '-']
  ])
    t.match(await json(['GET', '/api/x', ...who], `Bearer ${token}\n`), { verdict: 'allow', limits: [two], headers })
  t.match(await json(['GET', '/api/x', '--token', `${token}x`]), { status: 401, code: 'invalid_token' })
  t.match(await run(['GET', '/api/x', '--as', 'bob']), { status: 1, stderr: 'portcullis: There is no user "bob".\n' })

  const refused = await get('/api/admin/x', token)
  t.match(refused, { status: 403, decision_id: String })
  const by = { verdict: 'deny', code: 'access_denied', rule: { index: 0 }, judged: { explained_by: 'file' } }
  const log = ['--log', 'access.log']
  for (const id of [refused.decision_id, refused.request_id]) {
    t.match(await json([id]), by)
    t.match(await json([id, ...log]), { ...by, judged: { explained_by: 'file', decision_id: refused.decision_id } })
  }
  for (const status of [502, 502, 429]) t.equal((await get('/api/x', token)).status, status)
  const limited = await get('/api/x', token)
  t.match(await json(['GET', '/api/x', '--as', 'ann']), { status: 429, limits: [{ remaining: 0, exceeded: true }] })
  for (const more of [[], log]) {
    const explained = await json([limited.decision_id, ...more])
    t.match(explained, { verdict: 'limit', code: 'rate_limited', limits: [{ name: 'two', exceeded: true }] })
    t.equal(explained.upstream, null)
  }

  writeFileSync(place.file, place.yaml(POLICY.replace('roles: [admin]', 'roles: [ops]')))
  await gateway.running.seen('serving the changed settings')
  const then = await run([refused.decision_id])
  t.match(then.stdout, /so this is the rule as the gateway remembers it/)
  t.match(then.stdout, /With role admin, gateway\.yaml:\d+ would allow it/)
  const now = await run([refused.decision_id, ...log])
  t.match(now.stdout, /then it was 403 access_denied/)
  t.match(now.stdout, /With role ops, gateway\.yaml:\d+ would allow it/)
  t.match(await run(['no-such-id']), { status: 1, stderr: /the gateway remembers the last 10,000, and not this one/ })

  await gateway.stop()
  const { access_token: minted } = JSON.parse(
    (await runCommand(t, ['token', 'mint', '--as', 'ann', '--json'], { cwd: place.folder })).stdout
  )
  for (const who of [
    ['--as', 'ann'],
    ['--token', minted]
  ]) {
    const explained = await run(['GET', '/api/x', ...who])
    t.match(explained, { status: 0, stdout: /Allowed, and forwarded to web/ }, 'the store knows as well')
    t.match(explained.stdout, /note +No gateway is running on this file/)
  }
  t.match(
    await json([refused.decision_id]),
    { judged: { explained_by: 'changed', code: 'access_denied' } },
    'in its log'
  )
})

t.test('nothing that stands in the file moves the cursor', async (t) => {
  const rule = '  - path: /x # \u001b[31m\u202e\n    allow: { claims: { "k\\e[1m": 1 } }\n    to: web\n'
  const cwd = makeFolder(t, POLICY.replace('rules:\n', `rules:\n${rule}`))
  const { stdout } = await runCommand(t, ['explain', 'GET', '/x', '--roles', 'a'], { cwd })
  t.match(stdout, 'With claim k\ufffd[1m = 1, ')
  t.notMatch(stdout, /[\u001b\u202e]/)
})
