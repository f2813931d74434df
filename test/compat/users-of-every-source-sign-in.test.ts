import { execFileSync } from 'node:child_process'
import { pbkdf2Sync } from 'node:crypto'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { runCommand } from '../helpers/command.js'
import { bearer, cheapHasher, post as postTo } from '../helpers/gateway.js'
import { type GatewayProcess, makePlace, startProcess, until } from '../helpers/gateway-process.js'
import { startUpstream } from '../helpers/upstream.js'
import { claimsOf } from './ask.js'
import { clientOf, SECRET, said } from './compat-fixture.js'

const PASSWORD = 'correct horse battery'

const policy = (upstream: string, { users, userId }: { readonly users: string; readonly userId: string }) => `
users: { ${users} hash: { memory: 8kb, passes: 1, insecure_weak_hash: true } }
tokens: { refresh: { reuse_grace: 0s } }
compat: { simplejwt: { signing_key: { secret: "${SECRET}" }, user_id: ${userId}, rotate: true, auth_tokens: [access, sliding] } }
upstreams: { site: { url: "${upstream}" } }
rules: [{ path: /**, allow: authenticated, to: site }]
`

async function makeSite(test: Test, users: { readonly users: string; readonly userId: string }) {
  const { url } = await startUpstream(test)
  return makePlace(test, policy(url, users))
}

/** Writes a file whole, as an operator's editor does. */
function write(folder: string, name: string, text: string): void {
  writeFileSync(join(folder, `${name}.new`), text)
  renameSync(join(folder, `${name}.new`), join(folder, name))
}

/** All that a client of simplejwt does, in its order. */
async function livesItsLife(test: Test, gateway: GatewayProcess, username: string, userId: unknown): Promise<void> {
  const { post, obtain, refresh, visit } = clientOf(gateway)
  const verify = async (token: string) => (await post('verify/', { token })).status
  const pair = await obtain(username)
  test.equal(claimsOf(pair.access).user_id, userId)
  test.equal(await visit(pair.access), 200)
  test.strictSame([await verify(pair.access), await verify(pair.refresh)], [200, 200])
  const renewed = (await refresh(pair.refresh)).body as typeof pair
  test.equal(claimsOf(renewed.access).user_id, userId)
  test.equal(await visit(renewed.access), 200)
  test.equal(await verify(pair.refresh), 400, 'what was rotated is spent')
  test.equal((await post('blacklist/', { refresh: renewed.refresh })).status, 200)
  test.equal(said(await refresh(renewed.refresh)), '401 Token is blacklisted')
  test.strictSame([await verify(renewed.access), await verify(renewed.refresh)], [401, 400])
  test.equal(await visit(renewed.access), 401)
  const { token } = await obtain(username, 'sliding/')
  test.equal(await visit(token), 200)
  test.equal((await post('sliding/refresh/', { token })).status, 200)
  const wrong = await post('', { username, password: 'wrong' })
  test.equal(said(wrong), '401 No active account found with the given credentials')
}

t.test('users of a file sign in as Django knows them, and follow their file', async (test) => {
  const place = await makeSite(test, { users: 'source: { file: users.yaml },', userId: 'user.django_id' })
  const hash = await cheapHasher().hash(PASSWORD)
  const writeUsers = (ada: string) =>
    write(
      place.folder,
      'users.yaml',
      `users:
  ada: { password_hash: "${hash}", attributes: { django_id: 7 }${ada} }
  eve: { password_hash: "${hash}" }
`
    )
  writeUsers('')
  const gateway = await startProcess(test, place)
  const { post, obtain, refresh, visit } = clientOf(gateway)
  await livesItsLife(test, gateway, 'ada', 7)
  const nameless = await post('', { username: 'eve', password: PASSWORD })
  test.equal(said(nameless), '401 No active account found with the given credentials', 'Django knows no eve')

  const pair = await obtain()
  const sessions = await fetch(`${gateway.url}/auth/sessions`, { headers: bearer(pair.access) })
  test.equal(sessions.status, 200)
  const passwords = { current_password: PASSWORD, new_password: 'another horse battery' }
  const changed = await postTo(`${gateway.url}/auth/password`, passwords, bearer(pair.access))
  test.match([changed.status, await changed.json()], [403, { code: 'access_denied' }], 'the file keeps it')

  writeUsers(', disabled: true')
  await until('who is disabled in the file is out', async () => (await visit(pair.access)) === 401)
  test.equal(said(await refresh(pair.refresh)), '401 No active account found for the given token.')
  test.equal((await post('verify/', { token: pair.access })).status, 401)
})

t.test('users of an htpasswd file sign in by their names', async (test) => {
  const place = await makeSite(test, { users: 'source: { htpasswd: .htpasswd },', userId: 'user.username' })
  const line = (name: string) =>
    execFileSync('htpasswd', ['-niB', '-C', '4', name], { input: PASSWORD, encoding: 'utf8' }).trim()
  write(place.folder, '.htpasswd', `${line('ada')}\n${line('grace')}\n`)
  const gateway = await startProcess(test, place)
  await livesItsLife(test, gateway, 'ada', 'ada')
  const { post, obtain, visit } = clientOf(gateway)
  const grace = await obtain('grace')
  write(place.folder, '.htpasswd', `${line('ada')}\n`)
  await until('who left the file is out', async () => (await visit(grace.access)) === 401)
  test.equal((await post('refresh/', { refresh: grace.refresh })).status, 401)
})

/** As Django keeps it. */
const djangoHash = (password: string) =>
  `pbkdf2_sha256$1000$salt$${pbkdf2Sync(password, 'salt', 1000, 32, 'sha256').toString('base64')}`

const person = (pk: number, username: string, fields: object = {}) => ({
  model: 'auth.user',
  pk,
  fields: { username, password: djangoHash(PASSWORD), groups: [], ...fields }
})

for (const running of [true, false]) {
  t.test(
    `users of a dump sign in, imported ${running ? 'into a gateway that runs' : 'before it runs'}`,
    async (test) => {
      const place = await makeSite(test, { users: '', userId: 'user.django_id' })
      const before = running ? await startProcess(test, place) : null
      const people = [person(41, 'Ada'), person(42, 'off', { is_active: false })]
      write(place.folder, 'dump.json', JSON.stringify(people))
      const { status, stderr } = await runCommand(test, ['user', 'import', 'dump.json'], { cwd: place.folder })
      test.equal(status, 0, stderr)
      const gateway = before ?? (await startProcess(test, place))
      await livesItsLife(test, gateway, 'ada', 41)
      await livesItsLife(test, gateway, 'Ada', 41)
      const { post, obtain, visit } = clientOf(gateway)
      const off = await post('', { username: 'off', password: PASSWORD })
      test.equal(said(off), '401 No active account found with the given credentials')

      const pair = await obtain()
      const passwords = { current_password: PASSWORD, new_password: 'another horse battery' }
      const changed = await postTo(`${gateway.url}/auth/password`, passwords, bearer(pair.access))
      test.equal(changed.status, 200)
      test.equal(await visit(((await changed.json()) as typeof pair).access), 200)
      test.equal(await visit(pair.access), 401)
    }
  )
}
