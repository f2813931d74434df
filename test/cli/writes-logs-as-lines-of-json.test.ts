import { existsSync, readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { bearer } from '../helpers/gateway.js'
import {
  ADMIN_PASSWORD,
  makePlace,
  type Place,
  parseLines,
  post,
  signIn,
  startProcess,
  until
} from '../helpers/gateway-process.js'
import { startUpstream } from '../helpers/upstream.js'

const policy = (url: string, logs = '') =>
  `upstreams: { app: { url: "${url}" } }\nrules: [{ path: /**, allow: authenticated, to: app }]\n${logs}`

async function start(t: Test, logs = '') {
  const upstream = await startUpstream(t)
  const place = await makePlace(t, policy(upstream.url, logs))
  return { place, gateway: await startProcess(t, place) }
}

const read = ({ folder }: Place, name: string) => readFileSync(join(folder, name), 'utf8')

/** A stretch of ordinary life; answers the secrets that were in it. */
async function live({ url }: Place): Promise<string[]> {
  const tokens = await signIn(url)
  await post(`${url}/auth/login`, { username: 'admin', password: 'a wrong password' })
  await fetch(`${url}/private?token=in-the-query`, { headers: bearer(tokens.access_token) })
  await fetch(`${url}/private`, { headers: { ...bearer('not.a.token'), cookie: 'session=in-a-cookie' } })
  const refreshed = await post(`${url}/auth/refresh`, { refresh_token: tokens.refresh_token })
  const next = (await refreshed.json()) as { access_token: string; refresh_token: string }
  await post(`${url}/auth/verify`, { token: next.access_token })
  await post(`${url}/auth/logout`, { refresh_token: next.refresh_token })
  const signatures = [tokens.access_token, next.access_token].map((token) => token.split('.')[2] ?? '')
  return [
    ...[ADMIN_PASSWORD, 'a wrong password', 'in-the-query', 'not.a.token', 'in-a-cookie'],
    ...[tokens.refresh_token, next.refresh_token, ...signatures]
  ]
}

t.test('standard output is lines of JSON, each request one, and no secret is in any log', async (t) => {
  const { place, gateway } = await start(t)
  const secrets = await live(place)
  const { stdout, stderr } = await gateway.stop()

  const lines = gateway.lines()
  t.match(lines[0], { level: 'info', log: 'gateway', time: /^\d{4}-.+Z$/, message: 'listening', url: place.url })
  t.match(lines.at(-1), { level: 'info', log: 'gateway', signal: 'SIGTERM' })
  const access = lines.filter(({ log }) => log === 'access')
  t.equal(access.length, 7, 'written in full when it ends')
  for (const line of access) t.notOk('level' in line, 'a request has no level')
  t.match(access[2], {
    time: /^\d{4}-.+Z$/,
    method: 'GET',
    path: '/private',
    status: 200,
    verdict: 'allow',
    username: 'admin',
    rule: { index: 0, path: '/**' },
    ms: Number
  })
  t.match(access[3], { status: 401, verdict: 'deny', code: 'invalid_token' })

  const audit = gateway.audit()
  t.strictSame(
    audit.map(({ event }) => event),
    ['login', 'login_failed', 'refused', 'refresh', 'logout'],
    'security events are a stream of their own'
  )
  t.match(audit[0], { time: /^\d{4}-.+Z$/, log: 'audit', event: 'login', username: 'admin' })
  for (const line of audit) t.notOk('level' in line)
  t.equal(statSync(join(place.folder, 'data', 'audit.log')).mode & 0o777, 0o600)

  const everything = stdout + stderr + read(place, 'data/audit.log')
  for (const secret of secrets) t.notOk(everything.includes(secret), secret)
})

t.test('the access log goes where the file says: off, standard error, a file', async (t) => {
  const off = await start(t, 'logs: { access: off }\n')
  await live(off.place)
  t.equal((await off.gateway.stop()).status, 0)
  t.notMatch(off.gateway.running.stdout() + off.gateway.running.stderr(), '"log":"access"')

  const beside = await start(t, 'logs: { access: stderr, audit: stderr }\n')
  await live(beside.place)
  const { stdout, stderr } = await beside.gateway.stop()
  t.notMatch(stdout, '"log":"access"')
  const lines = parseLines(stderr.slice(stderr.indexOf('{"time"')))
  t.equal(lines.filter(({ log }) => log === 'access').length, 7)
  t.ok(lines.some(({ log }) => log === 'audit'))
  t.notOk(existsSync(join(beside.place.folder, 'data', 'audit.log')))

  const filed = await start(t, 'logs: { access: logs/access.log, audit: off }\n')
  await live(filed.place)
  await filed.gateway.stop()
  t.equal(parseLines(read(filed.place, 'logs/access.log')).length, 7)
  t.equal(statSync(join(filed.place.folder, 'logs', 'access.log')).mode & 0o777, 0o600)
  t.notMatch(filed.gateway.running.stdout(), '"log":"access"')
})

t.test('after a rotation SIGHUP opens the files anew', async (t) => {
  const { place, gateway } = await start(t, 'logs: { access: access.log }\n')
  const file = join(place.folder, 'access.log')
  await fetch(`${place.url}/before`)
  renameSync(file, `${file}.1`)
  await fetch(`${place.url}/between`)
  await until('the old file goes on', () => read(place, 'access.log.1').includes('/between'))
  gateway.running.child.kill('SIGHUP')
  await until('the file is there again', () => existsSync(file))
  await fetch(`${place.url}/after`)
  await gateway.stop()
  const paths = (name: string) => parseLines(read(place, name)).map(({ path }) => path)
  t.strictSame(paths('access.log.1'), ['/before', '/between'])
  t.strictSame(paths('access.log'), ['/after'])
})

t.test('a log that cannot be written costs lines, not requests', async (t) => {
  const { place, gateway } = await start(t, 'logs: { access: /dev/full, audit: /dev/full }\n')
  await live(place)
  await signIn(place.url)
  t.equal((await gateway.stop()).status, 0)
  const told = gateway.running.stderr().match(/^portcullis: the log .*$/gm)
  t.strictSame(told, ['portcullis: the log /dev/full loses lines: no space is left'], 'told once')
})

t.test('who reads standard output may leave', async (t) => {
  const { place, gateway } = await start(t)
  gateway.running.child.stdout?.destroy()
  for (let turn = 0; turn < 3; turn += 1) await live(place)
  t.equal((await fetch(`${place.adminUrl}/readyz`)).status, 200)
  t.equal((await gateway.stop()).status, 0)
})

t.test('lines that wait for a slow reader are written before the process ends', async (t) => {
  const { place, gateway } = await start(t)
  const { child } = gateway.running
  child.stdout?.pause()
  // More than a pipe holds.
  for (let turn = 0; turn < 150; turn += 1) await fetch(`${place.url}/${'x'.repeat(6_000)}`)
  const stopped = gateway.stop()
  await sleep(500)
  child.stdout?.resume()
  t.equal((await stopped).status, 0)
  t.equal(gateway.lines().filter(({ log }) => log === 'access').length, 150)
  t.match(gateway.lines().at(-1), { message: 'draining and stopping' })
})
