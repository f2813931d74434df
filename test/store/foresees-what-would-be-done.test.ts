import { addUser, days, describeStore, keyOf, newUser, rotation, signIn, start, within } from './each-store.js'

describeStore('whom a refresh token is good for is told without using it, once more included', async (t, store) => {
  const { sessions, users } = store
  const owner = async (token: string, now = start) => (await sessions.findRefreshOwner(keyOf(token), now))?.id ?? null
  const user = await addUser(store)
  const { token } = await signIn(store, user)
  t.equal(await owner('never seen'), null)
  t.equal(await owner(token), user.id)
  t.match(await sessions.rotate(rotation(token, 'second')), { outcome: 'rotated' })
  t.equal(await owner(token), user.id, 'it may be repeated')
  t.equal(await owner(within(token, 'second')), user.id)
  t.equal(await owner(within(token, 'second'), start + days(40)), null, 'expired')
  t.match(await sessions.rotate(rotation(within(token, 'second'), 'third')), { outcome: 'rotated' })
  t.equal(await owner(token), null, 'it would end the session')
  t.match(await sessions.rotate(rotation(within(token, 'third'), 'fourth', { reuseGraceMs: 0 })), {
    outcome: 'rotated'
  })
  t.equal(await owner(within(token, 'third')), null, 'without a window there is nothing to repeat')
  t.equal(await owner(within(token, 'fourth')), user.id, 'and asking has ended nothing')
  await users.setDisabled(user.username, true, start)
  t.equal(await owner(within(token, 'fourth')), null)
})

describeStore('attributes take the place of those that were read, and of no others', async (t, { users }) => {
  await users.addUser(newUser({ username: 'ada', attributes: { a: 1 } }), start)
  const change = (before: object, after: object, name = 'ada') =>
    users.replaceAttributes(name, { ...before }, { ...after })
  t.match(await change({ a: 1 }, { a: 2, b: 'x' }), { attributes: { a: 2, b: 'x' }, generation: 2 })
  t.equal(await change({ a: 1 }, { a: 3 }), null, 'others were faster')
  t.match(await change({ a: 2, b: 'x' }, { a: 2, b: 'x' }), { generation: 2 }, 'nothing differs, nothing ends')
  t.match(await change({ a: 2, b: 'x' }, {}), { attributes: {}, generation: 3 })
  t.equal(await change({}, { a: 1 }, 'nobody'), null)
})

describeStore('what an import would do is told, and is what it does', async (t, { users }) => {
  await users.addUser(newUser({ username: 'here' }), start)
  const mirrored = { key: '1', username: 'mirror', roles: [], attributes: {}, disabled: false, passwordMark: 'm' }
  await users.mirrorUser('postgres', { ...mirrored, newId: 'id' }, start)
  const names = ['here', 'mirror', 'fresh']
  for (const [overwrites, outcomes] of [
    [false, ['exists', 'updated', 'added']],
    [true, ['updated', 'updated', 'updated']]
  ] as const) {
    t.same(await users.foreseeImport(names, overwrites), outcomes)
    t.same(await users.foreseeImport(names, overwrites), outcomes, 'nothing was done')
    const given = names.map((username) => newUser({ username }))
    t.same(await users.importUsers(given, overwrites, start), outcomes)
  }
})
