import { pbkdf2Sync } from 'node:crypto'
import t from 'tap'
import type { DirectoryUser, UserStore } from '../../gateway/domain.js'
import { openStore } from '../../gateway/store/index.js'
import { createUsers, type NamedDirectory } from '../../gateway/users/index.js'
import { createCountingHasher } from './users-fixture.js'

const PASSWORD = 'correct horse'
const hashOf = (salt: string) =>
  `pbkdf2_sha256$1000$${salt}$${pbkdf2Sync(PASSWORD, salt, 1000, 32, 'sha256').toString('base64')}`

const ADA: DirectoryUser = {
  key: '7',
  username: 'ada',
  passwordHash: hashOf('one'),
  roles: ['staff'],
  attributes: { full_name: 'Ada Lovelace' },
  disabled: false
}

/** The store, and which of its verbs were asked for. */
async function openRecorded(): Promise<{ store: UserStore; asked: string[]; close: () => Promise<void> }> {
  const { users, close } = await openStore({ path: null })
  const asked: string[] = []
  const store = new Proxy(users, {
    get(target, verb: keyof UserStore) {
      if (verb !== 'samplePasswordHashes') asked.push(verb)
      return target[verb]
    }
  })
  return { store, asked, close }
}

function createDirectory(noteLogin: NamedDirectory['noteLogin']) {
  let kept = ADA
  const directory: NamedDirectory = {
    name: 'elsewhere',
    findUser: async () => kept,
    readUser: async () => kept,
    samplePasswordHashes: async () => [],
    noteLogin,
    close: async () => {}
  }
  return {
    directory,
    change: (changes: Partial<DirectoryUser>) => {
      kept = { ...ADA, ...changes }
    }
  }
}

t.test('a sign-in writes a mirror when the directory says something else than it did, and only then', async (t) => {
  const { store, asked, close } = await openRecorded()
  t.teardown(close)
  const { directory, change } = createDirectory(null)
  const users = createUsers({ store, hasher: createCountingHasher(), directory })
  async function signIn() {
    asked.length = 0
    const user = await users.authenticate('ada', PASSWORD)
    return { user, asked: [...asked] }
  }

  const first = await signIn()
  t.strictSame(first.asked, ['findUser', 'mirrorUser'])
  const second = await signIn()
  t.strictSame(second.asked, ['findUser'])
  t.strictSame(second.user, first.user)
  for (const [what, changes] of [
    ['roles', { roles: ['staff', 'admin'] }],
    ['an attribute', { attributes: { full_name: 'Ada King' } }],
    ['a password', { passwordHash: hashOf('two') }],
    ['a user of the same name and password', { key: '8' }],
    ['being disabled', { disabled: true }]
  ] as const) {
    change({})
    await signIn()
    change(changes)
    t.strictSame((await signIn()).asked, ['findUser', 'mirrorUser'], `${what}: once`)
    t.strictSame((await signIn()).asked, ['findUser'], `${what}: not again`)
  }
  t.equal((await signIn()).user, null, 'a mirror that is up to date may be of somebody who may not sign in')
})

t.test('a sign-in is told to a directory that writes it down, by its own key', async (t) => {
  const { store, close } = await openRecorded()
  t.teardown(close)
  const noted: string[] = []
  const { directory } = createDirectory(async (key) => void noted.push(key))
  const users = createUsers({ store, hasher: createCountingHasher(), directory })
  await users.noteLogin((await users.authenticate('ada', PASSWORD))?.id ?? '')
  t.strictSame(noted, ['7'])
})

t.test('a directory that writes nothing down costs a sign-in nothing', async (t) => {
  const { store, asked, close } = await openRecorded()
  t.teardown(close)
  const users = createUsers({ store, hasher: createCountingHasher(), directory: createDirectory(null).directory })
  const user = await users.authenticate('ada', PASSWORD)
  asked.length = 0
  await users.noteLogin(user?.id ?? '')
  t.strictSame(asked, [])
})

t.test('all who are followed are followed some at a time, and all of them', async (t) => {
  const { store, close } = await openRecorded()
  t.teardown(close)
  const names = Array.from({ length: 50 }, (_, number) => `user${number}`)
  const asked: string[] = []
  let [now, most] = [0, 0]
  const userOf = (username: string) => ({ ...ADA, key: username, username })
  const directory: NamedDirectory = {
    ...createDirectory(null).directory,
    findUser: async (username) => userOf(username),
    async readUser(key) {
      asked.push(key)
      now += 1
      most = Math.max(most, now)
      await new Promise(setImmediate)
      now -= 1
      return key === 'user7' ? null : userOf(key)
    }
  }
  const users = createUsers({ store, hasher: createCountingHasher(), directory })
  const changed: string[] = []
  users.listen({ onChange: ({ username }) => changed.push(username), onDropped: () => {} })
  for (const name of names) await users.authenticate(name, PASSWORD)
  await users.followAll()
  t.same(asked.sort(), [...names].sort())
  t.same(changed, ['user7'])
  t.ok(most > 1 && most < 20, `${most} at once, who share a write to the disk and fit into any pool`)
})
