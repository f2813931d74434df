import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { COMMAND, startCommand } from '../helpers/command.js'
import { makeExamplePlace, type Place, signIn } from '../helpers/gateway-process.js'

/** Starts the example under a pseudo-terminal, as a person would. */
function startOnTerminal(t: Test, place: Place & { readonly env: Record<string, string> }) {
  const line = `exec ${process.execPath} ${COMMAND} start --example-upstream`
  return startCommand(t, ['-qec', line, '/dev/null'], {
    cwd: place.folder,
    command: ['script'],
    env: { ...place.env, TERM: 'xterm' },
    keepInput: true
  })
}

/** Ctrl-C, as the terminal sends it. */
const interrupt = ({ child }: ReturnType<typeof startOnTerminal>) => child.stdin?.write('\u0003')

const withoutColor = (text: string) => text.replaceAll(/\u001b\[\d+m/g, '')

t.test('a person at a terminal is shown the first passwords, once, and readable logs', async (t) => {
  const place = await makeExamplePlace(t)
  const first = startOnTerminal(t, place)
  await first.seen('listening')
  const shown = withoutColor(first.stdout())
  const password = /^ {2}admin {2,}(\S{20,}) {2,}portcullis:admin, admin\r?$/m.exec(shown)?.[1] ?? ''
  t.match(shown, /^ {2}demo {2,}\S{20,} {2,}user\r?$/m)
  t.match(shown, `ADMIN='${password}'`, 'the lines to paste have it, too')
  t.notOk(existsSync(join(place.folder, 'data', 'first-admin-password')), 'no file beside the terminal')

  const { access_token } = await signIn(place.url, 'admin', password)
  await fetch(`${place.url}/api/hello?token=secret`, { headers: { authorization: `Bearer ${access_token}` } })
  await first.seen('GET /api/hello')
  const line = withoutColor(first.stdout())
    .split('\r\n')
    .find((one) => one.includes('GET /api/hello'))
  t.match(line, /^\[[\d:]+\] (INFO: )?200 GET \/api\/hello {2}allow by admin under \/api\/\*\* in [\d.]+ ms$/)

  interrupt(first)
  t.equal((await first.finished).status, 0, 'Ctrl-C ends it well')
  t.match(withoutColor(first.stdout()), /draining and stopping/)

  const second = startOnTerminal(t, place)
  await second.seen('listening')
  t.notMatch(second.stdout(), password)
  t.notMatch(second.stdout(), /First users/)
  t.match(second.stdout(), /admin password: /, 'the lines to paste ask for it')
  await signIn(place.url, 'admin', password)
  interrupt(second)
  t.equal((await second.finished).status, 0)
  t.notMatch(readFileSync(join(place.folder, 'data', 'audit.log'), 'utf8'), password)
})
