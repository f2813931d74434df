import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { freePort, makeFolder, runCommand, startCommand } from '../helpers/command.js'
import { settingsOf } from '../helpers/gateway.js'

t.test('init writes a file that check accepts without a warning', async (t) => {
  const folder = makeFolder(t, '')
  const init = await runCommand(t, ['init', '-o', 'new.yaml'], { cwd: folder })
  t.strictSame({ status: init.status, stderr: init.stderr }, { status: 0, stderr: '' })
  t.match(init.stdout, /^new\.yaml written: a starter .*\n.*\n {2}portcullis check new\.yaml /)
  const check = await runCommand(t, ['check', 'new.yaml'], { cwd: folder })
  t.strictSame(check, {
    status: 0,
    stdout: 'new.yaml: ok, 4 rules, 1 upstream\nAnyone may reach, without signing in:\n  GET /public/**\n',
    stderr: ''
  })
})

t.test('what stands in it switched off works when it is switched on', async (t) => {
  const folder = makeFolder(t, '')
  await runCommand(t, ['init', '-o', 'new.yaml'], { cwd: folder })
  const text = readFileSync(join(folder, 'new.yaml'), 'utf8')
  const switchedOn = text.replace(/^( *)#(?=[^ #\n])/gm, '$1')
  t.ok(switchedOn.length < text.length - 5)
  const settings = settingsOf(switchedOn, folder, { BILLING_SECRET: 's'.repeat(32) })
  t.strictSame(Object.keys(settings.clients), ['billing'])
  t.strictSame(Object.keys(settings.issuers), ['corp'])
  t.equal(settings.publicUrl, 'https://api.example.com')
  t.equal(settings.upstreams.app?.stripPrefix, '/api')
})

t.test('start runs on it', async (t) => {
  const folder = makeFolder(t, '')
  await runCommand(t, ['init', '--force'], { cwd: folder })
  const [port, adminPort] = [await freePort(), await freePort()]
  const file = join(folder, 'gateway.yaml')
  writeFileSync(file, `${readFileSync(file, 'utf8')}\nadmin: { listen: 127.0.0.1:${adminPort} }\n`)
  const env = { PORTCULLIS_LISTEN: `127.0.0.1:${port}` }
  const running = startCommand(t, ['start', '--example-upstream'], { cwd: folder, env })
  await running.seen(`http://127.0.0.1:${port}`)
  t.equal((await fetch(`http://127.0.0.1:${port}/public/x`)).status, 200)
  t.equal((await fetch(`http://127.0.0.1:${port}/orders`)).status, 401)
})

t.test('a file that is there is never replaced unasked', async (t) => {
  const folder = makeFolder(t, 'mine\n')
  const init = await runCommand(t, ['init'], { cwd: folder })
  t.strictSame(init, {
    status: 1,
    stdout: '',
    stderr: 'portcullis: gateway.yaml is there already and is left as it is: name another by -o, or add --force\n'
  })
  t.equal(readFileSync(join(folder, 'gateway.yaml'), 'utf8'), 'mine\n')
  t.equal((await runCommand(t, ['init', '--force'], { cwd: folder })).status, 0)
  t.not(readFileSync(join(folder, 'gateway.yaml'), 'utf8'), 'mine\n')
  const nowhere = await runCommand(t, ['init', '-o', 'none/gateway.yaml'], { cwd: folder })
  t.strictSame(nowhere, {
    status: 1,
    stdout: '',
    stderr: 'portcullis: cannot write none/gateway.yaml: there is no such file or folder\n'
  })
  t.equal((await runCommand(t, ['init', 'too', 'many'], { cwd: folder })).status, 2)
})
