import { addUser, days, describeStore, newSession, rotation, signIn, start, within } from './each-store.js'

describeStore('a session is opened as asked', async (t, store) => {
  const user = await addUser(store)
  const { session } = await signIn(store, user)
  t.match(session, { userId: user.id, createdAt: start, absoluteExpiresAt: start + days(30), endedAt: null })
})

describeStore('no session is opened for a user who changed since the password was verified', async (t, store) => {
  const { users, sessions } = store
  const changes = [
    () => users.setPassword('ada', '$argon2id$2', start),
    () => users.setRoles('ada', [], start),
    () => users.setDisabled('ada', true, start)
  ]
  await addUser(store, { username: 'ada' })
  for (const change of changes) {
    const verified = await users.findUser('ada')
    if (verified === null) throw new Error('ada is gone')
    await change()
    t.equal(await sessions.openSession(newSession(verified, 'one.token'), verified.generation), null)
  }
  const disabled = await users.findUser('ada')
  if (disabled === null) throw new Error('ada is gone')
  t.equal(await sessions.openSession(newSession(disabled, 'one.token'), disabled.generation), null, 'while disabled')
  t.match(await sessions.rotate(rotation('one.token', 'next')), { because: 'unknown' }, 'nothing was kept')
})

describeStore('no session is opened for nobody', async (t, store) => {
  const user = await addUser(store)
  t.equal(await store.sessions.openSession(newSession({ ...user, id: 'gone' }, 'one.token'), 1), null)
})

describeStore('a session that fails leaves the others of its batch alone', async (t, store) => {
  const user = await addUser(store)
  const { token } = await signIn(store, user)
  const outcomes = await Promise.allSettled([
    store.sessions.openSession(newSession(user, 'one.first'), 1),
    store.sessions.openSession(newSession(user, within(token, 'two')), 1),
    store.sessions.openSession(newSession(user, 'three.first'), 1),
    store.sessions.rotate(rotation(token, 'four'))
  ])
  t.same(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'fulfilled']
  )
  t.match(outcomes[1], { reason: { code: 'store_unavailable', options: { retryAfter: 1 } } })
  t.match(await store.sessions.rotate(rotation('three.first', 'five')), { outcome: 'rotated' })
  t.match(await store.sessions.rotate(rotation(within(token, 'two'), 'six')), { because: 'unknown' })
})
