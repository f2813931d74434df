import t from 'tap'
import { freezeClock } from '../helpers/clock.js'
import { openToken } from '../helpers/forge.js'
import { bearer, post, startGateway, type TestGateway, type Tokens, verdictOf } from '../helpers/gateway.js'
import { NOWHERE, site } from '../helpers/site.js'

const refresh = ({ url }: TestGateway, refresh_token: unknown) => post(`${url}/auth/refresh`, { refresh_token })
const refreshed = async (gateway: TestGateway, token: string) => {
  const response = await refresh(gateway, token)
  if (response.status !== 200) throw new Error(await response.text())
  return (await response.json()) as Tokens
}
const shown = async ({ url }: TestGateway, token: string) =>
  verdictOf(await fetch(`${url}/auth/userinfo`, { headers: bearer(token) }))
const authEvents = async ({ resources }: TestGateway, event: string) => {
  const { values } = (await resources.metrics.registry.getSingleMetric('portcullis_auth_events_total')?.get()) ?? {
    values: []
  }
  return values.find(({ labels }) => labels.event === event)?.value ?? 0
}

t.test('a refresh answers with a new pair of the same session, not to be stored', async (t) => {
  const gateway = await startGateway(t, site(NOWHERE), [{ username: 'alice' }])
  const first = await gateway.login('alice')
  const response = await refresh(gateway, first.refresh_token)
  t.equal(response.headers.get('cache-control'), 'no-store')
  const second = (await response.json()) as Tokens
  t.same(Object.keys(second), Object.keys(first))
  t.not(second.refresh_token, first.refresh_token)
  const [before, after] = [openToken(first.access_token).claims, openToken(second.access_token).claims]
  t.equal(after.sid, before.sid)
  t.equal(after.sub, before.sub)
  t.not(after.jti, before.jti)
  t.equal(await shown(gateway, first.access_token), '200', 'the old access token goes on')
  t.equal(await shown(gateway, second.access_token), '200')
  const form = await fetch(`${gateway.url}/auth/refresh`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: second.refresh_token })
  })
  t.equal(form.status, 200, 'a form will do')
})

t.test('twenty refreshes at once give one successor', async (t) => {
  const gateway = await startGateway(t, site(NOWHERE), [{ username: 'alice' }])
  const { refresh_token } = await gateway.login('alice')
  const answers = await Promise.all(Array.from({ length: 20 }, () => refreshed(gateway, refresh_token)))
  const successors = new Set(answers.map((answer) => answer.refresh_token))
  t.equal(successors.size, 1)
  for (const { access_token } of answers) t.equal(await shown(gateway, access_token), '200')
  const [successor = ''] = successors
  await refreshed(gateway, successor)
  t.equal(await verdictOf(await refresh(gateway, refresh_token)), '401 invalid_refresh_token', 'its successor was used')
})

t.test('a spent token that comes back late ends its session, all of it, and no other', async (t) => {
  const clock = freezeClock(t)
  const gateway = await startGateway(t, site(NOWHERE, 'tokens: { refresh: { reuse_grace: 10s } }'), [
    { username: 'alice' }
  ])
  const stolen = await gateway.login('alice')
  const other = await gateway.login('alice')
  const successor = await refreshed(gateway, stolen.refresh_token)
  clock.advance(10)
  t.equal((await refreshed(gateway, stolen.refresh_token)).refresh_token, successor.refresh_token, 'in time: a repeat')
  clock.advance(1)
  const response = await refresh(gateway, stolen.refresh_token)
  t.match(response.headers.get('www-authenticate'), 'error="invalid_token"')
  const body = (await response.json()) as Record<string, unknown>
  t.match(body, { status: 401, code: 'invalid_refresh_token' })

  for (const { access_token } of [stolen, successor]) t.equal(await shown(gateway, access_token), '401 revoked_token')
  t.equal(await verdictOf(await refresh(gateway, successor.refresh_token)), '401 invalid_refresh_token')
  t.equal(await shown(gateway, other.access_token), '200')
  t.equal((await refresh(gateway, other.refresh_token)).status, 200)

  const { sub, sid } = openToken(stolen.access_token).claims
  const reuse = gateway.audit.filter(({ event }) => event === 'refresh_reuse')
  t.match(reuse, [{ fields: { subject: sub, session_id: sid, address: '127.0.0.1', request_id: body.request_id } }])
  t.equal(reuse.length, 1, 'told once: what comes after is no news')
  t.equal(await authEvents(gateway, 'refresh_reuse'), 1)
  t.equal(await authEvents(gateway, 'refresh_failed'), 2)
})

t.test('without a grace any repeat is a reuse', async (t) => {
  const gateway = await startGateway(t, site(NOWHERE, 'tokens: { refresh: { reuse_grace: 0s } }'), [
    { username: 'alice' }
  ])
  const first = await gateway.login('alice')
  const second = await refreshed(gateway, first.refresh_token)
  t.equal(await verdictOf(await refresh(gateway, first.refresh_token)), '401 invalid_refresh_token')
  t.equal(await shown(gateway, second.access_token), '401 revoked_token')
})

t.test('a session idles for so long and no longer', async (t) => {
  const clock = freezeClock(t)
  const gateway = await startGateway(t, site(NOWHERE, 'tokens: { access: 1m, refresh: { idle: 1h, absolute: 3h } }'), [
    { username: 'alice' }
  ])
  const idle = await gateway.login('alice')
  let busy = await gateway.login('alice')
  t.equal(idle.refresh_expires_in, 3_600)
  clock.advance(3_599)
  busy = await refreshed(gateway, busy.refresh_token)
  clock.advance(1)
  t.equal(await verdictOf(await refresh(gateway, idle.refresh_token)), '401 invalid_refresh_token')
  clock.advance(3_500)
  busy = await refreshed(gateway, busy.refresh_token)
  clock.advance(3_500)
  busy = await refreshed(gateway, busy.refresh_token)
  t.equal(busy.refresh_expires_in, 3 * 3_600 - 3_599 - 1 - 7_000, 'never past the absolute age')
  clock.advance(busy.refresh_expires_in)
  t.equal(await verdictOf(await refresh(gateway, busy.refresh_token)), '401 invalid_refresh_token')
  t.equal(gateway.audit.filter(({ event }) => event === 'refresh_reuse').length, 0, 'age is no attack')
})

t.test('neither kind of token does the work of the other, and garbage none', async (t) => {
  const gateway = await startGateway(t, site(NOWHERE), [{ username: 'alice' }])
  const { access_token, refresh_token } = await gateway.login('alice')
  t.equal(await shown(gateway, refresh_token), '401 invalid_token')
  t.equal(await verdictOf(await post(`${gateway.url}/auth/verify`, { token: refresh_token })), '401 invalid_token')
  const flipped = refresh_token.slice(0, -1) + (refresh_token.endsWith('A') ? 'B' : 'A')
  const [session = ''] = refresh_token.split('.')
  const texts = [
    access_token,
    flipped,
    `${refresh_token} `,
    `${refresh_token}=`,
    session,
    `${session}.`,
    'prt_',
    'x'.repeat(60_000)
  ]
  for (const text of texts) {
    t.equal(await verdictOf(await refresh(gateway, text)), '401 invalid_refresh_token', text.slice(0, 60))
  }
  for (const value of [null, 1, [refresh_token], { token: refresh_token }, '', undefined]) {
    t.equal(await verdictOf(await refresh(gateway, value)), '400 invalid_request', JSON.stringify(value) ?? 'missing')
  }
  t.equal((await refresh(gateway, refresh_token)).status, 200, 'none of them harmed the session')
})
