import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { runCommand } from '../helpers/command.js'
import { ADMIN_PASSWORD, makeExamplePlace, makePlace, startProcess } from '../helpers/gateway-process.js'

const modeOf = (...path: string[]) => statSync(join(...path)).mode & 0o777

/** The lines that a newcomer would paste, from what the gateway printed. */
function pastedLines(output: string): string {
  const from = output.indexOf('Try it')
  const block = output.slice(output.indexOf('\n', from) + 1, output.indexOf('Ctrl-C'))
  return block.replaceAll(/^ {2}/gm, '')
}

t.test('start --example-upstream in an empty folder prints lines that show the main job', async (t) => {
  const place = await makeExamplePlace(t)
  const gateway = await startProcess(t, place, {
    args: ['--example-upstream'],
    env: { ...place.env, PORTCULLIS_ADMIN_PASSWORD: '' }
  })
  const shown = gateway.running.stderr()
  t.match(shown, `Portcullis listens on ${place.url}.`)
  t.match(shown, /^ {2}path +who may enter +limit +upstream$/m)
  t.match(shown, /^ {2}\/api\/admin\/\*\* +role admin +100 per 10m by user +example$/m)

  const passwordFile = join(place.folder, 'data', 'first-admin-password')
  t.match(readFileSync(passwordFile, 'utf8'), /^admin: \S{20,}\ndemo: \S{20,}\n$/)
  t.equal(modeOf(passwordFile), 0o600)
  await gateway.running.seen(`"path":"${passwordFile}"`)
  t.equal(modeOf(place.folder, 'data'), 0o700)
  for (const name of ['portcullis.db', 'portcullis.sock', 'audit.log']) {
    t.equal(modeOf(place.folder, 'data', name), 0o600, name)
  }
  const keys = readdirSync(join(place.folder, 'data', 'keys'))
  t.same(keys.map((name) => name.replace(/.*\./, '')).sort(), ['json', 'pem'], 'a key, and what it is for')
  for (const name of keys) t.equal(modeOf(place.folder, 'data', 'keys', name), 0o600, name)

  // Another terminal, in another folder.
  const pasted = await runCommand(t, ['-s'], { cwd: '/', command: ['bash'], input: pastedLines(shown) })
  t.equal(pasted.status, 0)
  t.strictSame(pasted.stdout.match(/^HTTP\/1\.1 \d+/gm), ['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 403'])
  t.match(pasted.stdout, /"x-user-name": "admin"/)
  t.match(pasted.stdout, /^ +100 200\n +1 429\n$/m)
  t.notOk(existsSync(passwordFile), 'the file goes at the first login')
})

t.test('the lines show what the file does that init begins with, whose paths and limits are others', async (t) => {
  const place = await makePlace(t, '')
  rmSync(place.file)
  const init = await runCommand(t, ['init'], { cwd: place.folder })
  t.equal(init.status, 0, init.stderr)
  const written = readFileSync(place.file, 'utf8')
  writeFileSync(
    place.file,
    `${written.replace('per_user: { by: user, requests: 100,', 'per_user: { by: user, requests: 12,')}admin: { listen: 127.0.0.1:${place.adminPort} }\n`
  )
  const env = { PORTCULLIS_LISTEN: `127.0.0.1:${place.port}`, PORTCULLIS_ADMIN_PASSWORD: '' }
  const gateway = await startProcess(t, place, { args: ['--example-upstream'], env })
  const shown = gateway.running.stderr()
  t.match(shown, '# The limit of demo: 12 of these are 200, the 13th is 429.')
  const pasted = await runCommand(t, ['-s'], { cwd: '/', command: ['bash'], input: pastedLines(shown) })
  t.strictSame(pasted.stdout.match(/^HTTP\/1\.1 \d+/gm), ['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 403'], shown)
  t.match(pasted.stdout, /^ +12 200\n +1 429\n$/m)
})

t.test('a file without an upstream for the example is told how it gets one', async (t) => {
  const place = await makePlace(
    t,
    'upstreams: { web: { url: http://127.0.0.1:9 } }\nrules: [{ path: /**, allow: anyone, to: web }]\n'
  )
  const gateway = await startProcess(t, place, { args: ['--example-upstream'] })
  const shown = gateway.running.stderr()
  t.notMatch(shown, 'Try it')
  t.match(shown, /^The example upstream is http:\/\/127\.0\.0\.1:\d+, and no upstream of the file leads there\./m)
  t.match(shown, 'url: $' + '{PORTCULLIS_EXAMPLE_UPSTREAM:-http://127.0.0.1:9001}')
})

t.test('the lines work with a password chosen by the operator, who has it in the environment', async (t) => {
  const place = await makeExamplePlace(t)
  const gateway = await startProcess(t, place, { args: ['--example-upstream'], env: place.env })
  const lines = pastedLines(gateway.running.stderr()).split('\n')
  const admin = lines.filter((line) => /ADMIN/.test(line)).join('\n')
  const pasted = await runCommand(t, ['-s'], {
    cwd: '/',
    command: ['bash'],
    env: { PORTCULLIS_ADMIN_PASSWORD: ADMIN_PASSWORD },
    input: admin
  })
  t.strictSame(pasted.stdout.match(/^HTTP\/1\.1 \d+/gm), ['HTTP/1.1 200', 'HTTP/1.1 200'])
})

t.test('a store that was first started without the example is told how it gets a demo user', async (t) => {
  const place = await makeExamplePlace(t)
  const env = { ...place.env, PORTCULLIS_ADMIN_PASSWORD: '' }
  const first = await startProcess(t, place, { env })
  await first.stop()
  const second = await startProcess(t, place, { args: ['--example-upstream'], env })
  const shown = second.running.stderr()
  const [, add = ''] = /^ {2}# There is no demo yet. This adds it: portcullis (.*)$/m.exec(shown) ?? []
  t.match(add, 'user add demo', shown)
  t.notMatch(shown, 's/^demo: //p', 'its password is in no file')
  const added = await runCommand(t, add.replaceAll("'", '').split(' '), { cwd: '/', input: 'a password of my own 1' })
  t.equal(added.status, 0, added.stderr)
})
