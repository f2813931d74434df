import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { runCommand } from '../helpers/command.js'
import { CLONE, makePlace } from '../helpers/gateway-process.js'

const good = 'upstreams: { app: { url: http://127.0.0.1:9 } }\nrules: [{ path: /**, allow: nobody }]\n'
const mistaken = `upstreams:
  app: { url: "http://127.0.0.1:9" }
rules:
  - path: /a
    alow: anyone
    to: backend
  - { path: /b, allow: { roles: [] }, to: app }
`

t.test('check answers for gateway.yaml, and exits 0 when it is good', async (t) => {
  const { folder } = await makePlace(t, good)
  const text = await runCommand(t, ['check'], { cwd: folder })
  const nothing = 'Without signing in nobody reaches anything.\n'
  t.strictSame(text, { status: 0, stdout: `gateway.yaml: ok, 1 rule, 1 upstream\n${nothing}`, stderr: '' })
  const json = await runCommand(t, ['check', '--json'], { cwd: folder })
  t.strictSame(JSON.parse(json.stdout), { file: 'gateway.yaml', ok: true, errors: [], warnings: [], anyone: [] })
  t.equal(json.status, 0)
})

t.test("the clone's own file is good", async (t) => {
  const { status, stderr } = await runCommand(t, ['check', join(CLONE, 'gateway.yaml')], { cwd: '/' })
  t.strictSame({ status, stderr }, { status: 0, stderr: '' })
})

t.test('every mistake is told at once, with its place, its line and a caret, and check exits 1', async (t) => {
  const { folder } = await makePlace(t, good)
  writeFileSync(join(folder, 'other.yaml'), mistaken)
  const { status, stdout, stderr } = await runCommand(t, ['check', 'other.yaml'], { cwd: folder })
  t.equal(status, 1)
  t.equal(stdout, '')
  t.match(stderr, /^other\.yaml:5:5: error: rules\[0\]\.alow: is not a known key$/m)
  t.match(stderr, /^> {4}5 \| {5}alow: anyone\n {7}\| {5}\^{4} did you mean 'allow'\?$/m)
  t.match(stderr, /^other\.yaml:6:9: error: rules\[0\]\.to: .*backend.*$/m)
  t.match(stderr, /^other\.yaml:7:\d+: error: rules\[1\]\.allow\.roles: .+$/m)
  t.match(stderr, /^3 errors in other\.yaml$/m)

  const json = await runCommand(t, ['check', 'other.yaml', '--json'], { cwd: folder })
  t.equal(json.status, 1)
  t.equal(json.stderr, '')
  const { ok, errors } = JSON.parse(json.stdout) as { ok: boolean; errors: { path: string; line: number }[] }
  t.equal(ok, false)
  t.ok(errors.some(({ path, line }) => path === 'rules[0].alow' && line === 5))
})

t.test('warnings are told and do not fail', async (t) => {
  const { folder } = await makePlace(t, good)
  writeFileSync(join(folder, 'open.yaml'), `listen: 0.0.0.0:8080\n${good}`)
  const text = await runCommand(t, ['check', 'open.yaml'], { cwd: folder })
  t.equal(text.status, 0)
  t.match(text.stderr, /^open\.yaml:1:9: warning: listen: listens beyond this machine without TLS/)
  t.match(text.stdout, /^open\.yaml: ok, 1 rule, 1 upstream, 1 warning$/m)
  const json = await runCommand(t, ['check', 'open.yaml', '--json'], { cwd: folder })
  t.match(JSON.parse(json.stdout), { ok: true, warnings: [{ line: 1, column: 9, path: 'listen' }] })
})
