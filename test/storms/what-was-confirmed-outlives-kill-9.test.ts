import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { eventually } from '../helpers/eventually.js'
import type { Tokens } from '../helpers/gateway.js'
import { type GatewayProcess, makePlace, startProcess } from '../helpers/gateway-process.js'
import { createStormClient, type StormClient, site } from './storm-client.js'

const ROUNDS = 20
const SESSIONS = 50
/** In each round, on however slow a machine. */
const LEAST_CONFIRMED = 60
const LOGOUT_EVERY = 40

/** What one client knows of its session: only answers that it has read to their end. */
interface Chain {
  /** Confirmed to be spent, oldest first. */
  readonly spent: string[]
  newest: Tokens
  state: 'alive' | 'ended'
  /** The one request that the kill left without an answer. */
  unanswered: 'refresh' | 'logout' | null
}

const chainOf = (newest: Tokens): Chain => ({ spent: [], newest, state: 'alive', unanswered: null })

/** One client: refreshes, and now and then signs out by either token, until no answer comes. */
async function keepUsing(client: StormClient, chain: Chain, failures: string[]): Promise<void> {
  try {
    while (chain.state === 'alive') {
      chain.unanswered = Math.random() * LOGOUT_EVERY < 1 && chain.spent.length > 0 ? 'logout' : 'refresh'
      await (chain.unanswered === 'logout' ? signOut(client, chain, failures) : refresh(client, chain, failures))
      chain.unanswered = null
    }
  } catch {
    // Killed: `unanswered` says during what.
  }
}

async function refresh(client: StormClient, chain: Chain, failures: string[]): Promise<void> {
  const { status, body, tokens } = await client.refresh(chain.newest.refresh_token)
  if (tokens === null) {
    failures.push(`a live token was answered ${status} ${body.code}`)
    chain.state = 'ended'
    return
  }
  chain.spent.push(chain.newest.refresh_token)
  chain.newest = tokens
}

async function signOut(client: StormClient, chain: Chain, failures: string[]): Promise<void> {
  const { access_token, refresh_token } = chain.newest
  const { status } = await client.post('/auth/logout', Math.random() < 0.5 ? { access_token } : { refresh_token })
  if (status !== 204) failures.push(`a logout was answered ${status}`)
  chain.state = 'ended'
}

interface Counts {
  refreshUnanswered: number
  /** Of them: done although nobody was told, so that the newest confirmed token is a spent one. */
  refreshDone: number
  logoutUnanswered: number
  logoutDone: number
}

/**
 * Holds the gateway that was started again to one client's record. Each request had one other in flight at most, so:
 * nothing unanswered → the newest token is good; a refresh unanswered → it is good, or spent, and then its use is
 * theft (no grace) and ends the session with all its access tokens; a logout unanswered → all is good, or all has ended.
 */
async function judge(client: StormClient, chain: Chain, counts: Counts, replayFirst: boolean): Promise<string[]> {
  const wrong: string[] = []
  const { newest, spent, unanswered } = chain
  const seen = (await client.get('/auth/userinfo', newest.access_token)).status
  if (chain.state === 'ended') {
    if (seen !== 401) wrong.push(`an access token that was logged out: ${seen}`)
  } else if (seen !== 200 && unanswered !== 'logout') wrong.push(`an access token of a live session: ${seen}`)

  if (replayFirst) wrong.push(...(await replay(client, spent.at(-1))))
  const { status, tokens } = await client.refresh(newest.refresh_token)
  if (status !== 200 && status !== 401) wrong.push(`a refresh: ${status}`)
  if (tokens !== null && (chain.state === 'ended' || (replayFirst && spent.length > 0)))
    wrong.push('a refresh token of an ended session was accepted')
  const mustLive = chain.state === 'alive' && unanswered === null && !replayFirst
  if (tokens === null && mustLive) wrong.push('a confirmed session was lost')
  if (unanswered === 'logout' && !replayFirst && (seen === 200) !== (tokens !== null))
    wrong.push('a logout was done in part')

  if (unanswered === 'refresh' && !replayFirst) {
    counts.refreshUnanswered += 1
    if (tokens === null) counts.refreshDone += 1
  }
  if (unanswered === 'logout') {
    counts.logoutUnanswered += 1
    if (seen === 401) counts.logoutDone += 1
  }
  chain.unanswered = null
  if (tokens === null) chain.state = 'ended'
  else {
    spent.push(newest.refresh_token)
    chain.newest = tokens
  }
  // What has ended must stay so, whichever of its tokens is shown.
  if (chain.state === 'ended') {
    const after = (await client.get('/auth/userinfo', newest.access_token)).status
    if (after !== 401) wrong.push(`an access token of a session that has ended: ${after}`)
    for (const token of spent.slice(-3)) wrong.push(...(await replay(client, token)))
  }
  return wrong
}

async function replay(client: StormClient, token: string | undefined): Promise<string[]> {
  if (token === undefined) return []
  const { status } = await client.refresh(token)
  return status === 401 ? [] : [`a rotated token: ${status}`]
}

/** One client a session, all at once, until the gateway is killed under them; what they found wrong. */
async function storm(gateway: GatewayProcess, client: StormClient, chains: readonly Chain[]): Promise<string[]> {
  const failures: string[] = []
  const confirmed = () => chains.reduce((sum, { spent }) => sum + spent.length, 0)
  const before = confirmed()
  const clients = Promise.all(chains.map((chain) => keepUsing(client, chain, failures)))
  await sleep(150 + Math.random() * 350)
  await eventually(
    () => failures.length > 0 || confirmed() - before > LEAST_CONFIRMED,
    'the storm has gone on long enough'
  )
  await gateway.stop('SIGKILL')
  await clients
  return failures
}

t.test(`${ROUNDS} times killed in a storm, the gateway keeps its word`, { timeout: 240_000 }, async (t) => {
  const place = await makePlace(t, site('tokens: { refresh: { reuse_grace: 0s } }'))
  const client = createStormClient(t, place.url, SESSIONS)
  const counts: Counts = { refreshUnanswered: 0, refreshDone: 0, logoutUnanswered: 0, logoutDone: 0 }
  const ended: Chain[] = []
  let alive: Chain[] = []
  let gateway = await startProcess(t, place)
  for (let round = 0; round < ROUNDS; round += 1) {
    const missing = Array.from({ length: SESSIONS - alive.length }, async () => chainOf(await client.signIn()))
    const chains = [...alive, ...(await Promise.all(missing))]
    t.same(await storm(gateway, client, chains), [], 'nothing live was refused')
    gateway = await startProcess(t, place)
    const wrong = await Promise.all(chains.map((chain, at) => judge(client, chain, counts, at % 4 === 0)))
    t.same(wrong.flat(), [], `round ${round}`)
    ended.push(...chains.filter(({ state }) => state === 'ended'))
    alive = chains.filter(({ state }) => state === 'alive')
  }
  const refreshes = [...ended, ...alive].reduce((sum, { spent }) => sum + spent.length, 0)
  t.ok(refreshes > 1000, `${refreshes} refreshes were confirmed, and ${ended.length} sessions ended`)
  t.ok(counts.refreshUnanswered > ROUNDS, JSON.stringify(counts))
  const revived = await Promise.all(ended.map(({ newest }) => replay(client, newest.refresh_token)))
  t.same(revived.flat(), [], 'none that ever ended is alive')
})
