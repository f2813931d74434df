import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { readLines } from '../../gateway/cli/read-lines.js'
import { runCommand } from '../helpers/command.js'
import { makePlace } from '../helpers/gateway-process.js'

async function linesOf(chunks: readonly Buffer[]) {
  const lines: [number, string | null][] = []
  const total = await readLines(Readable.from(chunks, { objectMode: true }), (text, number) =>
    lines.push([number, text])
  )
  return { total, lines }
}

t.test('lines are the same however they are cut into chunks', async (t) => {
  const text = Buffer.from('eins\n\nzwei ü€😀\r\n{"drei":3}\nvier')
  const whole = await linesOf([text])
  t.strictSame(whole, {
    total: 5,
    lines: [
      [1, 'eins'],
      [3, 'zwei ü€😀\r'],
      [4, '{"drei":3}'],
      [5, 'vier']
    ]
  })
  for (let size = 1; size <= text.length; size += 1) {
    const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
      text.subarray(at * size, (at + 1) * size)
    )
    t.strictSame(await linesOf(chunks), whole, `${size} bytes at a time`)
  }
  t.strictSame(await linesOf([]), { total: 0, lines: [] })
})

t.test('a line without an end is not kept in memory, and the next one is read', async (t) => {
  const chunk = Buffer.alloc(512 * 1024, 0x61)
  const { total, lines } = await linesOf([chunk, chunk, chunk, Buffer.from('a\nnext\n')])
  t.strictSame(
    { total, lines },
    {
      total: 2,
      lines: [
        [1, null],
        [2, 'next']
      ]
    }
  )
})

const policy = 'upstreams: { app: { url: "http://127.0.0.1:9" } }\nrules: [{ path: /**, allow: anyone, to: app }]\n'
const line = JSON.stringify({
  method: 'GET',
  host: 'a',
  path: '/x',
  address: '::1',
  verdict: 'allow',
  upstream: 'app',
  decision_id: 'd',
  credential: 'none'
})

t.test('a log is a file, a packed file or standard input', async (t) => {
  const { folder } = await makePlace(t, policy)
  const text = `${line}\n{"log":"gateway","message":"listening"}\nbroken {\n${line}`
  writeFileSync(join(folder, 'access.log'), text)
  writeFileSync(join(folder, 'access.log.gz'), gzipSync(text))
  const replay = (log: string, input = '') =>
    runCommand(t, ['replay', log, '--policy', 'gateway.yaml', '--json'], { cwd: folder, input })
  for (const finished of [await replay('access.log'), await replay('access.log.gz'), await replay('-', text)]) {
    t.equal(finished.status, 0, finished.stderr)
    t.match(JSON.parse(finished.stdout), {
      lines: 4,
      same: 2,
      not_for_the_rules: { own: 0, other_log: 1 },
      unreadable: { count: 1, first_line: 3 }
    })
  }
  writeFileSync(join(folder, 'torn.gz'), gzipSync(text.repeat(99)).subarray(0, 60))
  const torn = await replay('torn.gz')
  t.equal(torn.status, 1)
  t.match(torn.stderr, /^portcullis: the log torn\.gz cannot be read: /)
})
