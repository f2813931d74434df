import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { runCommand } from '../helpers/command.js'
import { makePlace, type Place, post, signIn, startProcess } from '../helpers/gateway-process.js'
import { COUNT, type Member, members, startMovingSite } from './moving-site.js'

const { server, url, manage } = await startMovingSite(t)
const AT_ONCE = 8

const source = `{ postgres: { url: "\${DATABASE_URL}", preset: django, role_map: { Content Editors: editor }, superusers_as: root } }`
const policy = (from: string) => `
users:
  source: ${from}
  hash: { memory: 8kb, passes: 1, insecure_weak_hash: true }
  login: { per_network: 100000, per_account: 1000, per_account_and_network: 1000 }
tokens: { claims: { full_name: user.full_name, email: user.email, django_id: user.django_id } }
upstreams: { site: { url: "http://127.0.0.1:9" } }
rules: [{ path: /**, allow: authenticated, to: site }]
`
const env = { DATABASE_URL: url }

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>

/** What is wrong with how each of them signs in, in words; nothing, when all is well. */
async function findFaults(gateway: string, tested: readonly Member[]): Promise<string[]> {
  const faults: string[] = []
  const waiting = [...tested]
  async function work(): Promise<void> {
    for (let member = waiting.shift(); member !== undefined; member = waiting.shift()) {
      const fault = await faultOf(gateway, member)
      if (fault !== null) faults.push(`${member.username}: ${fault}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return faults
}

async function faultOf(gateway: string, { username, password, roles, isActive }: Member): Promise<string | null> {
  const response = await post(`${gateway}/auth/login`, { username, password })
  if (response.status !== (isActive ? 200 : 401)) return `${response.status} ${await response.text()}`
  if (!isActive) return null
  const claims = claimsOf(((await response.json()) as { access_token: string }).access_token)
  const [number] = /\d+$/.exec(username) ?? []
  if (claims.username !== username.toLowerCase()) return `is called ${claims.username}`
  if (claims.email !== `user${number}@example.com`) return `has the address ${claims.email}`
  const got = [...(claims.roles as string[])].sort().join()
  return got === roles.join() ? null : `has the roles ${got} and not ${roles.join()}`
}

async function everyPasswordWorks(test: Test, gateway: string): Promise<void> {
  test.same(await findFaults(gateway, members), [], 'every password, role, and name')
  const wrong = members.slice(0, 12).map((member) => ({ ...member, password: `${member.password}x` }))
  test.equal((await findFaults(gateway, wrong)).length, 12 - 1, 'and no other password (one of them is not active)')
  test.equal((await post(`${gateway}/auth/login`, { username: 'without', password: '!' })).status, 401)
}

async function untouched(test: Test): Promise<void> {
  const rows = await server.run(
    "select count(*) filter (where last_login is not null) as signed, count(distinct split_part(password, '$', 1)) as kinds from auth_user where username <> 'without'",
    'moving'
  )
  test.match(rows, [{ signed: '0', kinds: '6' }], 'nothing was written to the site')
}

const importUsers = (test: Test, place: Place, args: readonly string[]) =>
  runCommand(test, ['user', 'import', ...args], { cwd: place.folder, env })

t.test('in place: users.source is the database', async (test) => {
  const place = await makePlace(test, policy(source))
  const gateway = await startProcess(test, place, { env })
  await everyPasswordWorks(test, gateway.url)
  await untouched(test)

  const [first] = members
  const before = await signIn(gateway.url, first?.username, first?.password)
  const { status, stdout, stderr } = await importUsers(test, place, ['--from-source'])
  test.equal(status, 0, stderr)
  test.match(stdout, /: 1001 users: 1 added, 1000 updated\n/, 'mirrors are kept here from now on')
  test.match(stdout, /1 have no password that could be kept: without\n/)
  await gateway.stop()
  writeFileSync(place.file, place.yaml(policy('store')))
  const after = await startProcess(test, place)
  const refreshed = await post(`${after.url}/auth/refresh`, { refresh_token: before.refresh_token })
  test.equal(refreshed.status, 200, 'sessions outlive the move')
  const { access_token } = (await refreshed.json()) as { access_token: string }
  test.equal(claimsOf(access_token).sub, claimsOf(before.access_token).sub, 'and everybody is the same subject')
  await everyPasswordWorks(test, after.url)
})

t.test('from a dump of the site, into a gateway that runs', async (test) => {
  const dump = await manage(['dumpdata', 'auth', '--indent', '1'])
  const args = ['--role-map', 'Content Editors=editor', '--superusers-as', 'root']
  const place = await makePlace(test, policy('store'))
  const file = join(place.folder, 'users.json')
  writeFileSync(file, dump)
  const gateway = await startProcess(test, place)
  const { status, stdout, stderr } = await importUsers(test, place, [file, ...args])
  test.equal(status, 0, stderr)
  test.match(stdout, `${COUNT + 1} users: ${COUNT + 1} added, 0 updated`)
  rmSync(file)
  await everyPasswordWorks(test, gateway.url)
  const again = members.slice(0, 60)
  test.same(await findFaults(gateway.url, again), [], 'also by the hashes that were made anew')
})

t.test('straight from the database, which is needed no more', async (test) => {
  const place = await makePlace(test, policy(source))
  const { status, stdout, stderr } = await importUsers(test, place, ['--from-source'])
  test.equal(status, 0, stderr)
  test.match(stdout, `${COUNT + 1} users: ${COUNT + 1} added, 0 updated`)
  writeFileSync(place.file, place.yaml(policy('store')))
  const gateway = await startProcess(test, place)
  await everyPasswordWorks(test, gateway.url)
  await untouched(test)
})
