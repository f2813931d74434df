import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openStore } from '../../gateway/store/index.js'
import { addUser, openRaw, rotation, sealOf, signIn, start, temporaryDirectory } from './each-store.js'

t.test('the directory and all files are for their owner only', async (test) => {
  const directory = join(temporaryDirectory(test), 'data')
  const store = await openStore({ path: join(directory, 'store.db') })
  test.teardown(() => store.close())
  await addUser(store)
  test.equal(statSync(directory).mode & 0o777, 0o700)
  const files = readdirSync(directory)
  test.ok(files.includes('store.db-wal'), 'the log is a file of its own')
  for (const file of files) test.equal(statSync(join(directory, file)).mode & 0o777, 0o600, file)
})

t.test('what was confirmed is there after closing and opening', async (test) => {
  const path = join(temporaryDirectory(test), 'store.db')
  const before = await openStore({ path })
  const user = await addUser(before, { username: 'ada' })
  const kept = await signIn(before, user)
  const ended = await signIn(before, user)
  await before.sessions.rotate(rotation(kept.token, 'second'))
  await before.sessions.endSession({ id: ended.session.id }, start)
  await before.close()

  const after = await openStore({ path })
  test.teardown(() => after.close())
  test.match(await after.users.findUser('ada'), { id: user.id })
  test.match(await after.sessions.readRevocations(start), { sessions: [{ sessionId: ended.session.id }] })
  test.match(await after.sessions.rotate(rotation(kept.token, 'x')), { sealedSuccessor: sealOf('second') })
  test.match(await after.sessions.rotate(rotation(ended.token, 'x')), { because: 'ended' })
})

t.test('closing finishes the calls under way, and later calls are rejected', async (test) => {
  const store = await openStore({ path: join(temporaryDirectory(test), 'store.db') })
  const added = addUser(store)
  const closed = store.close()
  test.match(await added, { generation: 1 })
  await test.rejects(store.ping(), { code: 'store_unavailable' })
  test.equal(store.close(), closed, 'closing twice is closing once')
  await closed
})

t.test('two stores in memory know nothing of each other', async (test) => {
  const [one, two] = [await openStore({ path: null }), await openStore({ path: null })]
  test.teardown(() => Promise.all([one.close(), two.close()]))
  await addUser(one, { username: 'ada' })
  test.equal(await two.users.findUser('ada'), null)
})

t.test('while another process writes, calls are rejected in time and go on after', async (test) => {
  const path = join(temporaryDirectory(test), 'store.db')
  const store = await openStore({ path, busyTimeoutMs: 100 })
  const other = await openRaw(path)
  test.teardown(async () => {
    other.close()
    await store.close()
  })
  other.exec('BEGIN IMMEDIATE')
  await test.rejects(addUser(store, { username: 'ada' }), { code: 'store_unavailable' })
  test.equal(await store.users.findUser('ada'), null, 'reading does not wait for writers')
  other.exec('ROLLBACK')
  test.match(await addUser(store, { username: 'ada' }), { username: 'ada' })
})
