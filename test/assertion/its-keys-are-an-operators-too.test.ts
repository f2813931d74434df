import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { freePort, makeFolder, runCommand, startCommand } from '../helpers/command.js'
import { eventually } from '../helpers/eventually.js'

t.setTimeout(90_000)

interface Listed {
  readonly kid: string
  readonly signs: string
  readonly state: string
}

t.test('`key` lists, rotates, retires and exports them, beside a running gateway and without', async (t) => {
  const [listen, admin] = [await freePort(), await freePort()]
  const cwd = makeFolder(
    t,
    `
listen: 127.0.0.1:${listen}
admin: { listen: 127.0.0.1:${admin} }
identity: { assertion: {} }
upstreams: { web: { url: "http://127.0.0.1:9" } }
rules: [{ path: /**, allow: authenticated, to: web }]
`
  )
  const key = async (...args: string[]) => {
    const { status, stdout, stderr } = await runCommand(t, ['key', ...args], { cwd })
    t.equal(status, 0, stderr)
    return stdout
  }
  const list = async () => (JSON.parse(await key('list', '--json')) as { keys: Listed[] }).keys
  const gateway = startCommand(t, ['start'], { cwd, env: { PORTCULLIS_ADMIN_PASSWORD: 'correct horse battery' } })
  await gateway.seen('listening')
  const [tokens, assertions] = await list()
  t.match(
    [tokens, assertions],
    [
      { signs: 'tokens', state: 'current' },
      { signs: 'assertions', state: 'current' }
    ]
  )
  t.match(await key('list'), new RegExp(`${assertions?.kid} +ES256 +assertions +current`))
  const rotated = JSON.parse(await key('rotate', '--signs', 'assertions', '--now', '--json')) as Listed
  t.match(rotated, { signs: 'assertions', state: 'current' })
  t.equal((await list())[0]?.kid, tokens?.kid, 'the keys of access tokens stay')
  const published = await fetch(`http://127.0.0.1:${listen}/.well-known/jwks.json`)
  const { keys } = (await published.json()) as { keys: { kid: string }[] }
  t.same(
    keys.map(({ kid }) => kid),
    [tokens?.kid, assertions?.kid, rotated.kid],
    'what the old one signed is verified still'
  )
  t.match(await key('export', assertions?.kid ?? ''), /"crv": "P-256"/)
  t.match(JSON.parse(await key('retire', assertions?.kid ?? '', '--now', '--json')), {
    signs: 'assertions',
    state: 'retired'
  })
  const audit = () => readFileSync(join(cwd, 'data', 'audit.log'), 'utf8')
  await eventually(
    () => audit().includes(`"event":"key_rotated","key_id":"${rotated.kid}","algorithm":"ES256","signs":"assertions"`),
    'the rotation is in the audit stream'
  )
  const metrics = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text()
  t.match(metrics, /^portcullis_assertion_key_age_seconds \d/m)

  gateway.child.kill('SIGTERM')
  await gateway.finished
  t.same(
    (await list()).filter(({ state }) => state === 'current').map(({ kid }) => kid),
    [tokens?.kid, rotated.kid]
  )
  const next = JSON.parse(await key('rotate', '--signs', 'assertions', '--json')) as Listed
  t.match(next, { signs: 'assertions', state: 'next' })
})

t.test('where nothing is asserted there is no such key', async (t) => {
  const cwd = makeFolder(
    t,
    'upstreams: { web: { url: "http://127.0.0.1:9" } }\nrules: [{ path: /**, allow: authenticated, to: web }]\n'
  )
  const { status, stderr } = await runCommand(t, ['key', 'rotate', '--signs', 'assertions'], { cwd })
  t.equal(status, 1)
  t.match(stderr, /^portcullis: there are no keys for assertions: see identity\.assertion\n$/)
})
