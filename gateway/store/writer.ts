import { Worker } from 'node:worker_threads'
import { Problem } from '../problems.js'
import { StoreRefused } from './store-refused.js'
import { monotonicMs, type Order, type Reply, type Report, type VerbName } from './verbs.js'

/** One life of the writer thread. */
export interface Writer {
  /** Rejects with `StoreRefused` when the database cannot be opened, with the thread's error when it died of one. */
  readonly opened: Promise<void>
  readonly ended: Promise<void>
  /** How many calls the thread has not answered yet, those included that no longer wait. */
  readonly unanswered: () => number
  /** Rejects with `store_unavailable` after the time, when the thread dies, and when the call was undone. */
  readonly ask: (verb: VerbName, args: readonly unknown[], timeoutMs: number) => Promise<unknown>
  /** Resolves when the thread is gone; after the time it is ended by force. */
  readonly close: (timeoutMs: number) => Promise<void>
}

/** The refusal of a call that is not known to have been done; it may have been, if the thread died or was slow. */
export function storeUnavailable(cause: unknown): Problem {
  return new Problem('store_unavailable', { cause, retryAfter: 1 })
}

// Node's own SQLite warns that it is experimental; this silences it in this thread and nowhere else.
const execArgv = ['--disable-warning=ExperimentalWarning', '--enable-source-maps']

/** Starts the thread; it lives until `close`, an error of its own, or a database that it cannot open. */
export function startWriter(script: URL, workerData: unknown): Writer {
  const worker = new Worker(script, { workerData, execArgv })
  const order = (next: Order) => worker.postMessage(next)
  const calls = createCalls(order)
  let causeOfDeath: Error = new Error('the writer thread ended')
  worker.on('error', (error) => {
    causeOfDeath = error
  })

  const opened = new Promise<void>((resolve, reject) => {
    worker.on('message', (report: Report) => {
      if (report.kind === 'ready') resolve()
      if (report.kind === 'refused') causeOfDeath = new StoreRefused(report.reason)
      if (report.kind === 'replies') report.replies.forEach(calls.settle)
    })
    worker.once('exit', () => reject(causeOfDeath))
  })
  // Only the first writer's opening is awaited; the calls made to a later one are rejected one by one.
  opened.catch(() => undefined)
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      calls.failAll(causeOfDeath.message)
      resolve()
    })
  })
  const close = (timeoutMs: number): Promise<void> => {
    order('close')
    const timer = setTimeout(() => worker.terminate(), timeoutMs)
    // A thread that hangs in a system call cannot be ended even by force, and is not waited for.
    const outOfTime = new Promise<void>((resolve) => setTimeout(resolve, timeoutMs + 500).unref())
    return Promise.race([ended, outOfTime]).finally(() => clearTimeout(timer))
  }
  return { opened, ended, unanswered: calls.unanswered, ask: calls.ask, close }
}

interface Calls extends Pick<Writer, 'ask' | 'unanswered'> {
  readonly settle: (reply: Reply) => void
  readonly failAll: (failure: string) => void
}

/** Keeps who waits for which reply; a call that has run out of time is kept too, until it is answered. */
function createCalls(order: (order: Order) => void): Calls {
  const waiting = new Map<number, (reply: Reply) => void>()
  let lastId = 0
  const settle = (reply: Reply): void => {
    waiting.get(reply.id)?.(reply)
    waiting.delete(reply.id)
  }
  return {
    settle,
    failAll: (failure) => {
      for (const id of waiting.keys()) settle({ id, failure })
    },
    unanswered: () => waiting.size,
    ask: (verb, args, timeoutMs) =>
      new Promise((resolve, reject) => {
        lastId += 1
        order({ id: lastId, verb, args, deadlineMs: monotonicMs() + timeoutMs })
        const fail = (message: string) => reject(storeUnavailable(new Error(message)))
        const timer = setTimeout(fail, timeoutMs, `the store did not answer within ${timeoutMs} ms`)
        waiting.set(lastId, (reply) => {
          clearTimeout(timer)
          if ('failure' in reply) fail(reply.failure)
          else resolve(reply.value)
        })
      })
  }
}
