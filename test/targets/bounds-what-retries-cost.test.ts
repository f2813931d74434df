import t from 'tap'
import { createRetryBudget } from '../../gateway/proxy/retry-budget.js'

const spendAll = (budget: ReturnType<typeof createRetryBudget>) => {
  let spent = 0
  while (budget.spend()) spent += 1
  return spent
}

t.test('of many requests a share may be sent again, and a hundred that were saved up', (t) => {
  const budget = createRetryBudget(0.2)
  const saved = spendAll(budget)
  t.ok(saved >= 100 && saved <= 101, `${saved}`)
  for (let i = 0; i < 200; i += 1) budget.earn()
  const earned = spendAll(budget)
  t.ok(earned >= 40 && earned <= 42, `${earned}`)
  for (let i = 0; i < 100_000; i += 1) budget.earn()
  t.ok(spendAll(budget) <= 101, 'a long calm does not save up more')
  t.end()
})

t.test('time alone allows ten in a second', (t) => {
  const { now } = performance
  t.teardown(() => {
    performance.now = now
  })
  let ms = 0
  performance.now = () => ms
  const budget = createRetryBudget(0)
  t.equal(spendAll(budget), 100)
  ms += 1000
  t.equal(spendAll(budget), 10)
  ms += 3_600_000
  t.equal(spendAll(budget), 100)
  t.end()
})
