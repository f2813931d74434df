import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { freePort, makeFolder, runCommand, startCommand } from '../helpers/command.js'
import { bearer, type Tokens } from '../helpers/gateway.js'

// Each command is a process of its own, side by side with those of the other tests: the machine sets the pace.
t.setTimeout(0)
t.jobs = 3

const PASSWORD = 'correct horse battery'

const yaml = (port: number, admin: number) => `
listen: 127.0.0.1:${port}
admin: { listen: 127.0.0.1:${admin} }
logs: { access: off }
upstreams: { web: { url: "http://127.0.0.1:9" } }
rules: [{ path: /**, allow: authenticated, to: web }]
`

async function makeSite(t: Test) {
  const port = await freePort()
  const folder = makeFolder(t, yaml(port, await freePort()))
  const run = (args: readonly string[], input = '') => runCommand(t, args, { cwd: folder, input })
  const json = async (...args: readonly string[]) => JSON.parse((await run([...args, '--json'])).stdout)
  const url = `http://127.0.0.1:${port}`
  return {
    folder,
    run,
    json,
    url,
    audit: () =>
      readFileSync(join(folder, 'data', 'audit.log'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    async login(): Promise<Tokens> {
      const body = new URLSearchParams({ username: 'alice', password: PASSWORD })
      return (await (await fetch(`${url}/auth/login`, { method: 'POST', body })).json()) as Tokens
    },
    status: async (token: string) => (await fetch(`${url}/auth/userinfo`, { headers: bearer(token) })).status
  }
}

t.test(
  'without a gateway the command works on the store, and audits what it changes',
  { buffered: true },
  async (t) => {
    const { run, json, audit } = await makeSite(t)
    t.match(await run(['user', 'add', 'alice', '--roles', 'a'], 'password1\n'), {
      status: 1,
      stderr: /^portcullis: The password is among the most common ones\.\n$/
    })
    t.match(await run(['user', 'add', 'alice', '--roles', 'a'], `${PASSWORD}\n`), { status: 0 })
    t.match(await json('user', 'show', 'alice'), { username: 'alice', roles: ['a'], sessions: 0, networks: [] })
    const { access_token, session_id } = await json('token', 'mint', '--as', 'alice', '--ttl', '90s')
    const inspected = await run(['token', 'inspect', '-'], `Bearer ${access_token}\n`)
    t.match(inspected, { status: 0, stdout: /It holds\.\n$/, stderr: '' })
    t.notOk(inspected.stdout.includes(access_token.split('.')[2]))
    t.match(await json('session', 'list'), { sessions: [{ id: session_id, username: 'alice' }] })
    t.match(await run(['session', 'list', 'alice']), { status: 0, stdout: new RegExp(`^session.*\n${session_id} `) })
    t.match(await run(['session', 'revoke', session_id]), { status: 0, stdout: `${session_id}: ended\n` })
    t.match(await run(['token', 'inspect', access_token]), { status: 1, stdout: /It was revoked/ })
    t.match(await run(['user', 'remove', 'alice']), { status: 0, stdout: 'alice: removed, sessions ended\n' })
    t.match(await run(['user', 'show', 'alice']), { status: 1, stderr: 'portcullis: There is no user "alice".\n' })
    const events = audit()
    t.same(
      events.map(({ event }) => event),
      ['user_added', 'token_minted', 'session_revoked', 'user_removed']
    )
    t.match(events[1], { log: 'audit', username: 'alice', session_id, by: 'command', time: String })
  }
)

t.test(
  'beside a gateway the command speaks to it, and what it changes bites at once',
  { buffered: true },
  async (t) => {
    const { run, json, folder, url, login, status, audit } = await makeSite(t)
    await run(['user', 'add', 'alice'], `${PASSWORD}\n`)
    const gateway = startCommand(t, ['start'], { cwd: folder })
    await gateway.seen('"listening"')
    const [one, two] = [await login(), await login()]
    const { sessions } = await json('session', 'list', 'alice')
    t.equal(sessions.length, 2)
    t.match(await json('user', 'show', 'alice'), { sessions: 2, networks: ['127.0.0.1'] })
    t.match(await run(['session', 'revoke', sessions[1].id]), { status: 0 })
    t.same([await status(one.access_token), await status(two.access_token)], [401, 200])
    t.match(await run(['session', 'revoke', '--user', 'alice']), { status: 0, stdout: 'alice: sessions ended\n' })
    t.equal(await status(two.access_token), 401)
    t.match(await run(['token', 'inspect', two.access_token]), { status: 1, stdout: /It was revoked/ })
    const minted = (await run(['token', 'mint', '--as', 'alice'])).stdout.trim()
    t.equal(await status(minted), 200)
    t.match(await run(['token', 'inspect', '-'], minted), { status: 0 })
    for (let i = 0; i < 11; i += 1) {
      await fetch(`${url}/auth/login`, {
        method: 'POST',
        body: new URLSearchParams({ username: 'alice', password: 'x' })
      })
    }
    t.notOk((await login()).access_token, 'locked')
    t.match(await run(['user', 'unlock', 'alice']), { status: 0, stdout: 'alice: may sign in again\n' })
    t.ok((await login()).access_token)
    t.match(await run(['user', 'remove', 'alice']), { status: 0 })
    t.equal(await status(minted), 401)
    t.match(await run(['token', 'mint', '--as', 'alice']), {
      status: 1,
      stderr: 'portcullis: There is no user "alice".\n'
    })
    gateway.child.kill('SIGTERM')
    await gateway.finished
    t.match(await run(['token', 'inspect', minted]), { status: 1, stdout: /It was revoked/ }, 'the store remembers')
    const events = audit().map(({ event }) => event)
    for (const event of ['session_revoked', 'sessions_revoked', 'token_minted', 'user_unlocked', 'user_removed']) {
      t.ok(events.includes(event), event)
    }
  }
)

t.test('misuse is told from a fault', { buffered: true }, async (t) => {
  const { run } = await makeSite(t)
  const table: readonly (readonly [args: string, status: number])[] = [
    ['session revoke', 2],
    ['session revoke x --user alice', 2],
    ['session revoke nothing', 1],
    ['session list nobody', 1],
    ['session frobnicate', 2],
    ['token mint', 2],
    ['token mint --as nobody --ttl 25h', 2],
    ['token mint --as nobody', 1],
    ['token inspect -', 1],
    ['token inspect nonsense', 1],
    ['session list', 0]
  ]
  const answers = await Promise.all(table.map(([args]) => run(args.split(' '))))
  for (const [place, [args, status]] of table.entries()) {
    const answer = answers[place] ?? { status: null, stderr: '' }
    t.equal(answer.status, status, args)
    if (status !== 0) t.notMatch(answer.stderr, /\n {4}at /, 'no stack')
  }
})
