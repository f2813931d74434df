import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Tokens } from '../helpers/gateway.js'
import { makePlace, startProcess } from '../helpers/gateway-process.js'
import { makeSmallDisk } from '../helpers/small-disk.js'
import { startUpstream } from '../helpers/upstream.js'
import { createStormClient, type StormClient } from './storm-client.js'

const SESSIONS = 30

const settings = (upstream: string) => `
store: sqlite:data/gateway.db
logs: { access: data/access.log }
tokens: { refresh: { reuse_grace: 0s } }
users: { hash: { memory: 8kb, passes: 1, insecure_weak_hash: true }, login: { per_account_and_network: 1000, per_network: 1000 } }
upstreams: { web: { url: "${upstream}" } }
rules: [ { path: /**, allow: authenticated, to: web } ]
`

/** What a client was told of its session. */
interface Told {
  newest: Tokens
  readonly spent: string[]
  ended: boolean
}

async function startOnSmallDisk(t: Test) {
  const upstream = await startUpstream(t)
  const place = await makePlace(t, settings(upstream.url))
  const disk = makeSmallDisk(t, join(place.folder, 'data'), 32)
  const gateway = await startProcess(t, place)
  const client = createStormClient(t, place.url, SESSIONS)
  const sessions = await Promise.all(
    Array.from(
      { length: SESSIONS },
      async (): Promise<Told> => ({ newest: await client.signIn(), spent: [], ended: false })
    )
  )
  const processId = gateway.running.child.pid ?? 0
  return { place, gateway, client, sessions, fill: () => disk.fill(processId), free: () => disk.free(processId) }
}

async function refresh(client: StormClient, told: Told): Promise<string> {
  const { status, body, tokens } = await client.refresh(told.newest.refresh_token)
  if (tokens !== null) {
    told.spent.push(told.newest.refresh_token)
    told.newest = tokens
  }
  return `${status} ${body.code ?? ''}`
}

async function signOut(client: StormClient, told: Told, by: 'refresh_token' | 'access_token'): Promise<string> {
  const { status, body } = await client.post('/auth/logout', { [by]: told.newest[by] })
  told.ended ||= status === 204
  return `${status} ${body.code ?? ''}`
}

const pass = async (client: StormClient, told: Told) => (await client.get('/page', told.newest.access_token)).status

/** Everything that must be stored, at once; what was answered. */
async function demandAll(client: StormClient, sessions: readonly Told[]): Promise<string[]> {
  const signIn = () => client.post('/auth/login', { username: 'admin', password: 'correct horse battery' })
  const logins = Array.from({ length: 5 }, () => signIn().then(({ status, body }) => `${status} ${body.code ?? ''}`))
  const others = sessions.map((told, at) => {
    if (at % 3 > 0) return refresh(client, told)
    return signOut(client, told, at % 2 === 0 ? 'refresh_token' : 'access_token')
  })
  return Promise.all([...logins, ...others])
}

/**
 * A small change may fit into what a larger one, undone, has left of room in the log of the database; the larger ones
 * do not, and are refused as such.
 */
function refuseSome(t: Test, answers: readonly string[]): void {
  t.ok(answers.includes('503 store_unavailable'))
  t.same(
    answers.filter((answer) => !['503 store_unavailable', '200 ', '204 '].includes(answer)),
    []
  )
}

const isAlive = ({ ended }: Told) => !ended

/** Holds the gateway to all that it has ever confirmed. */
async function judge(t: Test, client: StormClient, sessions: readonly Told[]): Promise<void> {
  for (const told of sessions.filter((one) => !isAlive(one))) {
    t.equal(await pass(client, told), 401, 'what was ended is')
    t.equal(await refresh(client, told), '401 invalid_refresh_token')
  }
  const alive = sessions.filter(isAlive)
  for (const told of alive) {
    t.equal(await pass(client, told), 200, 'what was not is alive')
    t.equal(await refresh(client, told), '200 ', 'nor was its token spent')
  }
  for (const told of alive.slice(-5)) {
    t.equal((await client.refresh(told.spent[0] ?? '')).status, 401, 'a spent token is not')
    t.equal(await pass(client, told), 401)
  }
}

t.test('with a full disk nothing is confirmed and nothing lost, and it passes by itself', async (t) => {
  const { gateway, client, sessions, fill, free } = await startOnSmallDisk(t)
  const [first] = sessions
  if (first !== undefined) t.equal(await signOut(client, first, 'access_token'), '204 ')
  const rest = sessions.slice(1)
  t.same(new Set(await Promise.all(rest.map((told) => refresh(client, told)))), new Set(['200 ']))
  for (let round = 0; round < 10; round += 1) {
    fill()
    refuseSome(t, await demandAll(client, rest.filter(isAlive)))
    for (const told of sessions) t.equal(await pass(client, told), told.ended ? 401 : 200, 'valid tokens pass')
  }
  free()
  await judge(t, client, sessions)
  t.match(await client.signIn(), { token_type: 'Bearer' })
  await gateway.stop()
  t.notMatch(gateway.running.stderr(), /Error|\n {4}at /, 'no word of the inside')
})

t.test('a disk that fills up in a storm, and a kill on it, cost nothing that was confirmed', async (t) => {
  const { place, gateway, client, sessions, fill, free } = await startOnSmallDisk(t)
  let refreshes = 0
  const keepRefreshing = async (told: Told): Promise<string> => {
    for (;;) {
      const answer = await refresh(client, told)
      if (answer !== '200 ') return answer
      refreshes += 1
    }
  }
  const storm = Promise.all(sessions.map(keepRefreshing))
  while (refreshes < 10 * SESSIONS) await new Promise((resolve) => setTimeout(resolve, 5))
  fill()
  t.same(new Set(await storm), new Set(['503 store_unavailable']))
  refuseSome(t, await demandAll(client, sessions))
  await gateway.stop('SIGKILL')
  free()
  await startProcess(t, place)
  await judge(t, client, sessions)
})
