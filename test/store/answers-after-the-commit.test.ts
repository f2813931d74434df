import t, { type Test } from 'tap'
import { type Database, loadDriver } from '../../gateway/store/driver.js'
import { createGroupCommit } from '../../gateway/store/group-commit.js'
import { type Call, monotonicMs, type StoreVerbs } from '../../gateway/store/verbs.js'

interface Bench {
  readonly database: Database
  readonly verbs: StoreVerbs
  readonly rows: () => readonly unknown[]
}

/** A table, and the verb `setRoles` to add to it: `bad` adds and then fails. */
async function openBench(test: Test): Promise<Bench> {
  const database = (await loadDriver())(':memory:')
  test.teardown(() => database.close())
  database.exec('CREATE TABLE notes (text TEXT) STRICT')
  const setRoles = (text: string) => {
    database.prepare('INSERT INTO notes VALUES (?)').run(text)
    if (text === 'bad') throw new Error('as asked')
    return text
  }
  const rows = () => database.prepare('SELECT text FROM notes').all() as { text: string }[]
  return {
    database,
    verbs: { setRoles } as unknown as StoreVerbs,
    rows: () => rows().map(({ text }) => text)
  }
}

function callsOf(...texts: readonly string[]): Call[] {
  return texts.map((text, id) => ({ id, verb: 'setRoles', args: [text], deadlineMs: monotonicMs() + 5_000 }))
}

t.test('a call that fails is undone alone', async (test) => {
  const { database, verbs, rows } = await openBench(test)
  const replies = createGroupCommit(database, verbs)(callsOf('one', 'bad', 'two'))
  test.same(replies, [
    { id: 0, value: 'one' },
    { id: 1, failure: 'as asked' },
    { id: 2, value: 'two' }
  ])
  test.same(rows(), ['one', 'two'])
})

t.test('a commit that fails undoes and fails every call of the batch, and the next batch goes on', async (test) => {
  const { database, verbs, rows } = await openBench(test)
  let full = true
  const exec = (sql: string) => {
    if (sql === 'COMMIT' && full) throw new Error('disk I/O error')
    database.exec(sql)
  }
  const commit = createGroupCommit({ ...database, exec }, verbs)
  test.same(commit(callsOf('one', 'bad')), [
    { id: 0, failure: 'disk I/O error' },
    { id: 1, failure: 'disk I/O error' }
  ])
  test.same(rows(), [])
  full = false
  test.same(commit(callsOf('two')), [{ id: 0, value: 'two' }])
  test.same(rows(), ['two'])
})

t.test('a call for which nobody waits any more is not run', async (test) => {
  const { database, verbs, rows } = await openBench(test)
  const [late, ...others] = callsOf('late', 'in time')
  if (late === undefined) throw new Error('there are two')
  const replies = createGroupCommit(database, verbs)([{ ...late, deadlineMs: monotonicMs() - 1 }, ...others])
  test.same(replies, [
    { id: 0, failure: 'the call waited too long' },
    { id: 1, value: 'in time' }
  ])
  test.same(rows(), ['in time'])
})
