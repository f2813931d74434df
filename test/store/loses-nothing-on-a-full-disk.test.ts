import { join } from 'node:path'
import t from 'tap'
import { openStore } from '../../gateway/store/index.js'
import { addUser, newSession, openRaw, rotation, signIn, temporaryDirectory } from './each-store.js'

t.test('a full store rejects, forgets nothing, and goes on when there is room again', async (test) => {
  const path = join(temporaryDirectory(test), 'store.db')
  const store = await openStore({ path, maxPages: 60 })
  const operator = await openRaw(path)
  test.teardown(async () => {
    operator.close()
    await store.close()
  })
  const { sessions } = store
  const user = await addUser(store)
  const live = await signIn(store, user)
  const confirmed = new Set([live.session.id])
  const fill = async () => {
    for (;;) confirmed.add((await signIn(store, user, { userAgent: 'filler' })).session.id)
  }
  await test.rejects(fill(), { code: 'store_unavailable', cause: { message: /full/ } })

  const crowd = Array.from({ length: 200 }, (_, index) => newSession(user, `${index}`, { userAgent: 'filler' }))
  const outcomes = await Promise.allSettled(crowd.map((session) => sessions.openSession(session, 1)))
  test.ok(outcomes.some(({ status }) => status === 'rejected'))
  for (const [index, { status }] of outcomes.entries()) {
    if (status === 'fulfilled') confirmed.add(crowd[index]?.id ?? '')
  }
  const kept = operator.prepare('SELECT id FROM sessions').all() as { id: string }[]
  test.same(new Set(kept.map(({ id }) => id)), confirmed, 'what was confirmed is there, and nothing else')
  await store.ping()

  operator.exec("PRAGMA foreign_keys = ON; DELETE FROM sessions WHERE user_agent = 'filler'")
  test.match(await signIn(store, user), { session: { userId: user.id } })
  test.match(await sessions.rotate(rotation(live.token, 'next')), { outcome: 'rotated' })
})
