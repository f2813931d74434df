import { addUser, days, describeStore, hashOf, minutes, rotation, signIn, start } from './each-store.js'

describeStore('a live refresh token is told with its session and user, and can still be used', async (t, store) => {
  const user = await addUser(store, { roles: ['a'] })
  const { session, token } = await signIn(store, user)
  const expected = { session, user: { ...user, lastLoginAt: start }, issuedAt: start, expiresAt: start + days(7) }
  for (const now of [start, start + 5]) t.same(await store.sessions.findRefreshToken(hashOf(token), now), expected)
  t.match(await store.sessions.rotate(rotation(token, 'second', { now: start + 60 })), { outcome: 'rotated' })
  t.match(await store.sessions.findRefreshToken(hashOf('second'), start + 60), {
    issuedAt: start + 60,
    expiresAt: start + 60 + days(7)
  })
})

describeStore('what would not rotate is not told', async (t, store) => {
  const { sessions, users } = store
  const find = (token: string, now = start) => sessions.findRefreshToken(hashOf(token), now)
  const user = await addUser(store)
  t.equal(await find('never seen'), null)
  const spent = await signIn(store, user)
  await sessions.rotate(rotation(spent.token, 'live'))
  t.equal(await find(spent.token), null, 'spent, even while it could be repeated')
  t.not(await find('live'), null, 'asking about a spent one ends nothing')
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
