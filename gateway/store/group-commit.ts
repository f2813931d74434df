import type { Database } from './driver.js'
import { type Call, monotonicMs, type Reply, readingVerbs, type StoreVerbs } from './verbs.js'

/**
 * Makes the function that runs a batch of calls in one transaction and answers each once it has been committed: one
 * sync of the disk for all of them. A call that fails is undone alone; a commit that fails undoes and fails them all.
 */
export function createGroupCommit(database: Database, verbs: StoreVerbs): (calls: readonly Call[]) => Reply[] {
  return (calls) => {
    const now = monotonicMs()
    const late = calls.filter((call) => call.deadlineMs <= now)
    const due = calls.filter((call) => call.deadlineMs > now)
    const replies = late.map((call) => ({ id: call.id, failure: 'the call waited too long' }))
    return due.length === 0 ? replies : [...replies, ...commitTogether(database, verbs, due)]
  }
}

function commitTogether(database: Database, verbs: StoreVerbs, calls: readonly Call[]): Reply[] {
  try {
    // IMMEDIATE takes the write lock first: what is read below cannot be changed by another process before the commit.
    database.exec(calls.every((call) => readingVerbs.has(call.verb)) ? 'BEGIN' : 'BEGIN IMMEDIATE')
    // What is undone when a call fails is the call alone, unless others share its transaction.
    const replies =
      calls.length === 1 ? calls.map((call) => run(verbs, call)) : calls.map((call) => attempt(database, verbs, call))
    database.exec('COMMIT')
    return replies
  } catch (error) {
    undoAll(database)
    return calls.map((call) => ({ id: call.id, failure: messageOf(error) }))
  }
}

function run(verbs: StoreVerbs, call: Call): Reply {
  // The types of a verb and its arguments were matched where the call was made, on the other side of the port.
  const verb = verbs[call.verb] as (...args: readonly unknown[]) => unknown
  return { id: call.id, value: verb(...call.args) }
}

/** Throws only when SQLite has already undone the whole transaction, as it does when the disk is full. */
function attempt(database: Database, verbs: StoreVerbs, call: Call): Reply {
  database.exec('SAVEPOINT one_call')
  try {
    const reply = run(verbs, call)
    database.exec('RELEASE one_call')
    return reply
  } catch (error) {
    undoOne(database, error)
    return { id: call.id, failure: messageOf(error) }
  }
}

function undoOne(database: Database, cause: unknown): void {
  try {
    database.exec('ROLLBACK TO one_call; RELEASE one_call')
  } catch {
    throw cause
  }
}

function undoAll(database: Database): void {
  try {
    database.exec('ROLLBACK')
  } catch {
    // BEGIN failed, or SQLite has rolled back by itself: there is no transaction left to undo.
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
