import { randomUUID } from 'node:crypto'
import type { User } from '../../gateway/domain.js'
import type { Store } from '../../gateway/store/index.js'
import { addUser, describeStore, minutes, newSession, rotation, type SignIn, signIn, start } from './each-store.js'

const change = (store: Store, user: User, { session }: SignIn, overrides: { generation?: number; now?: number } = {}) =>
  store.sessions.changePassword({
    passwordHash: '$argon2id$new',
    sessionId: session.id,
    generation: overrides.generation ?? user.generation,
    successor: newSession(user, `successor ${randomUUID()}`, {
      now: overrides.now ?? start,
      network: '198.51.100.1'
    })
  })

describeStore('every session ends, the generation is raised, and one new session is open', async (t, store) => {
  const user = await addUser(store, { username: 'ada' })
  const shown = await signIn(store, user)
  const other = await signIn(store, user)
  const { sessions, users } = store
  const changed = await change(store, user, shown, { now: start + 9 })
  t.match(changed, { user: { id: user.id, generation: 2, lastLoginAt: start + 9 }, session: { userId: user.id } })
  t.match(await users.findUser('ada'), { passwordHash: '$argon2id$new', networks: ['198.51.100.1', '192.0.2.1'] })
  for (const { token } of [shown, other]) {
    t.same(await sessions.rotate(rotation(token, 'next')), { outcome: 'refused', because: 'ended' })
  }
  t.same(
    (await sessions.listSessions(user.id, 10, start)).map(({ id }) => id),
    [changed?.session.id]
  )
  t.same((await sessions.readRevocations(start)).generations, [
    { userId: user.id, generation: 2, until: start + minutes(15) }
  ])
})

describeStore('what has changed since the old password was verified wins', async (t, store) => {
  const user = await addUser(store, { username: 'ada' })
  const shown = await signIn(store, user)
  const { sessions, users } = store
  t.equal(await change(store, user, shown, { generation: 7 }), null, 'another generation')
  const ended = await signIn(store, user)
  await sessions.endSession({ id: ended.session.id }, start)
  t.equal(await change(store, user, ended), null, 'a session that has ended')
  const bob = await addUser(store)
  t.equal(await change(store, bob, shown), null, 'a session of another user')
  await users.setDisabled('ada', true, start)
  t.equal(await change(store, { ...user, generation: 2 }, shown), null, 'a disabled user')
  t.match(await users.findUser('ada'), { passwordHash: '$argon2id$1' }, 'nothing was changed')
})

describeStore('of two changes by the same old password one is made', async (t, store) => {
  const user = await addUser(store)
  const shown = await signIn(store, user)
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => change(store, user, shown)))
  t.equal(outcomes.filter((outcome) => outcome !== null).length, 1)
  t.equal((await store.sessions.listSessions(user.id, 10, start)).length, 1)
})

describeStore('a hash is replaced only while it is still the one that was verified', async (t, store) => {
  const { users } = store
  const user = await addUser(store, { username: 'ada' })
  const shown = await signIn(store, user)
  t.equal(await users.replacePasswordHash(user.id, '$argon2id$1', '$argon2id$2'), true)
  t.equal(await users.replacePasswordHash(user.id, '$argon2id$1', '$argon2id$3'), false)
  t.equal(await users.replacePasswordHash('nobody', '$argon2id$2', '$argon2id$3'), false)
  t.match(await users.findUser('ada'), { passwordHash: '$argon2id$2', generation: 1 }, 'the generation stays')
  t.equal((await store.sessions.rotate(rotation(shown.token, 'next'))).outcome, 'rotated', 'and so do sessions')
})
