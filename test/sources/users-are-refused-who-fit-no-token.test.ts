import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { runCommand } from '../helpers/command.js'
import { cheapHasher, PASSWORD, startGateway, verdictOf } from '../helpers/gateway.js'
import { makePlace, type Place, post, signIn, startProcess, until } from '../helpers/gateway-process.js'

/** Says an attribute of 3 KiB often enough that no token holds it. */
const claims = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}: user.blob`).join(', ')
const policy = (more = '') => `
users: { ${more} hash: { memory: 8kb, passes: 1, insecure_weak_hash: true } }
tokens: { claims: { ${claims} }, refresh: { reuse_grace: 0s } }
compat: { simplejwt: { rotate: true } }
upstreams: { site: { url: "http://127.0.0.1:9" } }
rules: [{ path: /**, allow: authenticated, to: site }]
`
const BLOB = 'x'.repeat(3000)
const roles = Array.from({ length: 64 }, (_, index) => `${index}-`.padEnd(64, 'r'))
const hash = await cheapHasher().hash(PASSWORD)

function createWrite({ folder }: Place) {
  return (users: Readonly<Record<string, string>>): void => {
    const written = Object.fromEntries(
      Object.entries(users).map(([name, blob]) => [
        name,
        { password_hash: hash, roles: ['user'], attributes: { blob } }
      ])
    )
    const file = join(folder, 'users.yaml')
    writeFileSync(`${file}.new`, JSON.stringify({ users: written }))
    renameSync(`${file}.new`, file)
  }
}

t.test('a user of a file who fits no token is told so, and nobody else notices', async (test) => {
  const place = await makePlace(test, policy('source: { file: users.yaml },'))
  const write = createWrite(place)
  write({ ada: BLOB, grace: 'small', ken: 'small' })
  const gateway = await startProcess(test, place)
  const ask = (path: string, body: object) => post(`${gateway.url}${path}`, body)
  const ada = { username: 'ada', password: PASSWORD }

  const refused = await ask('/auth/login', ada)
  test.equal(refused.status, 403)
  const { code, detail } = (await refused.json()) as { code: string; detail: string }
  test.equal(code, 'token_too_large')
  test.match(detail, /make a token of \d{5} characters; 14336 are the most/)
  const compat = await ask('/api/token/', ada)
  test.match([compat.status, await compat.json()], [403, { detail: /roles and attributes/ }])
  test.equal((await ask('/auth/login', { ...ada, password: 'wrong' })).status, 401, 'a stranger learns nothing')
  test.match(
    gateway.audit().filter(({ event }) => event === 'token_too_large'),
    [{ username: 'ada', characters: Number }, { username: 'ada' }]
  )
  test.ok(gateway.audit().every(({ event, username }) => event !== 'login' || username !== 'ada'))
  const sessions = await runCommand(test, ['session', 'list', 'ada', '--json'], { cwd: place.folder })
  test.same(JSON.parse(sessions.stdout).sessions, [], 'no session was opened')

  const grace = await signIn(gateway.url, 'grace', PASSWORD)
  const ken = await signIn(gateway.url, 'ken', PASSWORD)
  const pair = (await (await ask('/api/token/', { username: 'ken', password: PASSWORD })).json()) as { refresh: string }
  write({ grace: 'small', ken: BLOB })
  await gateway.running.seen('the users of the changed file may sign in')
  for (let again = 0; again < 2; again += 1) {
    const refresh = await ask('/auth/refresh', { refresh_token: ken.refresh_token })
    test.equal(await verdictOf(refresh), '403 token_too_large')
    test.equal((await ask('/api/token/refresh/', { refresh: pair.refresh })).status, 403)
    const form = { grant_type: 'refresh_token', refresh_token: ken.refresh_token }
    const oauth = await ask('/auth/token', form)
    test.match([oauth.status, await oauth.json()], [403, { error: 'invalid_request' }])
  }
  test.equal((await ask('/auth/refresh', { refresh_token: grace.refresh_token })).status, 200)

  write({ grace: 'small', ken: 'small again' })
  await until('ken fits again', async () => (await signInStatus(gateway.url, 'ken')) === 200)
  test.equal((await ask('/auth/refresh', { refresh_token: ken.refresh_token })).status, 200, 'the session is there')
  test.equal((await ask('/api/token/refresh/', { refresh: pair.refresh })).status, 200)
})

const signInStatus = async (url: string, username: string) =>
  (await post(`${url}/auth/login`, { username, password: PASSWORD })).status

for (const running of [true, false]) {
  t.test(`an operator makes no such user ${running ? 'in a gateway that runs' : 'where none runs'}`, async (test) => {
    const place = await makePlace(test, policy())
    if (running) await startProcess(test, place)
    const user = (args: readonly string[], input = PASSWORD) =>
      runCommand(test, ['user', ...args], { cwd: place.folder, input })
    const told =
      /"ada" would have tokens of \d{5} characters, and 14336 are the most \(\d+ roles of \d+ bytes, attributes of \d+; /
    const refuses = async (args: readonly [string, ...string[]]) => {
      const { status, stdout, stderr } = await user(args)
      test.equal(status, 1, args[0])
      test.equal(stdout, '')
      test.match(stderr, told, args[0])
    }
    await refuses(['add', 'ada', '--set', `blob=${BLOB}`])
    test.match(await user(['add', 'ada', '--set', `blob=${'x'.repeat(1300)}`]), { status: 0 })
    await refuses(['set', 'ada', `blob=${BLOB}`])
    await refuses(['roles', 'ada', ...roles])
    const fields = { username: 'ada', password: `argon2${hash}`, groups: [[roles[0]]], email: 'e'.repeat(3000) }
    const dump = [{ model: 'auth.user', pk: 1, fields }]
    writeFileSync(join(place.folder, 'dump.json'), JSON.stringify(dump))
    writeFileSync(place.file, place.yaml(policy().replaceAll('user.blob', 'user.email')))
    if (!running) {
      const { status, stdout } = await user(['import', 'dump.json', '--update'])
      test.equal(status, 1)
      test.match(stdout, told)
    }
    const { stdout } = await user(['show', 'ada', '--json'])
    test.match(JSON.parse(stdout), { roles: [], attributes: { blob: 'x'.repeat(1300) } }, 'as before')
  })
}

t.test('whom a reload made too large keeps the session, and cannot be minted for', async (test: Test) => {
  const small = policy().replace(claims, 'a: user.blob')
  const gateway = await startGateway(test, small, [{ username: 'ada', attributes: { blob: BLOB } }])
  const { refresh_token } = await gateway.login('ada')
  gateway.reload(policy())
  const refresh = async () => verdictOf(await post(`${gateway.url}/auth/refresh`, { refresh_token }))
  test.equal(await refresh(), '403 token_too_large')
  test.equal(await refresh(), '403 token_too_large')
  await test.rejects(gateway.gateway.operatorAccounts.mintToken('ada', 60_000), /"ada" would have tokens/)
  test.equal((await gateway.gateway.operatorAccounts.show('ada')).sessions, 1)
  gateway.reload(small)
  test.equal(await refresh(), '200')
  test.same(gateway.failures, [], 'it is no failure of ours')
})
