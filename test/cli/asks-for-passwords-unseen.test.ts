import t, { type Test } from 'tap'
import { COMMAND, type Finished, runCommand, startCommand } from '../helpers/command.js'
import { makePlace, type Place } from '../helpers/gateway-process.js'

/** Types `keys` at the prompt of `user add` on a pseudo-terminal. */
async function add(t: Test, { folder }: Place, name: string, ...keys: readonly string[]): Promise<Finished> {
  const line = `exec ${process.execPath} ${COMMAND} user add ${name}`
  const running = startCommand(t, ['-qec', line, '/dev/null'], { cwd: folder, command: ['script'], keepInput: true })
  await running.seen(`password for ${name}: `)
  for (const key of keys) {
    const before = running.stdout().length
    running.child.stdin?.write(key)
    while (keys.length > 1 && running.stdout().length === before)
      await new Promise((resolve) => setTimeout(resolve, 10))
  }
  const finished = await running.finished
  return { ...finished, stdout: finished.stdout.replaceAll('\r\n', '\n') }
}

t.test('at a terminal a password is asked for twice and never shown', async (t) => {
  const place = await makePlace(
    t,
    'upstreams: { app: { url: http://127.0.0.1:9 } }\nrules: [{ path: /**, allow: nobody }]\n'
  )
  t.strictSame(await add(t, place, 'ada', 'a long password\r', 'a long password\r'), {
    status: 0,
    stdout: 'password for ada: \nonce more: \nada: added\n',
    stderr: ''
  })
  t.match(await add(t, place, 'pasted', 'a long password\ra long password\r'), { status: 0, stdout: /pasted: added/ })
  t.match(await add(t, place, 'bob', 'a long password\r', 'another password\r'), {
    status: 1,
    stdout: /^portcullis: the two passwords differ$/m
  })
  for (const [name, key] of [
    ['carl', '\u0003'],
    ['dora', '\u0004']
  ] as const) {
    t.match(await add(t, place, name, key), { status: 1, stdout: /portcullis: nothing was changed\n$/ })
  }
  const { stdout } = await runCommand(t, ['user', 'list', '--json'], { cwd: place.folder })
  const { users } = JSON.parse(stdout) as { users: { username: string }[] }
  t.strictSame(
    users.map(({ username }) => username),
    ['ada', 'pasted']
  )
})
