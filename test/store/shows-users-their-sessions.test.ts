import { addUser, days, describeStore, minutes, rotation, signIn, start } from './each-store.js'

describeStore('sessions are listed newest first, with what their owner knows them by', async (t, store) => {
  const ada = await addUser(store, { username: 'ada' })
  const bob = await addUser(store, { username: 'bob' })
  const first = await signIn(store, ada, { userAgent: 'phone', address: '192.0.2.7' })
  const second = await signIn(store, ada, { now: start + 10, idleExpiresAt: start + days(1) })
  const third = await signIn(store, ada, { now: start + 10 })
  const foreign = await signIn(store, bob, { now: start + 5 })
  await store.sessions.rotate(rotation(first.token, 'next', { now: start + 60 }))
  const listed = await store.sessions.listSessions(ada.id, 10, start + 60)
  t.same(
    listed.map(({ id }) => id),
    [third.session.id, second.session.id, first.session.id]
  )
  t.same(listed[2], {
    id: first.session.id,
    userId: ada.id,
    username: 'ada',
    createdAt: start,
    lastUsedAt: start + 60,
    expiresAt: start + 60 + days(7),
    address: '192.0.2.7',
    userAgent: 'phone'
  })
  t.equal((await store.sessions.listSessions(null, 10, start + 60)).length, 4)
  t.same(
    (await store.sessions.listSessions(null, 2, start + 60)).map(({ id }) => id),
    [third.session.id, second.session.id],
    'the newest'
  )
  t.same(
    (await store.sessions.listSessions(ada.id, 10, start + days(1))).map(({ id }) => id),
    [third.session.id, first.session.id],
    'not those that nobody can refresh'
  )
  await store.sessions.endSession({ id: foreign.session.id }, start + 60)
  t.same(await store.sessions.listSessions(bob.id, 10, start + 60), [])
})

describeStore('one ends only sessions of one\u2019s own', async (t, store) => {
  const ada = await addUser(store)
  const bob = await addUser(store)
  const own = await signIn(store, ada)
  const foreign = await signIn(store, bob)
  const { sessions } = store
  t.equal(await sessions.endSessionOf(ada.id, foreign.session.id, start), null)
  t.equal((await sessions.rotate(rotation(foreign.token, 'n1'))).outcome, 'rotated', 'the other one lives')
  t.equal(await sessions.endSessionOf(ada.id, 'nothing', start), null)
  t.same(await sessions.endSessionOf(ada.id, own.session.id, start + 1), { ...own.session, endedAt: start + 1 })
  t.equal(await sessions.endSessionOf(ada.id, own.session.id, start + 2), null, 'it has ended already')
  t.same(await sessions.rotate(rotation(own.token, 'n2')), { outcome: 'refused', because: 'ended' })
  t.match(await sessions.readRevocations(start), {
    sessions: [{ sessionId: own.session.id, until: start + minutes(15) }]
  })
})

describeStore('all others end, and the one that is kept goes on', async (t, store) => {
  const ada = await addUser(store)
  const bob = await addUser(store)
  const kept = await signIn(store, ada)
  const others = [await signIn(store, ada), await signIn(store, ada)]
  const gone = await signIn(store, ada)
  const foreign = await signIn(store, bob)
  const { sessions, users } = store
  await sessions.endSession({ id: gone.session.id }, start)
  const ended = await sessions.endOtherSessions(ada.id, kept.session.id, start + 1)
  t.same(new Set(ended.map(({ id }) => id)), new Set(others.map(({ session }) => session.id)), 'and it says which')
  for (const { token } of others) t.match(await sessions.rotate(rotation(token, `of ${token}`)), { because: 'ended' })
  for (const { token } of [kept, foreign]) {
    t.equal((await sessions.rotate(rotation(token, `of ${token}`))).outcome, 'rotated')
  }
  t.match(await users.readUser(ada.id), { generation: 1 }, 'the access token that asked for it holds')
  t.same(await sessions.endOtherSessions(ada.id, kept.session.id, start + 2), [])
})
