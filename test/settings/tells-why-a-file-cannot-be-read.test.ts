import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { formatMistake, loadSettings } from '../../gateway/settings/index.js'
import { language, rest } from './reading.js'

const directory = mkdtempSync(join(tmpdir(), 'settings-file-'))
t.teardown(() => rmSync(directory, { recursive: true }))

const load = (file: string) => loadSettings(file, {}, language)

t.test('a file that cannot be read is one mistake, without a line', async (t) => {
  const large = join(directory, 'large.yaml')
  writeFileSync(large, `#${' '.repeat(4 * 1024 * 1024)}`)
  const binary = join(directory, 'binary.yaml')
  writeFileSync(binary, Buffer.from([0x61, 0xff, 0xfe]))
  const missing = join(directory, 'none.yaml')
  const pipe = join(directory, 'pipe.yaml')
  execFileSync('mkfifo', [pipe])
  const table = [
    [missing, `${missing}: there is no such file`],
    [directory, `${directory}: it is a directory, did you mean ${directory}/gateway.yaml?`],
    [large, `${large}: the file is larger than 4 MiB`],
    ['/dev/zero', '/dev/zero: the file is larger than 4 MiB'],
    [binary, `${binary}: the file is not UTF-8 text`],
    [pipe, `${pipe}: it is a pipe`],
    [join(large, 'x.yaml'), `${join(large, 'x.yaml')}: a part of its path is not a directory`]
  ] as const
  for (const [file, line] of table) {
    const result = await load(file)
    t.same('mistakes' in result ? result.mistakes.map(formatMistake) : null, [line])
  }
})

t.test('a good file is read, with or without a byte order mark, and its directory is where it lies', async (t) => {
  for (const mark of ['', '\ufeff']) {
    const file = join(directory, 'gateway.yaml')
    writeFileSync(file, mark + rest)
    const result = await load(file)
    t.match(result, { settings: { file, directory, dataDirectory: join(directory, 'data') } })
  }
})
