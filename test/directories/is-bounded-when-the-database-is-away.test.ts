import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import pg from 'pg'
import t, { type Test } from 'tap'
import { bearer } from '../helpers/gateway.js'
import { ADMIN_PASSWORD, makePlace, post, signIn, startProcess, until } from '../helpers/gateway-process.js'
import { startPostgres } from '../helpers/postgres.js'
import { startUpstream } from '../helpers/upstream.js'
import { addDjangoUsers, djangoTables, PASSWORD, policy } from './django-tables.js'
import { openDirectory, unavailable } from './open-directory.js'

const TIMEOUT_MS = 1_000
/** For a machine that has much else to do. */
const SLACK_MS = 15_000

const server = await startPostgres(t)
await server.createDatabase('site', djangoTables())
await server.run(await addDjangoUsers([{ username: 'ada' }, { username: 'grace' }]), 'site')

async function startGateway() {
  const upstream = await startUpstream(t)
  const source = `{ url: "${server.url('site')}", preset: django, timeout: ${TIMEOUT_MS}ms, pool: { max: 2 } }`
  const place = await makePlace(t, policy(source).replace('http://127.0.0.1:9', upstream.url))
  const gateway = await startProcess(t, place)
  const { url, adminUrl, running } = gateway
  const login = (username = 'ada', password = PASSWORD) => post(`${url}/auth/login`, { username, password })
  const refresh = (refresh_token: string) => post(`${url}/auth/refresh`, { refresh_token })
  const readiness = async () => {
    const response = await fetch(`${adminUrl}/readyz`)
    return { code: response.status, ...((await response.json()) as { users?: string; store?: string }) }
  }
  const proxied = async (token: string) => (await fetch(`${url}/x`, { headers: bearer(token) })).status
  /** Lines of the log that tell why the database cannot be asked. */
  const reasons = () =>
    running
      .stdout()
      .split('\n')
      .filter((line) => line.includes('"reason"'))
      .map((line) => String((JSON.parse(line) as { reason: unknown }).reason))
  return { gateway, url, login, refresh, readiness, proxied, reasons }
}

/** Keeps every reader of the users waiting until the answer is called. */
async function lockUsers(): Promise<() => Promise<void>> {
  const holder = new pg.Client({ connectionString: server.url('site') })
  holder.on('error', () => {})
  await holder.connect()
  await holder.query('begin; lock table auth_user in access exclusive mode')
  return () => holder.end()
}

const django = {
  kind: 'django',
  table: 'auth_user',
  superuserRole: null,
  staffRole: null,
  updatesLastLogin: false
} as const
const waiting = "from pg_stat_activity where application_name = 'portcullis' and wait_event_type = 'Lock'"
const isAsked = () => until('somebody waits', async () => (await server.run(`select 1 ${waiting}`)).length > 0)

type Started = Awaited<ReturnType<typeof startGateway>>

/** While the database is away: what depends on it is refused in time, and nothing else notices. */
async function isBounded(
  test: Test,
  { url, login, refresh, proxied }: Started,
  tokens: Awaited<ReturnType<typeof signIn>> | null
) {
  const began = performance.now()
  const asked = [login(), login('grace'), login('nobody'), ...(tokens === null ? [] : [refresh(tokens.refresh_token)])]
  const own = signIn(url, 'admin', ADMIN_PASSWORD)
  for (const response of await Promise.all(asked)) {
    test.equal(response.status, 503)
    test.ok(Number(response.headers.get('retry-after')) > 0, 'with Retry-After')
    test.match(await response.json(), { code: 'store_unavailable' })
  }
  await own
  if (tokens !== null) test.equal(await proxied(tokens.access_token), 200, 'access tokens are as good as ever')
  test.ok(performance.now() - began < TIMEOUT_MS + SLACK_MS)
}

t.test('a database that comes after the gateway', async (test) => {
  await server.stop()
  const started = await startGateway()
  const { login, readiness, gateway } = started
  await isBounded(test, started, null)
  test.match(await readiness(), { code: 200, status: 'ready', users: 'unavailable', store: 'ok' })
  await server.start()
  test.equal((await login()).status, 200)
  await gateway.running.seen('the database of users can be asked again')
  test.equal((await readiness()).users, undefined)
  test.notMatch(gateway.running.stdout(), /p%40ss|p@ss/, 'and no log holds the password')
})

t.test('a database that goes away in every way, and comes back', async (test) => {
  const started = await startGateway()
  const { url, login, refresh, reasons } = started
  let ada = await signIn(url, 'ada', PASSWORD)
  const renewed = async (what: string) => {
    const response = await refresh(ada.refresh_token)
    test.equal(response.status, 200, `${what}: nothing was spent or ended`)
    ada = (await response.json()) as typeof ada
  }

  const killAll = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'portcullis'"
  await server.run(killAll)
  await renewed('backends that were killed are not even noticed')

  await server.stop()
  await isBounded(test, started, ada)
  for (let times = 0; times < 10; times += 1) await login('grace')
  const refused = reasons().filter((reason) => reason.includes('ECONNREFUSED'))
  test.equal(refused.length, 1, 'the same reason is told once')
  await server.start()
  await renewed('after a restart')

  server.freeze()
  await isBounded(test, started, ada)
  const began = performance.now()
  const crowd = await Promise.all(Array.from({ length: 100 }, () => refresh(ada.refresh_token)))
  test.ok(
    crowd.every(({ status }) => status === 503),
    'however many ask'
  )
  test.ok(performance.now() - began < TIMEOUT_MS + SLACK_MS)
  server.thaw()
  await until('it answers again', async () => (await login('grace')).status === 200)
  await renewed('after a silence')

  const release = await lockUsers()
  await isBounded(test, started, ada)
  await until('nobody asks any more what nobody waits for', async () => {
    const waiting = await server.run(
      "select 1 from pg_stat_activity where application_name = 'portcullis' and state = 'active'"
    )
    return waiting.length === 0
  })
  await release()
  await renewed('after a lock')

  await server.run(killAll)
  const crowding: pg.Client[] = []
  for (let more = true; more; ) {
    const client = new pg.Client({ connectionString: server.url('site') })
    client.on('error', () => {})
    more = await client.connect().then(
      () => crowding.push(client) > 0,
      () => false
    )
  }
  await isBounded(test, started, ada)
  test.match(reasons().at(-1), /too many clients already/)
  await Promise.all(crowding.map((client) => client.end()))
  await until('it answers again', async () => (await login('grace')).status === 200)
  await renewed('when there are connections again')

  await server.run('alter table auth_group rename to elsewhere', 'site')
  await isBounded(test, started, ada)
  test.equal(reasons().at(-1), 'relation "auth_group" does not exist (SQLSTATE 42P01)')
  await server.run('alter table elsewhere rename to auth_group', 'site')
  await renewed('when the table is there again')
})

t.test('a connection that breaks amid a question is replaced, once', async (test) => {
  const { directory, told } = await openDirectory(test, {
    server: server.server('site'),
    users: django,
    timeoutMs: 30_000
  })
  const kill = () => server.run(`select pg_terminate_backend(pid) ${waiting}`)
  const release = await lockUsers()
  const found = directory.findUser('ada')
  await isAsked()
  await kill()
  await isAsked()
  const lost = directory.findUser('grace')
  await release()
  test.match(await found, { username: 'ada' })
  test.match(await lost, { username: 'grace' })
  test.same(told, [])

  const again = await lockUsers()
  const refused = test.rejects(directory.findUser('ada'), unavailable)
  await isAsked()
  await kill()
  await isAsked()
  await kill()
  await refused
  test.match(told, [/terminating connection due to administrator command \(SQLSTATE 57P01\)/])
  await again()
})

t.test('a network that cuts connections off ends no gateway', async (test) => {
  const sockets: Socket[] = []
  const proxy = createServer((near) => {
    const far = connect(server.port, '127.0.0.1')
    near.pipe(far).pipe(near)
    for (const socket of [near, far]) socket.on('error', () => {})
    sockets.push(near)
    near.on('close', () => far.destroy())
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  test.teardown(() => proxy.close())
  const behind = { ...server.server('site'), port: (proxy.address() as AddressInfo).port }
  const { directory } = await openDirectory(test, { server: behind, users: django, timeoutMs: 30_000 })
  test.match(await directory.findUser('ada'), { username: 'ada' })
  const release = await lockUsers()
  const found = directory.findUser('ada')
  await isAsked()
  sockets.at(-1)?.resetAndDestroy()
  await until('it is asked on another connection', () => sockets.length > 1)
  await release()
  test.match(await found, { username: 'ada' })
  for (const socket of sockets) socket.resetAndDestroy()
  test.match(await directory.findUser('grace'), { username: 'grace' })
})
