import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openStore, StoreRefused } from '../../gateway/store/index.js'
import { steps } from '../../gateway/store/schema.js'
import { addUser, openRaw, temporaryDirectory } from './each-store.js'

async function fillStore(path: string): Promise<void> {
  const store = await openStore({ path })
  for (let index = 0; index < 50; index += 1) await addUser(store)
  await store.close()
}

async function execute(path: string, sql: string): Promise<void> {
  const database = await openRaw(path)
  database.exec(sql)
  database.close()
}

async function refusal(path: string, busyTimeoutMs = 200): Promise<string> {
  try {
    const store = await openStore({ path, busyTimeoutMs })
    await store.close()
    return 'opened'
  } catch (error) {
    return error instanceof StoreRefused ? error.message : `not a StoreRefused: ${String(error)}`
  }
}

const files: { name: string; make: (path: string) => void | Promise<void>; reason: string }[] = [
  {
    name: 'of a newer version',
    make: async (path) => {
      await fillStore(path)
      await execute(path, 'PRAGMA user_version = 99')
    },
    reason: `it was written by a newer version (schema 99; this one knows ${steps.length})`
  },
  {
    name: 'of another program',
    make: (path) => execute(path, 'CREATE TABLE notes (text TEXT)'),
    reason: 'the database belongs to another program'
  },
  {
    name: 'of another program, without tables',
    make: (path) => execute(path, 'PRAGMA application_id = 7'),
    reason: 'the database belongs to another program'
  },
  {
    name: 'that is no database',
    make: (path) => writeFileSync(path, 'users:\n  - ada\n'.repeat(100)),
    reason: 'the file is not a SQLite database'
  },
  {
    name: 'that was cut short',
    make: async (path) => {
      await fillStore(path)
      truncateSync(path, 8192)
    },
    reason: 'the file is damaged'
  },
  {
    name: 'with a damaged page',
    make: async (path) => {
      await fillStore(path)
      const bytes = readFileSync(path)
      writeFileSync(path, bytes.fill(0xa5, 4096, 12_288))
    },
    reason: 'the file is damaged'
  }
]
for (const { name, make, reason } of files) {
  t.test(`a file ${name} is refused in one line and left alone`, async (test) => {
    const path = join(temporaryDirectory(test), 'store.db')
    await make(path)
    const before = readFileSync(path)
    test.equal(await refusal(path), `store ${path}: ${reason}`)
    test.ok(before.equals(readFileSync(path)), 'not one byte has changed')
  })
}

/** A directory in which nobody can make a file: for root, to whom modes mean nothing, one of the kernel's. */
function unwritableDirectory(test: Test): string {
  if (process.getuid?.() === 0) return '/proc/self'
  const path = join(temporaryDirectory(test), 'unwritable')
  mkdirSync(path, { mode: 0o500 })
  return path
}

t.test('a place that cannot be written is refused in one line', async (test) => {
  const directory = temporaryDirectory(test)
  writeFileSync(join(directory, 'file'), '')
  const unwritable = unwritableDirectory(test)
  const places = [
    { path: join(directory, 'file', 'store.db'), reason: /a part of the path is not a directory$/ },
    { path: join(directory, 'missing', 'parent', 'store.db'), reason: /the directory does not exist$/ },
    { path: directory, reason: /it is a directory$/ },
    {
      path: join(unwritable, 'store.db'),
      reason: /there is no permission to write there|the directory does not exist$/
    }
  ]
  for (const { path, reason } of places) {
    const message = await refusal(path)
    test.match(message, reason)
    test.match(message, /^store \S+: [^\n]+$/)
  }
})

t.test('a file that another process keeps locked is refused in time', async (test) => {
  const path = join(temporaryDirectory(test), 'store.db')
  const other = await openRaw(path)
  test.teardown(() => other.close())
  other.exec('BEGIN EXCLUSIVE')
  test.equal(await refusal(path), `store ${path}: another process keeps it locked for more than 200 ms`)
})
