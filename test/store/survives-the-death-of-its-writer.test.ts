import t, { type Test } from 'tap'
import { openWriterLine, type WriterLine } from '../../gateway/store/writer-line.js'

/** Opens a line to a thread that does as the name it is asked for says. */
async function openLine(test: Test, restartIntervalMs: number | null, callTimeoutMs = 5_000): Promise<WriterLine> {
  const script = new URL('./moody-writer.js', import.meta.url)
  const line = await openWriterLine({
    script,
    workerData: null,
    openTimeoutMs: 5_000,
    callTimeoutMs,
    restartIntervalMs
  })
  test.teardown(() => line.close())
  return line
}

const unavailable = { code: 'store_unavailable', options: { retryAfter: 1 } }

t.test('a writer that dies rejects what is under way and is started again', async (test) => {
  const line = await openLine(test, 0)
  const pending = [line.call('readUser', 'silence'), line.call('readUser', 'death'), line.call('readUser', 'echo')]
  for (const outcome of await Promise.allSettled(pending))
    test.match(outcome, { status: 'rejected', reason: unavailable })
  test.equal(await line.call('readUser', 'echo'), 'echo')
})

t.test('a writer is not started more often than the interval allows', async (test) => {
  const line = await openLine(test, 60_000)
  await test.rejects(line.call('readUser', 'death'), { ...unavailable, cause: { message: 'as asked' } })
  await test.rejects(line.call('readUser', 'echo'), unavailable)
})

t.test('a memory that has died stays dead', async (test) => {
  const line = await openLine(test, null)
  await test.rejects(line.call('readUser', 'death'), unavailable)
  await test.rejects(line.call('readUser', 'echo'), unavailable)
})

t.test('a call is rejected after its time, and the line goes on', async (test) => {
  const line = await openLine(test, 0, 100)
  await test.rejects(line.call('readUser', 'silence'), { ...unavailable, cause: { message: /within 100 ms/ } })
  test.equal(await line.call('readUser', 'echo'), 'echo')
})

t.test('a writer that hangs rejects at once what would pile up, and is ended by force', async (test) => {
  const line = await openLine(test, 0, 200)
  const calls = Array.from({ length: 10_001 }, () => line.call('readUser', 'hang'))
  const outcomes = await Promise.allSettled(calls)
  test.ok(outcomes.every(({ status }) => status === 'rejected'))
  test.match(outcomes.at(-1), { reason: { options: { cause: { message: 'too many calls are waiting' } } } })
  await line.close()
})

t.test('a writer that does not open is refused in time', async (test) => {
  const script = new URL('./moody-writer.js', import.meta.url)
  const times = { openTimeoutMs: 200, callTimeoutMs: 100, restartIntervalMs: 0 }
  await test.rejects(openWriterLine({ script, workerData: 'never', ...times }), { name: 'StoreRefused' })
})
