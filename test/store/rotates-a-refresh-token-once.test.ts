import { addUser, days, describeStore, keyOf, minutes, rotation, sealOf, signIn, start, within } from './each-store.js'

describeStore('a token rotates into its successor, with the user of now', async (t, store) => {
  await addUser(store, { username: 'ada' })
  const before = await store.users.findUser('ada')
  if (before === null) throw new Error('ada is gone')
  const { session, token } = await signIn(store, before)
  await store.users.setRoles('ada', ['ops'], start)
  const outcome = await store.sessions.rotate(rotation(token, 'second', { now: start + 60 }))
  const user = await store.users.readUser(before.id)
  t.same(outcome, { outcome: 'rotated', session, user, refreshExpiresAt: start + 60 + days(7) })
  t.match(outcome, { user: { roles: ['ops'], generation: 2 } })
  t.match(await store.sessions.rotate(rotation(within(token, 'second'), 'third', { now: start + 61 })), {
    outcome: 'rotated'
  })
})

describeStore('a token never outlives its session', async (t, store) => {
  const { token } = await signIn(store, await addUser(store), {
    absoluteExpiresAt: start + 100,
    idleExpiresAt: start + 200
  })
  const rotated = await store.sessions.rotate(rotation(token, 'second', { now: start + 99 }))
  t.match(rotated, { outcome: 'rotated', refreshExpiresAt: start + 100 })
  const refused = await store.sessions.rotate(rotation(within(token, 'second'), 'third', { now: start + 100 }))
  t.same(refused, { outcome: 'refused', because: 'expired' })
})

describeStore('of fifty uses at once one rotates and the others get the same successor', async (t, store) => {
  const { token } = await signIn(store, await addUser(store))
  const uses = Array.from({ length: 50 }, (_, index) => store.sessions.rotate(rotation(token, `successor ${index}`)))
  const outcomes = await Promise.all(uses)
  const winner = outcomes.findIndex(({ outcome }) => outcome === 'rotated')
  const rest = outcomes.filter((_, index) => index !== winner)
  t.equal(rest.length, 49)
  for (const outcome of rest) {
    t.match(outcome, { outcome: 'repeated', sealedSuccessor: sealOf(`successor ${winner}`) })
  }
  t.match(await store.sessions.rotate(rotation(within(token, `successor ${winner}`), 'next')), { outcome: 'rotated' })
})

describeStore('what cannot rotate is refused with its reason', async (t, store) => {
  const { users, sessions } = store
  await addUser(store, { username: 'ada' })
  const ada = async () => {
    const user = await users.findUser('ada')
    if (user === null) throw new Error('ada is gone')
    return user
  }
  t.same(await sessions.rotate(rotation('made.up', 'next')), { outcome: 'refused', because: 'unknown' })

  const ended = await signIn(store, await ada())
  await sessions.endSession({ id: ended.session.id }, start)
  t.same(await sessions.rotate(rotation(ended.token, 'next')), { outcome: 'refused', because: 'ended' })

  const idle = await signIn(store, await ada(), { idleExpiresAt: start + minutes(30) })
  const late = rotation(idle.token, 'next', { now: start + minutes(30) })
  t.same(await sessions.rotate(late), { outcome: 'refused', because: 'expired' })

  const disabled = await signIn(store, await ada())
  await users.setDisabled('ada', true, start)
  t.match(await sessions.rotate(rotation(disabled.token, 'next')), { outcome: 'refused' })
  await users.setDisabled('ada', false, start)
  t.match(await sessions.rotate(rotation(disabled.token, 'next')), { outcome: 'refused' }, 'nor after enabling')
})

describeStore('a spent token of an ended session is refused, not reused', async (t, store) => {
  const { session, token } = await signIn(store, await addUser(store))
  await store.sessions.rotate(rotation(token, 'second'))
  await store.sessions.endSession({ id: session.id }, start)
  const again = rotation(token, 'third', { now: start + minutes(1) })
  t.same(await store.sessions.rotate(again), { outcome: 'refused', because: 'ended' })
})

describeStore('whoever knows a session but none of its tokens changes nothing', async (t, store) => {
  const { sessions } = store
  const { token } = await signIn(store, await addUser(store))
  const madeUp = within(token, 'made up')
  t.same(await sessions.rotate(rotation(madeUp, 'loot')), { outcome: 'refused', because: 'unknown' })
  t.equal(await sessions.endSession(keyOf(madeUp), start), null)
  t.equal(await sessions.endSessionsOf(keyOf(madeUp), start), null)
  t.equal(await sessions.findRefreshOwner(keyOf(madeUp), start), null)
  const other = await signIn(store, await addUser(store))
  const mixed = { ...rotation(token, 'loot'), sessionId: other.session.id }
  t.same(await sessions.rotate(mixed), { outcome: 'refused', because: 'unknown' }, 'nor with the token of another one')
  for (const live of [token, other.token]) {
    t.match(await sessions.rotate(rotation(live, 'next')), { outcome: 'rotated' })
  }
})
