import { addUser, describeStore, keyOf, rotation, signIn, start, within } from './each-store.js'

describeStore('a session ends by its id and by any of its tokens, once', async (t, store) => {
  const { sessions } = store
  const user = await addUser(store)
  const byId = await signIn(store, user)
  const bySpent = await signIn(store, user)
  const byCurrent = await signIn(store, user)
  await sessions.rotate(rotation(bySpent.token, 'second'))
  const ways = [
    { session: byId.session, which: { id: byId.session.id }, live: byId.token },
    { session: bySpent.session, which: keyOf(bySpent.token), live: within(bySpent.token, 'second') },
    { session: byCurrent.session, which: keyOf(byCurrent.token), live: byCurrent.token }
  ]
  for (const { session, which, live } of ways) {
    const ended = { ...session, endedAt: start + 1 }
    t.same(await sessions.endSession(which, start + 1), ended)
    t.same(await sessions.endSession(which, start + 2), ended, 'a second end changes nothing')
    t.match(await sessions.rotate(rotation(live, 'next')), { because: 'ended' })
  }
  t.equal(await sessions.endSession({ id: 'made up' }, start), null)
  t.equal(await sessions.endSession(keyOf(within(byCurrent.token, 'made up')), start), null)
})

describeStore(
  'all sessions of a user end by logout-all, a new password and disabling, not by roles',
  async (t, store) => {
    const { users, sessions } = store
    const bystander = await signIn(store, await addUser(store))
    const { id } = await addUser(store, { username: 'ada' })
    const changes = [
      { ends: true, change: () => sessions.endSessionsOf({ userId: id }, start) },
      { ends: true, change: () => users.setPassword('ada', '$argon2id$2', start) },
      { ends: false, change: () => users.setRoles('ada', ['ops'], start) },
      { ends: true, change: () => users.setDisabled('ada', true, start) }
    ]
    for (const { ends, change } of changes) {
      const before = await users.readUser(id)
      if (before === null) throw new Error('ada is gone')
      const pair = [await signIn(store, before), await signIn(store, before)]
      t.match(await change(), { id, generation: before.generation + 1 })
      for (const { token } of pair) {
        const outcome = await sessions.rotate(rotation(token, 'next'))
        t.match(
          outcome,
          ends ? { because: 'ended' } : { outcome: 'rotated', user: { generation: before.generation + 1 } }
        )
      }
    }
    t.match(await sessions.rotate(rotation(bystander.token, 'mine')), { outcome: 'rotated' })
  }
)

describeStore('a refresh token ends all sessions of its user as long as its own has not ended', async (t, store) => {
  const { sessions, users } = store
  const bystander = await signIn(store, await addUser(store))
  const ada = await addUser(store, { username: 'ada' })
  const [own, other] = [await signIn(store, ada), await signIn(store, ada)]
  await sessions.rotate(rotation(own.token, 'second'))
  const bySpent = keyOf(own.token)
  t.match(await sessions.endSessionsOf(bySpent, start + 1), { id: ada.id, generation: ada.generation + 1 })
  for (const token of [within(own.token, 'second'), other.token]) {
    t.match(await sessions.rotate(rotation(token, 'next')), { because: 'ended' })
  }
  const now = await users.readUser(ada.id)
  const later = now === null ? null : await signIn(store, now)
  for (const token of [own.token, ...['second', 'made up'].map((name) => within(own.token, name))]) {
    t.equal(await sessions.endSessionsOf(keyOf(token), start + 2), null)
  }
  t.match(await sessions.rotate(rotation(later?.token ?? '', 'later')), { outcome: 'rotated' })
  t.match(await sessions.rotate(rotation(bystander.token, 'mine')), { outcome: 'rotated' })
})

describeStore('no rotation is confirmed after the end of its session', async (t, store) => {
  const { sessions } = store
  const user = await addUser(store)
  for (let round = 0; round < 10; round += 1) {
    const { session, token } = await signIn(store, user)
    let ended = false
    const race = Array.from({ length: 20 }, async (_, index) => {
      if (index === round * 2) {
        await sessions.endSession({ id: session.id }, start)
        ended = true
      }
      // A rotation that is begun once the end is known must fail, whichever of the session's tokens it shows.
      const endKnown = ended
      const outcome = await sessions.rotate(rotation(token, `${index}`))
      if (endKnown) t.match(outcome, { outcome: 'refused', because: 'ended' })
    })
    await Promise.all(race)
    for (let index = 0; index < 20; index += 1) {
      t.match(await sessions.rotate(rotation(within(token, `${index}`), 'x')), { outcome: 'refused' })
    }
    t.match(await sessions.rotate(rotation(token, 'x')), { because: 'ended' })
  }
})
