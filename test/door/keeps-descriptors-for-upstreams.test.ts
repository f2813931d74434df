import t from 'tap'
import { affordableConnections, readDescriptorLimit } from '../../gateway/listener/descriptors.js'

t.test('descriptors are kept for what is not a connection of a client', async (t) => {
  const cases: readonly [descriptors: number | null, connections: number, requests: number, affordable: number][] = [
    [null, 20_000, 5_000, 20_000],
    [1_048_576, 20_000, 5_000, 20_000],
    [20_000, 20_000, 5_000, 14_936],
    [1_024, 20_000, 5_000, 480],
    [1_024, 100, 5_000, 100],
    [1_024, 20_000, 100, 860],
    [64, 20_000, 5_000, 16],
    [10, 20_000, 5_000, 16]
  ]
  for (const [descriptors, maxConnections, maxRequests, affordable] of cases) {
    t.equal(affordableConnections({ maxConnections, maxRequests }, descriptors), affordable, `${descriptors}`)
  }
  t.ok((readDescriptorLimit() ?? 0) > 0, 'Linux says how many there are')
})
