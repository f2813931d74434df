import t from 'tap'
import type { Account } from '../../gateway/account.js'
import { createDecisionMemory } from '../../gateway/decision-memory.js'

const account = (id: number) => ({ requestId: `r${id}`, decision: { id: `d${id}` } }) as unknown as Account
const kept = (memory: ReturnType<typeof createDecisionMemory>, to: number) =>
  Array.from({ length: to }, (_, id) => id).filter((id) => memory.recall(`d${id}`) !== null)

t.test('the latest are found by the id of the decision or of the request, and older ones are gone', async (t) => {
  const memory = createDecisionMemory(3, 1_000)
  t.equal(memory.recall('d0'), null)
  for (let id = 0; id < 8; id += 1) memory.remember(account(id), 10)
  t.same(kept(memory, 8), [5, 6, 7])
  t.equal(memory.recall('r6'), memory.recall('d6'))
  t.equal(memory.recall('r4'), null)
})

t.test('long targets shorten the memory instead of filling ours', async (t) => {
  const memory = createDecisionMemory(4, 100)
  for (let id = 0; id < 4; id += 1) memory.remember(account(id), 30)
  t.same(kept(memory, 4), [1, 2, 3])
  memory.remember(account(4), 95)
  t.same(kept(memory, 5), [4])
  for (let id = 5; id < 12; id += 1) memory.remember(account(id), 1)
  t.same(kept(memory, 12), [8, 9, 10, 11], 'and what is forgotten makes room')
})

t.test('of one request id, which a proxy may give twice, the latest counts', async (t) => {
  const memory = createDecisionMemory(4, 100)
  const [first, second] = [account(1), account(1)]
  memory.remember(first, 1)
  memory.remember(second, 1)
  t.equal(memory.recall('r1'), second)
})
