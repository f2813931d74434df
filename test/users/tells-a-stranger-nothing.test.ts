import t from 'tap'
import type { UserStore } from '../../gateway/domain.js'
import { createUsers } from '../../gateway/users/index.js'
import { createCountingHasher, openUsers } from './users-fixture.js'

t.test('the right name and password are the user, without the hash', async (test) => {
  const { users } = await openUsers(test)
  const added = await users.add({ username: 'Jos\u00e9', password: 'correct horse', roles: ['user'] })
  for (const spelling of ['jos\u00e9', 'JOSE\u0301', '\uff2aos\u00e9']) {
    test.same(await users.authenticate(spelling, 'correct horse'), added, spelling)
  }
})

t.test('whatever is wrong, one hash of one cost is computed and the answer is null', async (test) => {
  const { users, hasher } = await openUsers(test)
  await users.add({ username: 'ada', password: 'correct horse' })
  await users.add({ username: 'off', password: 'correct horse' })
  await users.add({ username: 'odd', password: 'unusable' })
  await users.setDisabled('off', true)
  await users.authenticate('nobody', 'first')

  const attempts: { name: string; username: unknown; password: unknown }[] = [
    { name: 'wrong password', username: 'ada', password: 'wrong' },
    { name: 'unknown name', username: 'bob', password: 'correct horse' },
    { name: 'disabled, right password', username: 'off', password: 'correct horse' },
    { name: 'disabled, wrong password', username: 'off', password: 'wrong' },
    { name: 'empty password', username: 'ada', password: '' },
    { name: 'oversized password', username: 'ada', password: 'x'.repeat(1_000_000) },
    {
      name: 'oversized password of a password that reads like its stand-in',
      username: 'odd',
      password: 'x'.repeat(1025)
    },
    { name: 'malformed password', username: 'ada', password: '\ud800' },
    { name: 'password that is no text', username: 'ada', password: ['correct horse'] },
    { name: 'no password', username: 'ada', password: undefined },
    { name: 'empty name', username: '', password: 'correct horse' },
    { name: 'oversized name', username: 'x'.repeat(1_000_000), password: 'correct horse' },
    { name: 'impossible name', username: 'a da', password: 'correct horse' },
    { name: 'name that is no text', username: { toString: () => 'ada' }, password: 'correct horse' },
    { name: 'no name', username: null, password: null }
  ]
  for (const { name, username, password } of attempts) {
    hasher.calls.length = 0
    test.equal(await users.authenticate(username, password), null, name)
    test.equal(hasher.calls.length, 1, `${name}: one hash`)
    test.match(hasher.calls[0], { verb: 'verify', parameters: '$argon2id$v=19$m=8,t=1,p=1' }, `${name}: of one cost`)
    test.ok((hasher.calls[0]?.passwordLength ?? 0) <= 1024, `${name}: of a bounded text`)
  }
})

t.test('a store that fails is no wrong password', async (test) => {
  const store = { findUser: () => Promise.reject(new Error('the store is gone')) } as Partial<UserStore> as UserStore
  const users = createUsers({ store, hasher: createCountingHasher() })
  await test.rejects(users.authenticate('ada', 'correct horse'), { message: 'the store is gone' })
})

t.test('a hasher that fails fails for known and unknown names alike', async (test) => {
  const store = { findUser: () => Promise.resolve(null) } as Partial<UserStore> as UserStore
  const broken = () => Promise.reject(new Error('no memory'))
  const users = createUsers({ store, hasher: { ...createCountingHasher(), hash: broken, verify: broken } })
  await test.rejects(users.authenticate('ada', 'correct horse'), { message: 'no memory' })
})
