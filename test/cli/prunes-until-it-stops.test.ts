import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { startPruning } from '../../gateway/cli/start-pruning.js'
import { eventually } from '../helpers/eventually.js'

t.test('what fails is told, but not what the end of the store cuts off', async (t) => {
  const walks: ((error: Error) => void)[] = []
  const told: unknown[] = []
  const prune = () => new Promise<number>((_, reject) => void walks.push(reject))
  const stop = startPruning({ prune }, (error) => told.push(error), 5)
  t.teardown(stop)
  await eventually(() => walks.length >= 2, 'two walks')
  const [first, second] = walks
  const failure = new Error('no answer in time')
  first?.(failure)
  await turn()
  t.same(told, [failure])
  stop()
  second?.(new Error('the store has been closed'))
  await turn()
  t.equal(told.length, 1)
})
