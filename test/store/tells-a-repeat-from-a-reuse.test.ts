import { addUser, describeStore, minutes, rotation, sealOf, signIn, start, within } from './each-store.js'

describeStore('a repeat within the window gets the same successor, and the same expiry', async (t, store) => {
  const { session, token } = await signIn(store, await addUser(store))
  const first = await store.sessions.rotate(rotation(token, 'second'))
  const repeat = await store.sessions.rotate(rotation(token, 'other', { now: start + 10 }))
  t.match(repeat, { outcome: 'repeated', session, sealedSuccessor: sealOf('second') })
  t.match(first, { refreshExpiresAt: 'refreshExpiresAt' in repeat ? repeat.refreshExpiresAt : null })
  t.match(
    await store.sessions.rotate(rotation(within(token, 'other'), 'third')),
    { because: 'unknown' },
    'no second successor'
  )
})

const reuses = [
  { name: 'after the window', now: start + 10.5, grace: 10_000, useSuccessor: false },
  { name: 'after its successor was used', now: start + 1, grace: 10_000, useSuccessor: true },
  { name: 'without a window, in the same second', now: start, grace: 0, useSuccessor: false }
]
for (const { name, now, grace, useSuccessor } of reuses) {
  describeStore(`a spent token used ${name} ends its session and no other`, async (t, store) => {
    const { sessions } = store
    const user = await addUser(store)
    const stolen = await signIn(store, user)
    const other = await signIn(store, user)
    const reuseGraceMs = grace
    await sessions.rotate(rotation(stolen.token, 'second', { reuseGraceMs }))
    if (useSuccessor) await sessions.rotate(rotation(within(stolen.token, 'second'), 'third', { reuseGraceMs }))
    const reused = await sessions.rotate(rotation(stolen.token, 'loot', { now, reuseGraceMs }))
    t.same(reused, { outcome: 'reused', session: { ...stolen.session, endedAt: now } })
    for (const name of ['first', 'second', 'third', 'loot']) {
      t.match(await sessions.rotate(rotation(within(stolen.token, name), 'more', { now })), { outcome: 'refused' })
    }
    t.match(await sessions.rotate(rotation(other.token, 'mine', { now })), { outcome: 'rotated' })
    t.match(await store.users.readUser(user.id), { generation: 1 }, 'only the session is revoked')
  })
}

describeStore('a token spent long ago is still known as spent', async (t, store) => {
  const { token } = await signIn(store, await addUser(store))
  let current = token
  for (let index = 0; index < 20; index += 1) {
    const successor = `successor ${index}`
    const rotated = await store.sessions.rotate(rotation(current, successor, { now: start + index * minutes(15) }))
    t.match(rotated, { outcome: 'rotated' })
    current = within(token, successor)
  }
  t.match(await store.sessions.rotate(rotation(token, 'loot', { now: start + minutes(300) })), { outcome: 'reused' })
})

describeStore('the seal is erased when the window has ended', async (t, store) => {
  const { token } = await signIn(store, await addUser(store))
  await store.sessions.rotate(rotation(token, 'second'))
  await store.sessions.prune(start + 10)
  t.match(await store.sessions.rotate(rotation(token, 'x', { now: start + 10 })), { outcome: 'repeated' }, 'not before')
  await store.sessions.prune(start + 11)
  t.match(await store.sessions.rotate(rotation(token, 'x', { now: start + 10 })), { outcome: 'reused' })
})

describeStore('a clock set back harms no repeat and revives nothing', async (t, store) => {
  const { sessions } = store
  const user = await addUser(store)
  const repeating = await signIn(store, user)
  await sessions.rotate(rotation(repeating.token, 'second'))
  const hourBefore = { now: start - minutes(60) }
  t.match(await sessions.rotate(rotation(repeating.token, 'x', hourBefore)), { outcome: 'repeated' })
  t.match(await sessions.rotate(rotation(within(repeating.token, 'second'), 'third', hourBefore)), {
    outcome: 'rotated'
  })
  t.match(await sessions.rotate(rotation(repeating.token, 'x', hourBefore)), { outcome: 'reused' })

  const expired = await signIn(store, user, { idleExpiresAt: start + 100 })
  await sessions.rotate(rotation(expired.token, 'x', { now: start + 100 }))
  t.match(await sessions.rotate(rotation(expired.token, 'x')), { because: 'expired' }, 'found expired, and so for good')

  const forgotten = await signIn(store, user, { idleExpiresAt: start + 100, accessExpiresAt: start + 100 })
  await sessions.prune(start + 101)
  t.match(await sessions.rotate(rotation(forgotten.token, 'x')), { because: 'expired' }, 'pruned, and so for good')
})
