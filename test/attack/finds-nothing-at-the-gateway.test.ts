import { readdirSync } from 'node:fs'
import t from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { CLONE } from '../helpers/gateway-process.js'
import { attack, found, startEcho } from './firing.js'

t.test('the file that `npm start` runs holds against the whole corpus', async (t) => {
  const TMPDIR = t.testdir()
  const { status, told, stderr } = await attack(t, ['-c', 'gateway.yaml'], { cwd: CLONE, env: { TMPDIR } })
  t.strictSame(found(told), [])
  t.equal(status, 0, stderr)
  t.ok(told.shots > 1_000, `${told.shots} shots`)
  t.equal(told.skipped + told.limited, 0, 'each of them was fired, and judged')
  t.strictSame(readdirSync(TMPDIR), [], 'and nothing of it is left')
})

t.test('so does a gateway that runs, attacked by a stranger and by a user of it', async (t) => {
  const upstream = await startEcho(t)
  const { url } = await startGateway(
    t,
    `
users: { login: { per_network: 1000, per_account_and_network: 10 } }
upstreams: { web: { url: "${upstream.url}" } }
rules:
  - { path: /public/**, allow: anyone, to: web }
  - { path: /api/admin/**, allow: { roles: [admin] }, to: web }
  - { path: /**, allow: authenticated, to: web }
`,
    [{ username: 'mallory' }]
  )
  const args = [url, '--path', '/api/admin/x', '--open', '/public/x', '--login', 'mallory']
  const { status, told, stderr } = await attack(t, args, { input: 'correct horse battery\n' })
  t.strictSame(found(told), [])
  t.equal(status, 0, stderr)
  t.equal(told.limited, 0)
  const unfired = told.results.filter(({ outcome }) => outcome === 'skipped')
  t.ok(
    unfired.every(({ id }) => /^tokens\/signed-/.test(id)),
    'all but what takes the signing key was fired'
  )
  t.notMatch(
    JSON.stringify(told),
    /correct horse battery|eyJhbGciOiJFUzI1NiIs[\w-]+\.[\w-]{100,}\.[\w-]{80}/,
    'and no secret is shown'
  )
})
