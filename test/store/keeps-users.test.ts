import { addUser, describeStore, newUser, signIn, start } from './each-store.js'

describeStore('a user is read back as added', async (t, { users }) => {
  const attributes = { full_name: 'Ada Lovelace', employee: 7, external: false }
  const user = newUser({ username: 'ada', roles: ['admin', 'portcullis:admin'], attributes })
  const expected = {
    id: user.id,
    username: 'ada',
    roles: ['admin', 'portcullis:admin'],
    attributes,
    disabled: false,
    generation: 1,
    createdAt: start,
    lastLoginAt: null
  }
  t.same(await users.addUser(user, start), expected)
  t.same(await users.readUser(user.id), expected)
  t.same(await users.findUser('ada'), {
    ...expected,
    passwordHash: '$argon2id$1',
    networks: [],
    directory: null,
    directoryKey: null
  })
  t.same(await users.listUsers(), [expected])
  t.equal(await users.findUser('bob'), null)
  t.equal(await users.readUser('ada'), null)
})

describeStore('a taken name is refused and changes nothing', async (t, store) => {
  const first = await addUser(store, { username: 'ada' })
  t.equal(await store.users.addUser(newUser({ username: 'ada' }), start), null)
  t.same(await store.users.listUsers(), [first])
})

describeStore('of many who add one name at once, one does', async (t, { users }) => {
  const all = Array.from({ length: 20 }, () => users.addUser(newUser({ username: 'ada' }), start))
  t.equal((await Promise.all(all)).filter((user) => user !== null).length, 1)
})

describeStore('first users are added only to an empty store', async (t, { users }) => {
  const pair = () => [newUser({ username: 'admin' }), newUser({ username: 'demo' })]
  const outcomes = await Promise.all([users.addFirstUsers(pair(), start), users.addFirstUsers(pair(), start)])
  t.same(outcomes, [true, false])
  t.same(
    (await users.listUsers()).map((user) => user.username),
    ['admin', 'demo']
  )
})

describeStore('first users are added all or none', async (t, { users }) => {
  const twins = [newUser({ username: 'twin' }), newUser({ username: 'twin' })]
  await t.rejects(users.addFirstUsers(twins, start), { code: 'store_unavailable' })
  t.same(await users.listUsers(), [])
})

describeStore('a change of a user raises the generation', async (t, store) => {
  await addUser(store, { username: 'ada' })
  const { users } = store
  t.match(await users.setRoles('ada', ['ops'], start), { generation: 2, roles: ['ops'] })
  t.match(await users.setPassword('ada', '$argon2id$2', start), { generation: 3 })
  t.match(await users.findUser('ada'), { passwordHash: '$argon2id$2' })
  t.match(await users.setDisabled('ada', true, start), { generation: 4, disabled: true })
  t.match(await users.setDisabled('ada', false, start), { generation: 5, disabled: false })
})

describeStore('a change of nobody is null', async (t, { users, sessions }) => {
  t.equal(await users.setRoles('nobody', [], start), null)
  t.equal(await users.setPassword('nobody', '', start), null)
  t.equal(await users.setDisabled('nobody', true, start), null)
  t.equal(await sessions.endSessionsOf({ userId: 'nobody' }, start), null)
})

describeStore('signing in sets the last login', async (t, store) => {
  const user = await addUser(store)
  await signIn(store, user, { now: start + 5 })
  t.match(await store.users.readUser(user.id), { lastLoginAt: start + 5, generation: 1 })
})
