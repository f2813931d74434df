import t from 'tap'
import { createGate } from '../../gateway/users/gate.js'
import { createPasswordHasher } from '../../gateway/users/index.js'

const cheap = { memoryKib: 8, passes: 1 }

t.test('a hash is argon2id with the least parameters that OWASP names', async (test) => {
  const hasher = createPasswordHasher()
  const hash = await hasher.hash('correct horse')
  test.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  test.equal(await hasher.verify(hash, 'correct horse'), true)
  test.equal(await hasher.verify(hash, 'Correct horse'), false)
  test.not(await hasher.hash('correct horse'), hash, 'salted')
})

const spellings: { name: string; one: string; other: string; same: boolean }[] = [
  { name: 'composed and decomposed', one: 'caf\u00e9s-et-th\u00e9s', other: 'cafe\u0301s-et-the\u0301s', same: true },
  { name: 'spaces of two kinds (RFC 8265 §4.2.2)', one: 'foo\u1680bar', other: 'foo bar', same: true },
  { name: 'letter case', one: 'Password', other: 'password', same: false },
  { name: 'fullwidth', one: '\uff41bcdefgh', other: 'abcdefgh', same: false },
  { name: 'surrounding spaces', one: ' abcdefgh', other: 'abcdefgh', same: false },
  { name: 'what follows a NUL', one: 'abcdefgh\u0000one', other: 'abcdefgh\u0000other', same: false }
]
for (const { name, one, other, same } of spellings) {
  t.test(`passwords that differ by ${name} are ${same ? 'one' : 'two'}`, async (test) => {
    const hasher = createPasswordHasher(cheap)
    test.equal(await hasher.verify(await hasher.hash(one), other), same)
  })
}

t.test('what is no password is refused before any hash', async (test) => {
  const hasher = createPasswordHasher({ ...cheap, concurrency: 1, queue: 0 })
  const hash = await hasher.hash('x'.repeat(1024))
  // Only one of these may hash at a time and none may wait: that none is refused as overloaded shows that none hashed.
  const outcomes = ['', 'x'.repeat(1025), '\u00e9'.repeat(513), 'abcdefgh\ud800', 'x'.repeat(50_000_000)].map(
    async (bad) => {
      await test.rejects(hasher.hash(bad), { name: 'UserMistake', kind: 'bad_password' })
      test.equal(await hasher.verify(hash, bad), false)
    }
  )
  await Promise.all(outcomes)
  test.equal(await hasher.verify(hash, 'x'.repeat(1024)), true)
})

t.test('as many run at once as allowed, as many wait, and the rest are refused', async (test) => {
  const gate = createGate(3, 5)
  let running = 0
  let most = 0
  const order: number[] = []
  const task = async (number: number) => {
    running += 1
    most = Math.max(most, running)
    await new Promise((resolve) => setTimeout(resolve, 5))
    running -= 1
    order.push(number)
    if (number === 1) throw new Error('this one fails')
  }
  const outcomes = await Promise.allSettled(Array.from({ length: 10 }, (_, number) => gate(() => task(number))))
  test.equal(most, 3)
  test.same(order, [0, 1, 2, 3, 4, 5, 6, 7], 'first come, first served')
  test.match(outcomes[1], { reason: { message: 'this one fails' } })
  for (const refused of outcomes.slice(8)) {
    test.match(refused, { reason: { code: 'overloaded', options: { retryAfter: 1 } } })
  }
  await gate(() => task(8))
  test.equal(running, 0, 'a task that failed has given its place back')
})

t.test('a flood of passwords leaves the event loop free, and is refused beyond the queue', async (test) => {
  const hasher = createPasswordHasher({ concurrency: 1, queue: 3 })
  let turns = 0
  const clock = setInterval(() => {
    turns += 1
  }, 1)
  const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => hasher.hash('correct horse')))
  clearInterval(clock)
  test.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 4)
  test.match(outcomes[9], { reason: { code: 'overloaded' } })
  test.ok(turns > 4, 'the loop turned meanwhile')
})
