import { writeFileSync } from 'node:fs'
import t from 'tap'
import { runCommand } from '../helpers/command.js'
import { makePlace, startProcess, until } from '../helpers/gateway-process.js'
import { startUpstream } from '../helpers/upstream.js'

const policy = (url: string, allow: string) => `upstreams: { app: { url: "${url}" } }
rules:
  - { path: /admin, allow: ${allow}, to: app }
tests:
  - { request: GET /admin, expect: 401 }
`

t.test('check lists a failing test with its line and the rule that decides it; start refuses', async (t) => {
  const { folder } = await makePlace(t, policy('http://127.0.0.1:9', 'anyone'))
  const checked = await runCommand(t, ['check'], { cwd: folder })
  t.equal(checked.status, 1)
  t.match(
    checked.stderr,
    /gateway\.yaml:7:5: error: tests\[0\]: GET \/admin, anonymous: expected 401, got 200 to app by \/admin \(line 5\)/
  )
  t.match(checked.stderr, 'decides it')
  const json = await runCommand(t, ['check', '--json'], { cwd: folder })
  t.match(JSON.parse(json.stdout), { ok: false, errors: [{ line: 7, path: 'tests[0]', related: [{ line: 5 }] }] })
  const started = await runCommand(t, ['start'], { cwd: folder })
  t.equal(started.status, 1)
  t.match(started.stderr, 'tests[0]')
  t.notMatch(started.stdout, 'listening')
})

t.test('who must help a user now is not held up by a failing test', async (t) => {
  const { folder } = await makePlace(t, policy('http://127.0.0.1:9', 'anyone'))
  const listed = await runCommand(t, ['user', 'list'], { cwd: folder })
  t.strictSame([listed.status, listed.stderr], [0, ''])
})

t.test('a reload that would fail a test changes nothing, and says so everywhere', async (t) => {
  const upstream = await startUpstream(t)
  const place = await makePlace(t, policy(upstream.url, 'authenticated'))
  const gateway = await startProcess(t, place)
  const status = async () => (await fetch(`${place.url}/admin`)).status
  t.equal(await status(), 401)

  writeFileSync(place.file, place.yaml(policy(upstream.url, 'anyone')))
  const metrics = async () => (await fetch(`${place.adminUrl}/metrics`)).text()
  await until('the reload is refused', async () =>
    (await metrics()).includes('portcullis_policy_reloads_total{result="failure"} 1')
  )
  t.equal(await status(), 401)
  const readiness = await fetch(`${place.adminUrl}/readyz`)
  t.equal(readiness.status, 200)
  t.match(await readiness.json(), { rejected_settings: [/^gateway\.yaml:7:5 tests\[0\]: GET \/admin/] })
  t.match(await metrics(), 'portcullis_policy_reload_successful 0')
  const refused = gateway.lines().filter(({ level }) => level === 'error')
  t.match(refused, [{ mistakes: [/tests\[0\]/] }])
  t.match(
    gateway.audit().filter(({ event }) => event === 'policy_rejected'),
    [{ mistakes: [/tests\[0\]/] }]
  )

  writeFileSync(place.file, place.yaml(policy(upstream.url, 'anyone').replace('expect: 401', 'expect: 200')))
  await until('the mended file serves', async () => (await status()) === 200)
  t.equal((await gateway.stop()).status, 0)
})
