import t from 'tap'
import { freezeClock } from '../helpers/clock.js'
import { encode, resign } from '../helpers/forge.js'
import { bearer, PASSWORD, post, startGateway } from '../helpers/gateway.js'
import { NOWHERE, site } from '../helpers/site.js'

t.test('a token is shown with what it says and why it does not hold, never with its signature', async (t) => {
  const clock = freezeClock(t)
  const { gateway, resources, login, url } = await startGateway(t, site(NOWHERE), [{ username: 'alice' }])
  const { access_token: token, refresh_token } = await login('alice')
  const { keyring } = resources
  const changed = (what: Parameters<typeof resign>[2]) => resign(keyring, token, what)
  const [header = '', claims = '', signature = ''] = token.split('.')
  const table: readonly (readonly [name: string, token: string, because: RegExp | null])[] = [
    ['as issued', token, null],
    ['a changed claim', `${header}.${encode('{"sub":"x"}')}.${signature}`, /signature does not fit/],
    ['a changed signature', `${header}.${claims}.${'A'.repeat(86)}`, /signature does not fit/],
    ['another key id', changed({ header: { kid: 'x\u009b' } }), /has no key/],
    ['no key id', changed({ header: { kid: undefined } }), /has no key/],
    ['another algorithm', changed({ header: { alg: 'HS256' } }), /It says "HS256", and its key is for ES256 alone/],
    ['another type', changed({ header: { typ: 'JWT' } }), /It is of type "JWT"/],
    ['no type', changed({ header: { typ: undefined } }), /It is of type nothing/],
    ['crit', changed({ header: { crit: ['x'] } }), /not spelled/],
    ['padding', `${token}=`, /not spelled/],
    ['another issuer', changed({ claims: { iss: 'http://evil.test' } }), /issued by "http:\/\/evil.test"/],
    ['another audience', changed({ claims: { aud: ['a', 'b'] } }), /meant for \["a","b"\]/],
    ['no audience', changed({ claims: { aud: undefined } }), /meant for nothing/],
    ['not yet', changed({ claims: { nbf: clock.seconds() + 600 } }), /not good before 2/],
    ['expired', changed({ claims: { exp: clock.seconds() - 1 } }), /expired at 2/],
    ['no session', changed({ claims: { sid: undefined } }), /missing or of a wrong type/],
    ['two parts', `${header}.${claims}`, /not spelled/],
    ['no JSON', 'a.b.c', /no signed token/],
    ['nothing of the kind', 'hello', /no signed token/],
    ['a refresh token', refresh_token, /is a refresh token/]
  ]
  for (const [name, one, because] of table) {
    const inspected = await gateway.operatorAccounts.inspectToken(one)
    t.equal(inspected.active, because === null, name)
    if (because === null) t.equal(inspected.because, null)
    else t.match(inspected.because, because, name)
    const shown = JSON.stringify(inspected)
    for (const secret of [signature, refresh_token.slice(27)]) t.notOk(shown.includes(secret), `${name}: no secret`)
  }
  const { header: shownHeader, claims: shownClaims } = await gateway.operatorAccounts.inspectToken(token)
  t.match(shownHeader, { alg: 'ES256', typ: 'at+jwt' })
  t.match(shownClaims, { username: 'alice', exp: clock.seconds() + 900 })
  await fetch(`${url}/auth/logout`, { method: 'POST', headers: bearer(token) })
  t.match(await gateway.operatorAccounts.inspectToken(token), { active: false, because: /revoked/ })
})

t.test('a minted token is the user\u2019s own, for its time, and ends as a session does', async (t) => {
  const clock = freezeClock(t)
  const start = () => startGateway(t, site(NOWHERE, 'store: "sqlite:store.db"'), [{ username: 'alice', roles: ['a'] }])
  const first = await start()
  const { operatorAccounts, operatorUsers } = first.gateway
  const minted = await operatorAccounts.mintToken('Alice', 3_600_000)
  t.equal(minted.expiresAt, clock.seconds() + 3600, 'longer than the tokens of users, if asked')
  t.match(first.audit.at(-1), {
    event: 'token_minted',
    fields: { username: 'alice', session_id: minted.sessionId, expires_at: minted.expiresAt }
  })
  t.notOk(JSON.stringify(first.audit).includes(minted.token))
  const status = (url: string, token: string) =>
    fetch(`${url}/auth/userinfo`, { headers: bearer(token) }).then((response) => response.status)
  t.equal(await status(first.url, minted.token), 200)
  t.match((await operatorAccounts.show('alice')).user, { lastLoginAt: null }, 'it is no login of the user')
  t.same((await operatorAccounts.show('alice')).networks, [])
  const other = await operatorAccounts.mintToken('alice', 60_000)
  await operatorAccounts.endSession(other.sessionId)
  t.equal(await status(first.url, other.token), 401)

  const again = await first.restart()
  t.equal(await status(again.url, minted.token), 200)
  await again.gateway.operatorUsers.setRoles('alice', ['b'])
  const last = await again.restart()
  t.equal(await status(last.url, minted.token), 401, 'revoked with the user\u2019s change, over a restart')
  await last.gateway.operatorUsers.setDisabled('alice', true)
  const refused = { name: 'UserMistake', kind: 'user_disabled' }
  await t.rejects(last.gateway.operatorAccounts.mintToken('alice', 60_000), refused)
  t.ok(operatorUsers)
})

t.test("a token in simplejwt's manner is told by what it is", async (t) => {
  const clock = freezeClock(t)
  const yaml = site(NOWHERE, 'compat: { simplejwt: {} }')
  const { gateway, login, resources, url } = await startGateway(t, yaml, [{ username: 'alice' }])
  const answer = await post(`${url}/api/token/`, { username: 'alice', password: PASSWORD })
  const { access, refresh } = (await answer.json()) as { access: string; refresh: string }
  const { inspectToken } = gateway.operatorAccounts
  t.match(await inspectToken(access), { kind: 'access_token', active: true, because: null, header: { typ: 'JWT' } })
  t.match(await inspectToken(refresh), { kind: 'refresh_token', active: false, because: /shows nowhere who asks/ })
  t.match(await inspectToken(access.replace(/[^.]+$/, 'A'.repeat(86))), { active: false, because: /does not fit/ })
  const native = resign(resources.keyring, (await login('alice')).access_token, { header: { typ: 'JWT' } })
  t.match(await inspectToken(native), { active: false, because: /It is of type "JWT"/ }, 'neither kind')
  clock.advance(301)
  t.match(await inspectToken(access), { active: false, because: /expired at 2/ })
  const later = await post(`${url}/api/token/`, { username: 'alice', password: PASSWORD })
  const { access: other } = (await later.json()) as { access: string }
  await gateway.operatorUsers.setDisabled('alice', true)
  t.match(await inspectToken(other), { active: false, because: /revoked/ })
})
