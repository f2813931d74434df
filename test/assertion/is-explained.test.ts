import t from 'tap'
import { makeFolder, runCommand } from '../helpers/command.js'

t.setTimeout(60_000)

const yaml = `
tokens: { claims: { email: user.email } }
identity: { preset: authelia, assertion: { header: X-Signed, ttl: 30s } }
upstreams: { orders: { url: "http://127.0.0.1:9", strip_prefix: /api } }
rules: [{ path: /api/**, allow: anyone, to: orders }]
`

t.test('`explain` shows what is said by a preset, and what is signed for which request', async (t) => {
  const cwd = makeFolder(t, yaml)
  const explain = (...args: string[]) => runCommand(t, ['explain', 'PUT', '/api/users/7?a=1', ...args], { cwd })
  const claims = JSON.stringify({ sub: 'u1', username: 'alice', roles: ['a', 'b'], email: 'ä@example.com' })
  const text = await explain('--claims', claims)
  t.equal(text.status, 0, text.stderr)
  t.match(text.stdout, /Remote-User: alice\n/)
  t.match(text.stdout, /Remote-Groups: a,b\n/)
  t.match(text.stdout, /Remote-Email: %C3%A4@example\.com\n/)
  t.match(text.stdout, /X-Signed: signed for orders, PUT \/users\/7, 30s\n/)
  const json = await explain('--claims', claims, '--json')
  t.match(JSON.parse(json.stdout), {
    assertion: { name: 'X-Signed', aud: 'orders', htm: 'PUT', path: '/users/7', ttl_ms: 30_000 }
  })
  const stranger = await explain('--json')
  t.match(JSON.parse(stranger.stdout), { verdict: 'allow', headers: [], assertion: null })
})
