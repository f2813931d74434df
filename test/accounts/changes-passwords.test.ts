import t from 'tap'
import { bearer, PASSWORD, post, startGateway, type TestGateway, type Tokens, verdictOf } from '../helpers/gateway.js'
import { NOWHERE, site } from '../helpers/site.js'

const NEXT = 'another horse battery'

const change = (gateway: TestGateway, token: string, body: unknown) =>
  post(`${gateway.url}/auth/password`, body, bearer(token))
const right = { current_password: PASSWORD, new_password: NEXT }
const refresh = (gateway: TestGateway, { refresh_token }: Tokens) =>
  post(`${gateway.url}/auth/refresh`, { refresh_token })
const holds = async (gateway: TestGateway, { access_token }: Tokens) =>
  (await fetch(`${gateway.url}/auth/userinfo`, { headers: bearer(access_token) })).status === 200

t.test('all sessions end, and the answer is a new one that outlives a restart', async (t) => {
  const gateway = await startGateway(t, site(NOWHERE, 'store: "sqlite:store.db"'), [
    { username: 'alice', roles: ['a'] }
  ])
  const [own, other] = [await gateway.login('alice'), await gateway.login('alice')]
  const response = await change(gateway, own.access_token, right)
  t.equal(response.status, 200)
  t.equal(response.headers.get('cache-control'), 'no-store')
  const tokens = (await response.json()) as Tokens
  t.match(tokens, { token_type: 'Bearer', expires_in: 900, refresh_token: /^prt_/ })
  for (const old of [own, other]) {
    t.notOk(await holds(gateway, old))
    t.equal(await verdictOf(await refresh(gateway, old)), '401 invalid_refresh_token')
  }
  t.not(tokens.refresh_token.slice(0, 26), own.refresh_token.slice(0, 26), 'another session id')
  const told = gateway.audit.find(({ event }) => event === 'password_changed')
  t.match(told, { fields: { username: 'alice', address: '127.0.0.1' } })
  t.notOk(JSON.stringify(gateway.audit).includes(NEXT))
  const again = await gateway.restart()
  t.ok(await holds(again, tokens))
  t.notOk(await holds(again, own))
  t.equal((await refresh(again, tokens)).status, 200)
  await t.rejects(again.login('alice'), { message: /^login: 401/ })
  t.ok(await again.login('alice', NEXT))
})

t.test('what is refused changes nothing', async (t) => {
  const gateway = await startGateway(
    t,
    site(NOWHERE, 'users: { password: { min_length: 10 }, login: { per_account_and_network: 100 } }'),
    [{ username: 'alice' }]
  )
  const tokens = await gateway.login('alice')
  const table: readonly (readonly [name: string, body: unknown, verdict: string, detail?: RegExp])[] = [
    ['a wrong password', { ...right, current_password: 'x' }, '401 invalid_credentials'],
    ['no current password', { new_password: NEXT }, '400 invalid_request', /current_password/],
    ['no new password', { current_password: PASSWORD }, '400 invalid_request', /new_password/],
    ['no text', { ...right, new_password: ['x'] }, '400 invalid_request'],
    ['a list', [right], '400 invalid_request'],
    ['too short', { ...right, new_password: 'zWq71$bnM' }, '400 invalid_request', /shorter than 10 characters/],
    ['too long', { ...right, new_password: 'x'.repeat(1025) }, '400 invalid_request', /over 1024 bytes/],
    ['common', { ...right, new_password: 'Password123' }, '400 invalid_request', /most common/],
    ['the own name', { ...right, new_password: '-Alice-2026-' }, '400 invalid_request', /own name/]
  ]
  for (const [name, body, verdict, detail] of table) {
    const response = await change(gateway, tokens.access_token, body)
    const text = await response.clone().text()
    t.equal(await verdictOf(response), verdict, name)
    if (detail !== undefined) t.match((JSON.parse(text) as { detail: string }).detail, detail, name)
  }
  t.match(
    gateway.audit.filter(({ event }) => event === 'password_change_failed'),
    [{ fields: { username: 'alice' } }]
  )
  t.ok(await holds(gateway, tokens))
  t.ok(await gateway.login('alice'))
})

t.test('guesses at the current password are counted as sign-ins are', async (t) => {
  const gateway = await startGateway(t, site(NOWHERE, 'users: { login: { per_account_and_network: 3 } }'), [
    { username: 'alice' }
  ])
  const { access_token } = await gateway.login('alice')
  const guesses = await Promise.all(
    Array.from({ length: 10 }, (_, i) => change(gateway, access_token, { ...right, current_password: `guess ${i}` }))
  )
  t.equal(guesses.filter(({ status }) => status === 401).length, 3)
  t.equal(guesses.filter(({ status }) => status === 429).length, 7)
  const refused = await change(gateway, access_token, right)
  t.equal(await verdictOf(refused), '429 login_throttled')
  t.ok(Number(refused.headers.get('retry-after')) > 0)
  await t.rejects(gateway.login('alice'), { message: /^login: 429/ }, 'one budget for both')
})

t.test('of changes at once one is made, and only its session lives', async (t) => {
  const gateway = await startGateway(t, site(NOWHERE), [{ username: 'alice' }])
  const own = await gateway.login('alice')
  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, i) => change(gateway, own.access_token, { ...right, new_password: `${NEXT} ${i}` }))
  )
  const made = answers.flatMap((response, i) => (response.status === 200 ? [i] : []))
  t.equal(made.length, 1)
  for (const response of answers) {
    if (response.status !== 200) t.match(await verdictOf(response), /^401 (revoked_token|invalid_credentials)$/)
  }
  t.ok(await gateway.login('alice', `${NEXT} ${made[0]}`))
})

t.test('a refresh, a logout or a login at once never passes a change by', async (t) => {
  const gateway = await startGateway(t, site(NOWHERE, 'users: { login: { per_account_and_network: 1000 } }'), [
    { username: 'alice' }
  ])
  let password = PASSWORD
  for (let round = 0; round < 6; round += 1) {
    const [own, other] = [await gateway.login('alice', password), await gateway.login('alice', password)]
    const next = `${NEXT} ${round}`
    const body = { current_password: password, new_password: next }
    // The last to come out of the hasher is the change, so that the others have every chance to be late.
    const [changed, ...raced] = await Promise.all([
      change(gateway, own.access_token, body),
      refresh(gateway, other),
      post(`${gateway.url}/auth/login`, { username: 'alice', password })
    ])
    t.equal(changed.status, 200)
    password = next
    for (const response of raced) {
      if (response.status !== 200) continue
      const tokens = (await response.json()) as Tokens
      t.notOk(await holds(gateway, tokens), 'an access token by the old password is dead')
      t.equal(await verdictOf(await refresh(gateway, tokens)), '401 invalid_refresh_token')
    }
    t.ok(await holds(gateway, (await changed.json()) as Tokens))
  }
  const own = await gateway.login('alice', password)
  const [out, changed] = await Promise.all([
    post(`${gateway.url}/auth/logout`, {}, bearer(own.access_token)),
    change(gateway, own.access_token, { current_password: password, new_password: NEXT })
  ])
  t.equal(out.status, 204)
  t.equal(await verdictOf(changed), '401 revoked_token', 'a session that was signed out opens no other')
})

t.test('a changed length counts from the reload on', async (t) => {
  const gateway = await startGateway(t, site(NOWHERE), [{ username: 'alice' }])
  const { access_token } = await gateway.login('alice')
  gateway.reload(site(NOWHERE, 'users: { password: { min_length: 30 } }'))
  t.equal(await verdictOf(await change(gateway, access_token, right)), '400 invalid_request')
  gateway.reload(site(NOWHERE))
  t.equal(await verdictOf(await change(gateway, access_token, right)), '200')
})
