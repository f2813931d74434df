import { addUser, days, describeStore, keyOf, minutes, rotation, signIn, start, within } from './each-store.js'

describeStore('a live refresh token is told with its session and user, and can still be used', async (t, store) => {
  const user = await addUser(store, { roles: ['a'] })
  const { session, token } = await signIn(store, user)
  const expected = { session, user: { ...user, lastLoginAt: start }, issuedAt: start, expiresAt: start + days(7) }
  for (const now of [start, start + 5]) t.same(await store.sessions.findRefreshToken(keyOf(token), now), expected)
  t.match(await store.sessions.rotate(rotation(token, 'second', { now: start + 60 })), { outcome: 'rotated' })
  t.match(await store.sessions.findRefreshToken(keyOf(within(token, 'second')), start + 60), {
    issuedAt: start + 60,
    expiresAt: start + 60 + days(7)
  })
})

describeStore('what would not rotate is not told', async (t, store) => {
  const { sessions, users } = store
  const find = (token: string, now = start) => sessions.findRefreshToken(keyOf(token), now)
  const user = await addUser(store)
  t.equal(await find('never.seen'), null)
  const spent = await signIn(store, user)
  await sessions.rotate(rotation(spent.token, 'live'))
  t.equal(await find(spent.token), null, 'spent, even while it could be repeated')
  t.not(await find(within(spent.token, 'live')), null, 'asking about a spent one ends nothing')
  const idle = await signIn(store, user, { idleExpiresAt: start + 60 })
  t.not(await find(idle.token, start + 59), null)
  t.equal(await find(idle.token, start + 60), null)
  const old = await signIn(store, user, { absoluteExpiresAt: start + minutes(5) })
  t.equal(await find(old.token, start + minutes(5)), null)
  const ended = await signIn(store, user)
  await sessions.endSession({ id: ended.session.id }, start)
  t.equal(await find(ended.token), null)
  const last = await signIn(store, user)
  await users.setDisabled(user.username, true, start)
  t.equal(await find(last.token), null)
})

describeStore('a session is found by its own name alone', async (t, store) => {
  const { sessions } = store
  const { session, token } = await signIn(store, await addUser(store))
  const { tokenHash } = keyOf(token)
  for (const other of ['', 'x', '\u0000', '\u0000x', '\ud800', ' ', '\n', '=', '.', 'x'.repeat(100_000)]) {
    const sessionId = `${session.id}${other}`
    const found = await sessions.findRefreshToken({ sessionId, tokenHash }, start)
    t.equal(found !== null, other === '', JSON.stringify(other.slice(0, 9)))
    if (other === '') continue
    t.match(await sessions.rotate({ ...rotation(token, 'loot'), sessionId }), { because: 'unknown' })
    t.equal(await sessions.endSession({ sessionId, tokenHash }, start), null)
    t.equal(await sessions.endSessionsOf({ sessionId, tokenHash }, start), null)
  }
  t.match(await sessions.rotate(rotation(token, 'second')), { outcome: 'rotated' })
})
