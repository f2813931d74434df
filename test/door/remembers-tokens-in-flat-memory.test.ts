import { join } from 'node:path'
import t, { type Test } from 'tap'
import { runCommand } from '../helpers/command.js'

const MIB = 1024 * 1024

/** The heap after each tenth of so many distinct tokens, in MiB. */
async function heapsAfter(t: Test, number: number, padding: number): Promise<number[]> {
  const { status, stdout, stderr } = await runCommand(t, [String(number), String(padding)], {
    cwd: import.meta.dirname,
    command: [process.execPath, '--expose-gc', join(import.meta.dirname, 'verify-many-tokens.js')]
  })
  t.equal(status, 0, stderr)
  return stdout
    .trim()
    .split('\n')
    .map((line) => Math.round(Number(line) / MIB))
}

t.test('200,000 distinct tokens take no more memory than 40,000', async (t) => {
  const heaps = await heapsAfter(t, 200_000, 0)
  t.comment(`MiB after each 20,000 tokens: ${heaps.join(', ')}`)
  t.equal(heaps.length, 10)
  const [, settled = 0, ...later] = heaps
  for (const heap of later) t.ok(heap <= settled + 8, `${heap} MiB after ${settled} MiB`)
})

t.test('long ones are remembered by their size, not by their number', async (t) => {
  const heaps = await heapsAfter(t, 30_000, 6_000)
  t.comment(`MiB after each 3,000 tokens of 8 kB: ${heaps.join(', ')}`)
  const [, , settled = 0, ...later] = heaps
  for (const heap of later) t.ok(heap <= settled + 8 && heap < 128, `${heap} MiB after ${settled} MiB`)
})
