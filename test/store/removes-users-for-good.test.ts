import { join } from 'node:path'
import t from 'tap'
import { openStore } from '../../gateway/store/index.js'
import { steps } from '../../gateway/store/schema.js'
import {
  addUser,
  days,
  describeStore,
  minutes,
  newSession,
  newUser,
  openRaw,
  rotation,
  signIn,
  start,
  temporaryDirectory,
  within
} from './each-store.js'

describeStore('a removed user is gone with every session, and what revokes their tokens stays', async (t, store) => {
  const { users, sessions } = store
  const user = await addUser(store, { username: 'ada', roles: ['admin'] })
  const { token, session } = await signIn(store, user)
  await sessions.rotate(rotation(token, 'next', { now: start + 60 }))
  t.match(await users.removeUser('ada', start + 90), { id: user.id, username: 'ada', generation: 2 })
  t.equal(await users.findUser('ada'), null)
  t.equal(await users.readUser(user.id), null)
  t.same(await users.listUsers(), [])
  t.same(await sessions.listSessions(null, 10, start), [])
  for (const spent of [token, within(token, 'next')]) {
    t.same(await sessions.rotate(rotation(spent, 'more')), { outcome: 'refused', because: 'unknown' })
  }
  t.equal(await sessions.endSession({ id: session.id }, start), null)
  t.equal(await sessions.openSession(newSession(user, 'late'), 2), null)
  const until = start + 60 + minutes(15)
  t.same((await sessions.readRevocations(start)).generations, [{ userId: user.id, generation: 2, until }])
  t.same((await sessions.readRevocations(until)).generations, [], 'only for as long as one can live')
  t.equal(await users.removeUser('ada', start), null)
})

describeStore('the name is free again, the id never is', async (t, store) => {
  const { users, sessions } = store
  const user = await addUser(store, { username: 'ada' })
  await users.removeUser('ada', start)
  await sessions.prune(start + days(1000))
  await t.rejects(users.addUser(newUser({ id: user.id }), start), { code: 'store_unavailable' })
  const next = await users.addUser(newUser({ username: 'ada' }), start)
  t.match(next, { username: 'ada', generation: 1 })
  t.not(next?.id, user.id)
})

describeStore('a refresh and a removal at once leave nothing alive', async (t, store) => {
  const { users, sessions } = store
  for (let round = 0; round < 20; round += 1) {
    const username = `user${round}`
    const user = await addUser(store, { username })
    const { token } = await signIn(store, user)
    const refresh = () => sessions.rotate(rotation(token, 'next'))
    const remove = () => users.removeUser(username, start)
    await Promise.all(round % 2 === 0 ? [refresh(), remove()] : [remove(), refresh()])
    t.equal((await sessions.rotate(rotation(within(token, 'next'), 'x'))).outcome, 'refused')
  }
})

t.test('networks are remembered by the sign-in, the latest ten first, over a restart', async (t) => {
  const path = join(temporaryDirectory(t), 'store.db')
  const store = await openStore({ path })
  const user = await addUser(store, { username: 'ada' })
  for (let i = 1; i <= 12; i += 1) await signIn(store, user, { network: `192.0.2.${i}` })
  await signIn(store, user, { network: '192.0.2.5' })
  await signIn(store, user, { network: null, now: start + 99 })
  await store.close()
  const again = await openStore({ path })
  t.teardown(() => again.close())
  const found = await again.users.findUser('ada')
  t.same(
    found?.networks,
    [5, 12, 11, 10, 9, 8, 7, 6, 4, 3].map((i) => `192.0.2.${i}`)
  )
  t.equal(found?.lastLoginAt, start, 'a session that nobody signed in to is no login')
})

t.test('a file of the first version is brought to the present one with its users', async (t) => {
  const path = join(temporaryDirectory(t), 'store.db')
  const old = await openRaw(path)
  old.exec(steps[0] ?? '')
  old.exec('PRAGMA application_id = 0x50434c53; PRAGMA user_version = 1')
  old.exec(`INSERT INTO users (id, username, password_hash, roles, attributes, created_at, password_changed_at)
    VALUES ('1', 'ada', '$argon2id$1', '["user"]', '{}', 5, 5)`)
  old.close()
  const store = await openStore({ path })
  t.teardown(() => store.close())
  t.match(await store.users.findUser('ada'), { id: '1', roles: ['user'], networks: [], generation: 1 })
  t.match(await store.users.removeUser('ada', start), { id: '1' })
})
