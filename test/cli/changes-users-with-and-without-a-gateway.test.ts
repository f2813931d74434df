import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type Finished, runCommand } from '../helpers/command.js'
import { bearer } from '../helpers/gateway.js'
import { makePlace, type Place, post, signIn, startProcess, until } from '../helpers/gateway-process.js'
import { startUpstream } from '../helpers/upstream.js'
import { openRaw } from '../store/each-store.js'

const policy = (url: string) => `tokens: { claims: { team: user.team } }
upstreams: { app: { url: "${url}" } }
rules:
  - { path: /admin, allow: { roles: [ops] }, to: app }
  - { path: /**, allow: authenticated, to: app }
`

const user = (t: Test, { folder }: Place, args: readonly string[], input = ''): Promise<Finished> =>
  runCommand(t, ['user', ...args], { cwd: folder, input })

/** What every way of changing users must do, whoever does it. */
async function change(t: Test, place: Place): Promise<void> {
  const run = (...args: string[]) => user(t, place, args, 'a long password\n')
  t.strictSame(await run('add', 'ada', '--roles', 'ops,dev', '--set', 'full_name=Ada Lovelace', '--set', 'age=36'), {
    status: 0,
    stdout: 'ada: added\n',
    stderr: ''
  })
  t.strictSame(await run('add', 'ada'), {
    status: 1,
    stdout: '',
    stderr: 'portcullis: The name "ada" is taken.\n'
  })
  t.match(await run('disable', 'nobody'), { status: 1, stdout: '', stderr: 'portcullis: There is no user "nobody".\n' })
  t.match(await run('add', 'bob', '--json'), { status: 0, stdout: /^\{"id":"[^"]+","username":"bob",/ })
  t.match(await run('roles', 'ada', 'ops', '--json'), { status: 0, stdout: /"roles":\["ops"\]/ })
  t.match(await run('password', 'ada'), { status: 0, stdout: 'ada: password set, sessions ended\n' })
  t.match(await run('disable', 'bob'), { status: 0, stdout: 'bob: disabled, sessions ended\n' })

  t.match(await run('set', 'ada', 'full_name=Ada King', 'level=3', '--unset', 'age', '-u', 'never_there'), {
    status: 0,
    stdout: 'ada: attributes full_name="Ada King" level=3\n'
  })
  t.match(await run('set', 'bob', '--unset', 'nothing', '--json'), { status: 0, stdout: /"attributes":\{\}/ })
  t.match(await run('set', 'ada'), { status: 1, stderr: 'portcullis: say name=value, or --unset name\n' })
  t.match(await run('set', 'ada', '=3'), { status: 2, stderr: /'=3' is invalid .* write it as name=value\n/ })
  t.match(await run('set', 'ada', 'Level=3'), { status: 1, stderr: /^portcullis: "Level" cannot be an attribute: / })
  t.match(await run('set', 'ada', `a=${'x'.repeat(5000)}`), { status: 1, stderr: /take more than 4096 bytes/ })
  t.match(await run('set', 'nobody', 'a=1'), { status: 1, stderr: 'portcullis: There is no user "nobody".\n' })

  const list = await run('list', '--json')
  t.match(JSON.parse(list.stdout), {
    users: [
      { username: 'ada', roles: ['ops'], attributes: { full_name: 'Ada King', level: 3 }, disabled: false },
      { username: 'admin', disabled: false },
      { username: 'bob', roles: [], disabled: true, last_login_at: null }
    ]
  })
  t.notMatch(list.stdout, /argon2|hash/i)
  t.match((await run('list')).stdout, /^user {3}roles +state +last login\nada {4}ops +enabled +never\n/)
  t.match(await run('enable', 'bob'), { status: 0, stdout: 'bob: enabled\n' })
}

t.test('without a gateway the command opens the store itself, and a gateway started later sees it', async (t) => {
  const place = await makePlace(t, policy('http://127.0.0.1:9'))
  t.match(await user(t, place, ['add', 'admin'], 'correct horse battery'), { status: 0 })
  await change(t, place)
  const refused = [
    [['password', 'nobody'], 'a long password', /^portcullis: There is no user "nobody"\.\n$/],
    [['roles', 'nobody', 'x'], '', /^portcullis: There is no user "nobody"\.\n$/],
    [['add', 'carl'], 'short', /^portcullis: .+8.+\n$/],
    [['add', 'carl'], '', /^portcullis: standard input holds no password\n$/],
    [['add', 'no\nname'], 'a long password', /^portcullis: [^\n]+\n$/],
    [['roles', 'ada', 'no role'], '', /^portcullis: [^\n]+\n$/]
  ] as const
  await Promise.all(
    refused.map(async ([args, input, says]) => {
      t.match(await user(t, place, args, input), { status: 1, stdout: '', stderr: says }, args.join(' '))
    })
  )
  t.notOk(existsSync(join(place.folder, 'data', 'portcullis.sock')))
  await startProcess(t, place)
  await signIn(place.url, 'ada', 'a long password')
})

t.test('beside a running gateway the command speaks to it, and the change bites at once', async (t) => {
  const upstream = await startUpstream(t)
  const place = await makePlace(t, policy(upstream.url))
  const gateway = await startProcess(t, place)
  await change(t, place)
  const events = gateway.audit().map(({ event, username }) => `${event} ${username}`)
  t.strictSame(events, [
    'user_added ada',
    'user_added bob',
    'user_roles_set ada',
    'user_password_set ada',
    'user_disabled bob',
    'user_attributes_set ada',
    'user_attributes_set bob',
    'user_enabled bob'
  ])

  const get = async (path: string, token: string) => {
    const response = await fetch(`${place.url}${path}`, { headers: bearer(token) })
    const { code } = (await response.json()) as { code?: string }
    return `${response.status}${code === undefined ? '' : ` ${code}`}`
  }
  const ada = await signIn(place.url, 'ada', 'a long password')
  t.equal(await get('/admin', ada.access_token), '200')
  await user(t, place, ['roles', 'ada', 'dev'])
  t.equal(await get('/admin', ada.access_token), '401 revoked_token', 'changed roles end older access tokens')
  const refreshed = await post(`${place.url}/auth/refresh`, { refresh_token: ada.refresh_token })
  t.equal(refreshed.status, 200, 'while the session stays')
  const next = (await refreshed.json()) as { access_token: string; refresh_token: string }
  t.equal(await get('/admin', next.access_token), '403 access_denied', 'and carries the roles of now')

  await user(t, place, ['set', 'ada', 'team=blue'])
  t.equal(await get('/x', next.access_token), '401 revoked_token', 'changed attributes end older access tokens')
  const blue = await post(`${place.url}/auth/refresh`, { refresh_token: next.refresh_token })
  Object.assign(next, await blue.json())
  const [, said = ''] = next.access_token.split('.')
  t.match(JSON.parse(Buffer.from(said, 'base64url').toString()), { team: 'blue' })
  await user(t, place, ['set', 'ada', 'team=blue'])
  t.equal(await get('/x', next.access_token), '200', 'what changes nothing ends nothing')

  await user(t, place, ['disable', 'ada'])
  t.equal(await get('/x', next.access_token), '401 revoked_token', 'a disabled user is out')
  t.equal((await post(`${place.url}/auth/refresh`, { refresh_token: next.refresh_token })).status, 401)
  t.equal((await post(`${place.url}/auth/login`, { username: 'ada', password: 'a long password' })).status, 401)

  await user(t, place, ['enable', 'ada'])
  const again = await signIn(place.url, 'ada', 'a long password')
  await user(t, place, ['password', 'ada'], 'another password')
  t.equal(await get('/x', again.access_token), '401 revoked_token', 'a new password ends what the old one opened')
  await signIn(place.url, 'ada', 'another password')
})

t.test('a data folder with a path longer than a socket address works as any other', async (t) => {
  const place = await makePlace(t, '')
  const folder = join(place.folder, 'a'.repeat(60), 'b'.repeat(60))
  await mkdir(folder, { recursive: true })
  const deep = { ...place, folder, file: join(folder, 'gateway.yaml') }
  await writeFile(deep.file, deep.yaml(policy('http://127.0.0.1:9')))
  const gateway = await startProcess(t, deep)
  t.match(await user(t, deep, ['add', 'ada'], 'a long password'), { status: 0 })
  t.match(gateway.audit(), [{ event: 'user_added', username: 'ada' }], 'it was the gateway that did it')
  const second = await runCommand(t, ['start'], { cwd: folder })
  t.equal(second.status, 1)
  await gateway.stop('SIGKILL')
  const next = await startProcess(t, deep)
  await until('the next gateway answers the command', async () => (await user(t, deep, ['list'])).status === 0)
  t.equal((await next.stop()).status, 0)
  t.notOk(existsSync(join(folder, 'data', 'portcullis.sock')))
})

t.test('a store in memory has no users without its gateway', async (t) => {
  const place = await makePlace(t, `${policy('http://127.0.0.1:9')}store: "memory:"\n`)
  t.match(await user(t, place, ['list']), { status: 1, stderr: /^portcullis: no gateway is running[^\n]+\n$/ })
  await startProcess(t, place)
  t.match(await user(t, place, ['list']), { status: 0, stdout: /admin/ })
})

t.test('a store that another program keeps to itself is one line, without a stack', async (t) => {
  const place = await makePlace(t, policy('http://127.0.0.1:9'))
  t.match(await user(t, place, ['list']), { status: 0 })
  const other = await openRaw(join(place.folder, 'data', 'portcullis.db'))
  t.teardown(() => other.close())
  other.exec('BEGIN IMMEDIATE')
  t.strictSame(await user(t, place, ['add', 'ada'], 'a long password\n'), {
    status: 1,
    stdout: '',
    stderr: 'portcullis: The store cannot be reached: database is locked\n'
  })
  other.exec('ROLLBACK')
  t.match(await user(t, place, ['add', 'ada'], 'a long password\n'), { status: 0 })
})
