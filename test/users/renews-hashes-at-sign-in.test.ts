import t from 'tap'
import { openStore } from '../../gateway/store/index.js'
import { createPasswordHasher, createUsers } from '../../gateway/users/index.js'
import { createCountingHasher } from './users-fixture.js'

const password = { minLength: 8 }
const dearer = { memoryKib: 16, passes: 2, parallelism: 1 }

t.test('a hash of other parameters is replaced when its password is shown, and ends nothing', async (test) => {
  const store = await openStore({ path: null })
  test.teardown(() => store.close())
  const hasher = createCountingHasher()
  const users = createUsers({ store: store.users, hasher })
  await users.add({ username: 'ada', password: 'correct horse' })
  const before = (await store.users.findUser('ada'))?.passwordHash ?? ''
  test.ok(await users.authenticate('ada', 'correct horse'))
  test.equal((await store.users.findUser('ada'))?.passwordHash, before, 'nothing to do')

  users.adopt({ password, hash: dearer })
  test.equal(await users.authenticate('ada', 'wrong'), null)
  test.equal((await store.users.findUser('ada'))?.passwordHash, before, 'not for a guess')
  test.match(await users.authenticate('ada', 'correct horse'), { generation: 1 })
  const after = await store.users.findUser('ada')
  test.match(after, { generation: 1, passwordHash: /^\$argon2id\$v=19\$m=16,t=2,p=1\$/ })
  test.ok(await users.authenticate('ada', 'correct horse'))
  test.equal((await store.users.findUser('ada'))?.passwordHash, after?.passwordHash, 'once')
})

t.test('strangers cost what the hashes of now cost', async (test) => {
  const store = await openStore({ path: null })
  test.teardown(() => store.close())
  const hasher = createCountingHasher()
  const users = createUsers({ store: store.users, hasher })
  users.adopt({ password, hash: dearer })
  await users.authenticate('nobody', 'correct horse')
  test.match(hasher.calls.at(-1), { verb: 'verify', parameters: '$argon2id$v=19$m=16,t=2,p=1' })
})

t.test('a hash that cannot be renewed now hinders nobody', async (test) => {
  const store = await openStore({ path: null })
  test.teardown(() => store.close())
  const full = createPasswordHasher({ ...dearer, passes: 1 })
  const users = createUsers({ store: store.users, hasher: full })
  await users.add({ username: 'ada', password: 'correct horse' })
  const failing = { ...store.users, replacePasswordHash: () => Promise.reject(new Error('away')) }
  const later = createUsers({ store: failing, hasher: createPasswordHasher(dearer) })
  test.ok(await later.authenticate('ada', 'correct horse'))
})

t.test('a failure of the hasher is not kept', async (test) => {
  const store = await openStore({ path: null })
  test.teardown(() => store.close())
  const hasher = createCountingHasher()
  let failing = true
  const flaky = {
    ...hasher,
    hash: (text: string) => (failing ? Promise.reject(new Error('no memory')) : hasher.hash(text))
  }
  const users = createUsers({ store: store.users, hasher: flaky })
  await test.rejects(users.authenticate('nobody', 'correct horse'), { message: 'no memory' })
  failing = false
  test.equal(await users.authenticate('nobody', 'correct horse'), null)
})
