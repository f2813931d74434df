import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { cheapHasher } from '../helpers/gateway.js'
import {
  ADMIN_PASSWORD,
  type GatewayProcess,
  makePlace,
  post,
  signIn,
  startProcess,
  until
} from '../helpers/gateway-process.js'
import { startUpstream } from '../helpers/upstream.js'

const PASSWORD = 'correct horse battery staple'

interface Written {
  readonly password?: string
  readonly roles?: readonly string[]
  readonly disabled?: boolean
}

/** A file of users; the hash of each password is made once, since another salt would be another password. */
function createUsersFile(folder: string) {
  const hashes = new Map<string, string>()
  return async (users: Readonly<Record<string, Written>>): Promise<void> => {
    const lines = ['users:']
    for (const [name, { password = PASSWORD, roles = [], disabled = false }] of Object.entries(users)) {
      const hash = hashes.get(password) ?? (await cheapHasher().hash(password))
      hashes.set(password, hash)
      const attributes = '{ full_name: Ada Lovelace }'
      const roleList = `[${roles.join(', ')}]`
      lines.push(
        `  ${name}: { password_hash: "${hash}", roles: ${roleList}, attributes: ${attributes}, disabled: ${disabled} }`
      )
    }
    const file = join(folder, 'users.yaml')
    writeFileSync(`${file}.new`, `${lines.join('\n')}\n`)
    renameSync(`${file}.new`, file)
  }
}

async function startWithFile(test: Test) {
  const upstream = await startUpstream(test)
  const place = await makePlace(
    test,
    `
users: { source: { file: users.yaml }, hash: { memory: 8kb, passes: 1, insecure_weak_hash: true } }
tokens: { claims: { full_name: user.full_name }, refresh: { reuse_grace: 0s } }
upstreams: { site: { url: "${upstream.url}" } }
rules:
  - { path: /admin, allow: { roles: [admin] }, to: site }
  - { path: /**, allow: authenticated, to: site }
`
  )
  const write = createUsersFile(place.folder)
  return { place, write }
}

const statusOf = async ({ url }: GatewayProcess, path: string, token: string) =>
  (await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } })).status

t.test('users of a file sign in, refresh, and follow their file within a second', async (test) => {
  const { place, write } = await startWithFile(test)
  await write({ Ada: { roles: ['user'] }, grace: { roles: ['admin', 'portcullis:admin'] } })
  const gateway = await startProcess(test, place)
  const ada = await signIn(gateway.url, 'ada', PASSWORD)
  const claims = JSON.parse(Buffer.from(ada.access_token.split('.')[1] ?? '', 'base64url').toString())
  test.match(claims, { username: 'ada', roles: ['user'], full_name: 'Ada Lovelace' })
  test.equal(await statusOf(gateway, '/admin', ada.access_token), 403)
  const grace = await signIn(gateway.url, 'GRACE', PASSWORD)
  test.equal(await statusOf(gateway, '/admin', grace.access_token), 200)
  const graceClaims = JSON.parse(Buffer.from(grace.access_token.split('.')[1] ?? '', 'base64url').toString())
  test.same(graceClaims.roles, ['admin'], "the operator's roles are nobody's but the store's own users'")
  test.equal((await post(`${gateway.url}/auth/login`, { username: 'ada', password: 'wrong' })).status, 401)
  await signIn(gateway.url, 'admin', ADMIN_PASSWORD)

  await write({ Ada: { roles: ['user', 'admin'] }, grace: { roles: [] } })
  await until('older tokens end', async () => (await statusOf(gateway, '/admin', grace.access_token)) === 401)
  await until('older tokens end', async () => (await statusOf(gateway, '/x', ada.access_token)) === 401)
  const refreshed = await post(`${gateway.url}/auth/refresh`, { refresh_token: ada.refresh_token })
  const now = (await refreshed.json()) as { access_token: string; refresh_token: string }
  test.equal(refreshed.status, 200, 'the session goes on')
  test.equal(await statusOf(gateway, '/admin', now.access_token), 200, 'with the roles of now')

  await write({ Ada: { roles: ['user', 'admin'], disabled: true } })
  await until('a disabled user is out', async () => (await statusOf(gateway, '/x', now.access_token)) === 401)
  for (const { refresh_token } of [now, grace]) {
    test.equal((await post(`${gateway.url}/auth/refresh`, { refresh_token })).status, 401, 'and so are the sessions')
  }
  for (const username of ['ada', 'grace']) {
    test.equal((await post(`${gateway.url}/auth/login`, { username, password: PASSWORD })).status, 401, username)
  }
})

t.test('a broken file changes nothing, and is told', async (test) => {
  const { place, write } = await startWithFile(test)
  await write({ ada: {} })
  const gateway = await startProcess(test, place)
  writeFileSync(join(place.folder, 'users.yaml'), 'users:\n  ada: { pasword_hash: x }\n')
  await gateway.running.seen('the changed file of users has mistakes')
  test.match(gateway.running.stdout(), /users\.yaml:2:\d+ users\.ada\.pasword_hash: is not a known key/)
  await signIn(gateway.url, 'ada', PASSWORD)
  await write({ ada: { password: 'another horse battery' } })
  await gateway.running.seen('the users of the changed file may sign in')
  test.equal((await post(`${gateway.url}/auth/login`, { username: 'ada', password: PASSWORD })).status, 401)
  await signIn(gateway.url, 'ada', 'another horse battery')
})

t.test('a file is followed wherever links lead to it, and past what is no file', async (test) => {
  const { place } = await startWithFile(test)
  const hash = await cheapHasher().hash(PASSWORD)
  const text = (...names: readonly string[]) =>
    ['users:', ...names.map((name) => `  ${name}: { password_hash: "${hash}" }`), ''].join('\n')
  const folders = ['one', 'two'].map((name) => join(place.folder, name))
  for (const folder of folders) mkdirSync(folder)
  const [one = '', two = ''] = folders.map((folder) => join(folder, 'users.yaml'))
  writeFileSync(one, text('ada'))
  writeFileSync(two, text('ada', 'grace'))
  const file = join(place.folder, 'users.yaml')
  symlinkSync(one, file)
  const gateway = await startProcess(test, place)
  const status = async (username: string) =>
    (await post(`${gateway.url}/auth/login`, { username, password: PASSWORD })).status
  const isRead = (times: number) => () =>
    gateway.lines().filter(({ message }) => message === 'the users of the changed file may sign in').length === times

  symlinkSync(two, `${file}.new`)
  renameSync(`${file}.new`, file)
  await until('the link leads elsewhere', isRead(1))
  test.equal(await status('grace'), 200)
  // As an editor may, by which nothing happens in the folder of the link: sooner than the poll would see it.
  const began = performance.now()
  writeFileSync(two, text('ada', 'linus'))
  await until('the content changes there', isRead(2))
  test.ok(performance.now() - began < 3_000, 'soon')
  test.equal(await status('linus'), 200)

  rmSync(file)
  await gateway.running.seen('there is no such file')
  execFileSync('mkfifo', [file])
  await gateway.running.seen('it is a pipe')
  test.equal(await status('linus'), 200, 'nothing was changed')
  rmSync(file)
  writeFileSync(file, text('grace'))
  await until('it is a file again', isRead(3))
  test.equal(await status('linus'), 401)
  test.equal(await status('grace'), 200)
})

t.test('whoever left the file while nothing ran is out; a session of others outlives the restart', async (test) => {
  const { place, write } = await startWithFile(test)
  await write({ ada: {}, grace: {} })
  const first = await startProcess(test, place)
  const [ada, grace] = [await signIn(first.url, 'ada', PASSWORD), await signIn(first.url, 'grace', PASSWORD)]
  await first.stop()
  await write({ grace: {} })
  const second = await startProcess(test, place)
  test.equal(await statusOf(second, '/x', ada.access_token), 401)
  test.equal(await statusOf(second, '/x', grace.access_token), 200)
  test.equal((await post(`${second.url}/auth/refresh`, { refresh_token: ada.refresh_token })).status, 401)
  test.equal((await post(`${second.url}/auth/refresh`, { refresh_token: grace.refresh_token })).status, 200)
})

t.test('passwords that the file keeps are changed in the file', async (test) => {
  const { place, write } = await startWithFile(test)
  await write({ ada: {} })
  const gateway = await startProcess(test, place)
  const { access_token } = await signIn(gateway.url, 'ada', PASSWORD)
  const response = await fetch(`${gateway.url}/auth/password`, {
    method: 'POST',
    headers: { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ current_password: PASSWORD, new_password: 'another horse battery' })
  })
  test.match([response.status, await response.json()], [403, { code: 'access_denied' }])
  const { runCommand } = await import('../helpers/command.js')
  test.match(await runCommand(test, ['user', 'set', 'ada', 'a=1'], { cwd: place.folder }), {
    status: 1,
    stderr: 'portcullis: The user "ada" is kept by file: change it there.\n'
  })
  test.equal(await statusOf(gateway, '/x', access_token), 200)
})

t.test('a file that cannot be used ends the start, with each mistake in a line', async (test) => {
  const { place } = await startWithFile(test)
  const { startCommand } = await import('../helpers/command.js')
  for (const [content, told] of [
    [null, /users\.yaml: there is no such file/],
    ['', /users\.yaml:1:1 must be a map, begin with users:/],
    ['users:\n  ada: { password_hash: "plain" }\n', /users\.yaml:2:\d+ users\.ada\.password_hash: is not a hash/],
    ['users:\n  "a b": { password_hash: "$2b$10$x" }\n', /users\.yaml:2:3 /],
    ['users:\n  ada: {}\n', /users\.yaml:2:\d+ users\.ada\.password_hash: is missing/]
  ] as const) {
    if (content !== null) writeFileSync(join(place.folder, 'users.yaml'), content)
    const { status, stderr } = await startCommand(test, ['start'], { cwd: place.folder }).finished
    test.equal(status, 1, String(told))
    test.match(stderr, told)
    test.notMatch(stderr, /\n\s+at /, 'no stack')
  }
})
