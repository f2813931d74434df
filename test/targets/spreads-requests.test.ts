import t from 'tap'
import { eventually } from '../helpers/eventually.js'
import { startGateway } from '../helpers/gateway.js'
import { startUpstream } from '../helpers/upstream.js'
import { policy } from './targets.js'

t.test('each endpoint gets its turn', async (t) => {
  const upstreams = [await startUpstream(t), await startUpstream(t), await startUpstream(t)]
  const gateway = await startGateway(t, policy(upstreams.map(({ url }) => url)))
  for (let i = 0; i < 30; i += 1) await fetch(`${gateway.url}/${i}`)
  t.same(
    upstreams.map(({ received }) => received.length),
    [10, 10, 10]
  )
})

t.test('with `least_requests` a slow endpoint gets fewer', async (t) => {
  const held: (() => void)[] = []
  const slow = await startUpstream(t, (_request, response) => held.push(() => response.end()))
  const quick = [await startUpstream(t), await startUpstream(t)]
  const urls = [slow, ...quick].map(({ url }) => url)
  const gateway = await startGateway(t, policy(urls, 'balance: least_requests'))
  const all: Promise<unknown>[] = []
  for (let i = 0; i < 30; i += 1) {
    let answered = 0
    all.push(fetch(`${gateway.url}/${i}`).then(() => (answered += 1)))
    const before = held.length
    await eventually(() => answered > 0 || held.length > before, 'it is answered, or with the slow one')
  }
  t.equal(slow.received.length, 1, 'one, which it keeps')
  t.ok(
    quick.every(({ received }) => received.length >= 14),
    'the others share the rest'
  )
  for (const answer of held) answer()
  await Promise.all(all)
})
