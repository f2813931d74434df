import t, { type Test } from 'tap'
import type { DirectoryUser } from '../../gateway/domain.js'
import { openStore } from '../../gateway/store/index.js'
import { createUsers, type NamedDirectory } from '../../gateway/users/index.js'
import { until } from '../helpers/gateway-process.js'
import { createCountingHasher } from './users-fixture.js'

const bcrypt = (salt: string) => `$2b$04$${salt}${'a'.repeat(52)}`.slice(0, 60)
const cheap = bcrypt('8Zn5CeVdGhRN8n1vTkYuYe')
const pbkdf2 = `pbkdf2_sha256$1000$salt$${Buffer.alloc(32).toString('base64')}`

const argon2 = (kib: number) => `$argon2id$v=19$m=${kib},t=1,p=1$c2FsdHNhbHQ$${'A'.repeat(43)}`

const userOf = (username: string, passwordHash: string | null): DirectoryUser => {
  return { key: username, username, passwordHash, roles: [], attributes: {}, disabled: false }
}

interface Fickle extends NamedDirectory {
  away: boolean
  asked: number
}

/** A directory that can be away, and says how often it was asked for hashes. */
function createFickle(hashes: readonly string[]): Fickle {
  return {
    name: 'fickle',
    away: false,
    asked: 0,
    findUser: async (username) => (username.startsWith('known') ? userOf(username, hashes[0] ?? null) : null),
    readUser: async () => null,
    async samplePasswordHashes() {
      this.asked += 1
      if (this.away) throw new Error('away')
      return hashes
    },
    noteLogin: null,
    close: async () => {}
  }
}

async function open(test: Test, directory: NamedDirectory | null, imported: readonly DirectoryUser[] = []) {
  const store = await openStore({ path: null })
  test.teardown(() => store.close())
  await createUsers({ store: store.users, hasher: createCountingHasher() }).import(imported, {
    overwrites: false,
    foresees: false
  })
  const hasher = createCountingHasher()
  const users = createUsers({ store: store.users, hasher, directory })
  /** Of what kind the one hash was that an attempt cost. */
  async function costOf(username: string): Promise<string> {
    hasher.calls.length = 0
    test.equal(await users.authenticate(username, 'no password of anybody'), null)
    test.equal(hasher.calls.length, 1, 'one hash')
    const [, kind = '', parameters = ''] = /^(\$?[a-z0-9_]+)\$(.*)/.exec(hasher.calls[0]?.parameters ?? '') ?? []
    return `${kind} ${parameters}`
  }
  const strangers = async (count = 40) => {
    const costs: string[] = []
    for (let number = 0; number < count; number += 1) costs.push(await costOf(`stranger${number}`))
    return costs
  }
  return { users, costOf, strangers }
}

const kindsOf = (costs: readonly string[]) => [...new Set(costs.map((cost) => cost.split(' ')[0]))].sort()

t.test('where every hash is of another program, a stranger costs what its users cost', async (test) => {
  const { costOf, strangers } = await open(test, createFickle([cheap]))
  await until('the hashes are known', async () => (await costOf('stranger')).startsWith('$2b'))
  const known = await costOf('known')
  test.match(known, /^\$2b 04/)
  test.same(new Set(await strangers()), new Set([known]))
  test.equal(await costOf('a name that is none'), known)
})

t.test('where hashes are of several kinds, so are strangers, and each stays as it is', async (test) => {
  const { costOf, strangers } = await open(test, createFickle([cheap, pbkdf2, argon2(8)]))
  await until('the hashes are known', async () => kindsOf(await strangers()).length > 1)
  const first = await strangers()
  test.same(kindsOf(first), ['$2b', '$argon2id', 'pbkdf2_sha256'])
  test.same(await strangers(), first, 'asking again tells no more')
  test.ok(await costOf('known'))
})

t.test('hashes made as here, by other parameters, are what strangers cost', async (test) => {
  const { costOf, strangers } = await open(test, createFickle([argon2(64)]))
  await until('the hashes are known', async () => (await costOf('stranger')).includes('m=64'))
  test.same(new Set(await strangers()), new Set([await costOf('known')]))
})

t.test('what no password fits makes no stranger cheaper or dearer than every user', async (test) => {
  const unusable = ['!kdfjgoiue5t9q8hwt', '', 'md5$salt$0571f6e5a6a1f9d6ea3e9d6e3ad4d4ad', argon2(1)]
  const { costOf, strangers } = await open(test, createFickle([cheap, ...unusable]))
  await until('the hashes are known', async () => (await costOf('stranger')).startsWith('$2b'))
  test.same(new Set(await strangers()), new Set([await costOf('known')]))
})

t.test('users that were taken over into the store count as well', async (test) => {
  const { costOf, strangers } = await open(test, null, [userOf('grace', pbkdf2)])
  await until('the hashes are known', async () => (await costOf('stranger')).startsWith('pbkdf2'))
  test.same(new Set(await strangers()), new Set([await costOf('grace')]))
})

t.test('nobody waits for a directory that is away or silent, and it is asked again', async (test) => {
  const directory = createFickle([cheap])
  directory.away = true
  const { users, strangers } = await open(test, directory)
  await users.add({ username: 'own', password: 'correct horse' })
  test.equal((await users.authenticate('own', 'correct horse'))?.username, 'own')
  test.same(kindsOf(await strangers()), ['$argon2id'])
  test.ok(directory.asked > 1)
  directory.away = false
  await until('the hashes are known', async () => kindsOf(await strangers()).includes('$2b'))

  const silent = { ...createFickle([cheap]), samplePasswordHashes: () => new Promise<never>(() => {}) }
  const other = await open(test, silent)
  await other.users.add({ username: 'own', password: 'correct horse' })
  test.equal((await other.users.authenticate('own', 'correct horse'))?.username, 'own')
})

/** As one of the settings without the query `all`: of a thousand users, two in three have the first kind of hash. */
function createUnlisted(): NamedDirectory {
  const findUser = async (username: string) => {
    const [, number] = /^known(\d+)$/.exec(username) ?? []
    if (number === undefined) return null
    const own = Number(number) % 3 === 0 ? bcrypt(number.padStart(22, 'n')) : pbkdf2.replace('salt', `salt${number}`)
    return userOf(username, own)
  }
  return { ...createFickle([]), findUser, samplePasswordHashes: async () => [] }
}

t.test('where users cannot be listed, strangers come to cost what those cost who were met', async (test) => {
  const { users, costOf, strangers } = await open(test, createUnlisted())
  await users.add({ username: 'own', password: 'correct horse' })
  test.same(kindsOf(await strangers()), ['$argon2id'], 'before anybody was met')
  const meet = async (from: number, to: number) => {
    for (let number = from; number < to; number += 1) await costOf(`known${number}`)
  }
  const kinds = async () => (await strangers()).map((cost) => kindsOf([cost])[0])
  await meet(0, 30)
  const early = await kinds()
  await meet(30, 31)
  const moved = (await kinds()).filter((kind, index) => kind !== early[index]).length
  test.ok(moved <= early.length / 5, `most stay as they were when one more is met: ${moved} moved`)

  await meet(31, 300)
  // So many that chance, which draws both the names and who of those met is remembered, stays far from the bounds.
  const costs = await strangers(400)
  const share = costs.filter((cost) => cost.startsWith('pbkdf2')).length / costs.length
  test.same(
    kindsOf(costs).filter((kind) => kind !== '$argon2id'),
    ['$2b', 'pbkdf2_sha256']
  )
  test.ok(share > 0.3 && share < 0.98, `two in three, more or less: ${share}`)
  test.same(await strangers(400), costs, 'asking again tells no more')
})
