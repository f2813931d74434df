import { spawnSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openLogStream } from '../../gateway/cli/log-stream.js'

/** A pipe that somebody may read, slowly; neither end waits. */
function makePipe(t: Test): { path: string; reader: number } {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-'))
  const path = join(folder, 'pipe')
  spawnSync('mkfifo', [path])
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  t.teardown(() => rmSync(folder, { recursive: true }))
  return { path, reader }
}

/** How many bytes were there just now. */
function readWhatIsThere(reader: number, into: Buffer): number {
  try {
    return readSync(reader, into)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0
    throw error
  }
}

t.test('a reader that takes nothing costs lines beyond a bound; one that comes back gets whole lines', async (t) => {
  const { path, reader } = makePipe(t)
  const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
  const reports: string[] = []
  const stream = openLogStream(writer, (message) => reports.push(message))
  const line = `${'x'.repeat(1023)}\n`
  for (let i = 0; i < 20_000; i += 1) stream.write(line)
  t.match(reports, [/loses lines: they are not taken fast enough$/])

  const chunk = Buffer.alloc(1 << 20)
  let received = ''
  const readOn = async () => {
    await new Promise((resolve) => setTimeout(resolve, 1))
    received += chunk.toString('latin1', 0, readWhatIsThere(reader, chunk))
  }
  // All lines were written before the first was read, so the second report knows how many are lost.
  while (reports.length < 2) await readOn()
  const lost = Number(/is written again; (\d+) lines were lost$/.exec(reports[1] ?? '')?.[1])
  while (received.length < (20_000 - lost) * line.length) await readOn()
  const lines = received.split('\n').slice(0, -1)
  t.ok(lines.length > 8_000 && lines.length < 10_000, `${lines.length} lines`)
  t.ok(
    lines.every((one) => one === line.trimEnd()),
    'none is torn'
  )
  t.equal(lines.length, 20_000 - lost)
  await stream.close()
  for (const end of [reader, writer]) closeSync(end)
})

t.test('closing waits for what is written, but not for ever', async (t) => {
  const { path, reader } = makePipe(t)
  const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
  const stream = openLogStream(writer, () => {})
  for (let i = 0; i < 1_000; i += 1) stream.write(`${'x'.repeat(1023)}\n`)
  const started = Date.now()
  await stream.close()
  t.ok(Date.now() - started < 4_000)
  for (const end of [reader, writer]) closeSync(end)
})
