import t from 'tap'
import { openStore } from '../../gateway/store/index.js'
import { days, describeStore, minutes, start, temporaryDirectory } from './each-store.js'

const until = start + minutes(15)

describeStore('a revoked token is told until it expires, and once', async (t, { sessions }) => {
  await sessions.revokeToken('one', until)
  await sessions.revokeToken('one', until - 60)
  await sessions.revokeToken('two', start + 1)
  t.same((await sessions.readRevocations(start)).tokens, [
    { tokenId: 'two', until: start + 1 },
    { tokenId: 'one', until }
  ])
  t.same((await sessions.readRevocations(start + 1)).tokens, [{ tokenId: 'one', until }], 'never shortened')
  t.same((await sessions.readRevocations(until)).tokens, [])
})

describeStore('it is forgotten a day after its expiry, however many there are', async (t, { sessions }) => {
  await Promise.all(Array.from({ length: 2_500 }, (_, index) => sessions.revokeToken(`token-${index}`, until)))
  await sessions.prune(until + days(1) - 1)
  t.equal((await sessions.readRevocations(start)).tokens.length, 2_500, 'there again when the clock is set back')
  await sessions.prune(until + days(1))
  t.equal((await sessions.readRevocations(start)).tokens.length, 0)
})

t.test('it outlives the process', async (t) => {
  const path = `${temporaryDirectory(t)}/store.db`
  const first = await openStore({ path })
  await first.sessions.revokeToken('one', until)
  await first.close()
  const second = await openStore({ path })
  t.teardown(() => second.close())
  t.same((await second.sessions.readRevocations(start)).tokens, [{ tokenId: 'one', until }])
})
