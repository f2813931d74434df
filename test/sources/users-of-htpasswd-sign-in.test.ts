import { execFileSync } from 'node:child_process'
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startCommand } from '../helpers/command.js'
import { makePlace, post, signIn, startProcess } from '../helpers/gateway-process.js'

const policy = `
users: { source: { htpasswd: .htpasswd, roles: [staff] } }
upstreams: { site: { url: "http://127.0.0.1:9" } }
rules: [{ path: /**, allow: authenticated, to: site }]
`

const htpasswd = (option: string, name: string, password: string) =>
  execFileSync('htpasswd', ['-ni', option, name], { input: password, encoding: 'utf8' }).trim()

t.test('users of an htpasswd file sign in with the roles that the settings give them', async (test) => {
  const place = await makePlace(test, policy)
  const file = join(place.folder, '.htpasswd')
  writeFileSync(file, `# kept by nginx until now\n${htpasswd('-m', 'ada', 'first secret')}\n\n`)
  const gateway = await startProcess(test, place)
  const { access_token } = await signIn(gateway.url, 'ada', 'first secret')
  const claims = JSON.parse(Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString())
  test.match(claims, { username: 'ada', roles: ['staff'] })
  appendFileSync(file, `${htpasswd('-B', 'grace', 'second secret')}\n`)
  await gateway.running.seen('the users of the changed file may sign in')
  await signIn(gateway.url, 'grace', 'second secret')
  test.equal((await post(`${gateway.url}/auth/login`, { username: 'grace', password: 'first secret' })).status, 401)
})

t.test('lines that cannot be read, or are not safe to keep, are each told', async (test) => {
  const place = await makePlace(test, policy)
  const good = htpasswd('-m', 'ada', 'secret')
  writeFileSync(
    join(place.folder, '.htpasswd'),
    [good, 'nonsense', htpasswd('-s', 'sha', 'secret'), 'ADA:x', 'a b:x', 'plain:secret'].join('\n')
  )
  const { status, stderr } = await startCommand(test, ['start'], { cwd: place.folder }).finished
  test.equal(status, 1)
  test.match(stderr, /\.htpasswd:2: is not name:hash/)
  test.match(stderr, /\.htpasswd:3: has no hash that is safe to keep/)
  test.match(stderr, /\.htpasswd:4: has the name of line 1/)
  test.match(stderr, /\.htpasswd:5: has a name that cannot be a user name/)
  test.match(stderr, /\.htpasswd:6: has no hash that is safe to keep/)
  test.notMatch(stderr, /secret/, 'and nothing of what stands there')
})
