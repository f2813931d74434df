import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { type DatabaseOptions, openDatabase } from './database-file.js'
import { type Database, loadDriver } from './driver.js'
import { createEndings } from './endings.js'
import { createGroupCommit } from './group-commit.js'
import { createSessionVerbs } from './session-verbs.js'
import { createUserVerbs } from './user-verbs.js'
import type { Call, Order, Report } from './verbs.js'

// A bound, so that the first caller of a long queue is not answered after the last one's work.
const batchSize = 256

if (parentPort !== null) await serve(parentPort, workerData as DatabaseOptions)

async function serve(port: MessagePort, options: DatabaseOptions): Promise<void> {
  const tell = (report: Report) => port.postMessage(report)
  try {
    const database = openDatabase(await loadDriver(), options)
    answerCalls(port, database, tell)
    tell({ kind: 'ready' })
  } catch (error) {
    tell({ kind: 'refused', reason: error instanceof Error ? error.message : String(error) })
    port.close()
  }
}

function answerCalls(port: MessagePort, database: Database, tell: (report: Report) => void): void {
  const endings = createEndings(database)
  const users = createUserVerbs(database, endings)
  const ping = database.prepare('SELECT count(*) FROM sqlite_schema')
  const verbs = { ...users, ...createSessionVerbs(database, users, endings), ping: () => void ping.get() }
  const commit = createGroupCommit(database, verbs)
  port.on('message', (first: Order) => {
    const calls: Call[] = []
    let order: Order | undefined = first
    while (order !== undefined && order !== 'close') {
      calls.push(order)
      order = calls.length < batchSize ? receiveMessageOnPort(port)?.message : undefined
    }
    // Nothing runs after a commit but this answer: what is confirmed is on disk (WAL, synchronous = FULL).
    if (calls.length > 0) tell({ kind: 'replies', replies: commit(calls) })
    if (order !== 'close') return
    database.close()
    port.close()
  })
}
