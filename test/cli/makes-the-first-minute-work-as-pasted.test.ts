import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { runCommand } from '../helpers/command.js'
import { ADMIN_PASSWORD, makeExamplePlace, startProcess } from '../helpers/gateway-process.js'

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
