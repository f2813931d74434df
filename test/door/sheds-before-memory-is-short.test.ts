import { getHeapStatistics } from 'node:v8'
import t, { type Test } from 'tap'
import { createLoad, type LoadOptions } from '../../gateway/listener/load.js'

const MIB = 1024 * 1024

/** A load whose memory is what the test says; `garbage` goes with a collection. */
function start(t: Test, options: Partial<LoadOptions> = {}) {
  const memory = { live: 10 * MIB, garbage: 0, collections: 0 }
  const load = createLoad({
    maxRequests: () => 100,
    maxMemory: () => 100 * MIB,
    readUse: () => ({ heap: memory.live + memory.garbage, external: 0 }),
    collect() {
      memory.garbage = 0
      memory.collections += 1
    },
    ...options
  })
  t.teardown(load.close)
  return { memory, load }
}

t.test('beyond the limit requests are refused until there is enough again', async (t) => {
  const { memory, load } = start(t)
  load.look()
  t.equal(load.overload(0), null)
  memory.live = 100 * MIB
  load.look()
  t.equal(load.overload(0), 'memory')
  memory.live = 95 * MIB
  load.look()
  t.equal(load.overload(0), 'memory', 'not to and fro about the limit')
  memory.live = 89 * MIB
  load.look()
  t.equal(load.overload(0), null)
  t.equal(load.overload(100), 'requests')
})

t.test('garbage is no reason to refuse anything', async (t) => {
  const { memory, load } = start(t)
  memory.garbage = 500 * MIB
  load.look()
  t.equal(load.overload(0), null)
  t.equal(memory.collections, 1)
})

t.test('it is collected so rarely that it costs little', async (t) => {
  const { memory, load } = start(t)
  memory.live = 200 * MIB
  for (let looks = 0; looks < 50; looks += 1) load.look()
  t.equal(memory.collections, 1)
})

t.test('what V8 would end the process for counts, whatever the settings say', async (t) => {
  const { memory, load } = start(t, { maxMemory: () => Number.MAX_SAFE_INTEGER })
  memory.live = getHeapStatistics().heap_size_limit * 0.9
  load.look()
  t.equal(load.overload(0), 'memory')
})

t.test('buffers outside of the heap count', async (t) => {
  const { load } = start(t, { readUse: () => ({ heap: 60 * MIB, external: 50 * MIB }) })
  load.look()
  t.equal(load.overload(0), 'memory')
})

t.test('it looks by itself, at what is really used', async (t) => {
  const kept: Buffer[] = []
  const load = createLoad({ maxRequests: () => 100, maxMemory: () => 400 * MIB })
  t.teardown(load.close)
  t.equal(load.overload(0), null)
  for (let i = 0; i < 50; i += 1) kept.push(Buffer.alloc(10 * MIB))
  while (load.overload(0) === null) await new Promise((resolve) => setTimeout(resolve, 20))
  t.equal(load.overload(0), 'memory')
  kept.length = 0
})
