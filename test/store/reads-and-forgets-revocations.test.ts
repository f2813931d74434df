import { addUser, days, describeStore, keyOf, minutes, rotation, signIn, start, within } from './each-store.js'

const nothing = { tokens: [], sessions: [], generations: [] }

describeStore('an ended session is revoked until its last access token expires', async (t, store) => {
  const { sessions } = store
  const user = await addUser(store)
  const { session, token } = await signIn(store, user)
  await signIn(store, user)
  t.same(await sessions.readRevocations(start), nothing)
  await sessions.rotate(rotation(token, 'second', { now: start + 60 }))
  await sessions.rotate(rotation(token, 'x', { now: start + 65 }))
  await sessions.endSession({ id: session.id }, start + 66)
  const until = start + 65 + minutes(15)
  const revoked = { ...nothing, sessions: [{ sessionId: session.id, until }] }
  t.same(await sessions.readRevocations(start + 66), revoked, 'the repeat issued the last one')
  t.same(await sessions.readRevocations(until - 1), revoked)
  t.same(await sessions.readRevocations(until), nothing)
})

describeStore('an earlier access token does not shorten a revocation', async (t, store) => {
  const { session, token } = await signIn(store, await addUser(store), { accessExpiresAt: start + minutes(60) })
  await store.sessions.rotate(rotation(token, 'second', { accessMs: 1000 }))
  await store.sessions.endSession({ id: session.id }, start)
  t.match(await store.sessions.readRevocations(start), { sessions: [{ until: start + minutes(60) }] })
})

describeStore('a reused token revokes the access tokens of its session', async (t, store) => {
  const { session, token } = await signIn(store, await addUser(store))
  await store.sessions.rotate(rotation(token, 'second'))
  await store.sessions.rotate(rotation(token, 'loot', { now: start + 11 }))
  t.match(await store.sessions.readRevocations(start + 11), { sessions: [{ sessionId: session.id }] })
})

describeStore('a raised generation is revoked until the last older access token expires', async (t, store) => {
  const { users, sessions } = store
  const user = await addUser(store, { username: 'ada' })
  await users.setRoles('ada', ['early'], start)
  t.same(await sessions.readRevocations(start), nothing, 'nobody had a token yet')
  const now = await users.readUser(user.id)
  if (now === null) throw new Error('ada is gone')
  await signIn(store, now)
  await signIn(store, now, { accessExpiresAt: start + minutes(20) })
  await users.setRoles('ada', ['late'], start + 1)
  const until = start + minutes(20)
  const revoked = { ...nothing, generations: [{ userId: user.id, generation: 3, until }] }
  t.same(await sessions.readRevocations(start + 1), revoked)
  t.same(await sessions.readRevocations(until), nothing)
})

describeStore('only sessions to which nothing alive can refer are forgotten', async (t, store) => {
  const { sessions } = store
  const user = await addUser(store)
  const idle = await signIn(store, user, { idleExpiresAt: start + 60 })
  const ended = await signIn(store, user)
  const live = await signIn(store, user)
  await sessions.rotate(rotation(ended.token, 'second'))
  await sessions.endSession({ id: ended.session.id }, start)

  t.equal(await sessions.prune(start + minutes(15)), 0)
  t.match(await sessions.readRevocations(start), { sessions: [{}, {}] }, 'there again when the clock is set back')
  t.equal(await sessions.prune(start + minutes(15) + days(1)), 2)
  t.equal(await sessions.prune(start + minutes(15) + days(1)), 0)
  for (const token of [idle.token, ended.token, within(ended.token, 'second')]) {
    t.equal(await sessions.endSession(keyOf(token), start), null)
  }
  t.match(await sessions.rotate(rotation(live.token, 'mine', { now: start + days(2) })), { outcome: 'rotated' })
})

describeStore('more is forgotten than fits in one step', async (t, store) => {
  const { sessions } = store
  const user = await addUser(store)
  await Promise.all(Array.from({ length: 250 }, () => signIn(store, user, { idleExpiresAt: start + 60 })))
  t.equal(await sessions.prune(start + days(2)), 250)
})

describeStore('the walk comes past every session, and past gaps', async (t, store) => {
  const { sessions } = store
  const user = await addUser(store)
  const open = (index: number) =>
    signIn(store, user, index % 3 === 0 ? { idleExpiresAt: start + 60, accessExpiresAt: start + 60 } : {})
  const all = await Promise.all(Array.from({ length: 1600 }, (_, index) => open(index)))
  const expired = all.filter((_, index) => index % 3 === 0)
  const [last] = all.slice(-2)
  await sessions.rotate(rotation(last?.token ?? '', 'second'))
  t.equal(await sessions.prune(start + 61), 0)
  t.match(await sessions.rotate(rotation(last?.token ?? '', 'x')), { outcome: 'reused' }, 'its seal is erased')
  for (const { token } of expired) {
    // At an hour when none of them had run out.
    const outcome = await sessions.rotate(rotation(token, 'x', { now: start }))
    if (!('because' in outcome) || outcome.because !== 'expired') t.fail('a session was passed over')
  }
  t.equal(await sessions.prune(start + 61 + days(1)), expired.length)
  t.equal(await sessions.prune(start + days(60)), all.length - expired.length, 'what is left comes to its end')
})

describeStore('the walk ends however many sessions are opened meanwhile', async (t, store) => {
  const user = await addUser(store)
  await Promise.all(Array.from({ length: 700 }, () => signIn(store, user, { idleExpiresAt: start + 60 })))
  const enough = 40_000
  let [walking, opened] = [true, 0]
  const open = async () => {
    while (walking && opened < enough) {
      await signIn(store, user)
      opened += 1
    }
  }
  // At any time more of them wait than one step walks past.
  const flood = Promise.all(Array.from({ length: 1500 }, open))
  t.equal(await store.sessions.prune(start + minutes(15) + days(1)), 700)
  walking = false
  await flood
  t.ok(opened < enough, `${opened} were opened meanwhile`)
})
