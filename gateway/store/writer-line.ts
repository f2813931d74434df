import { StoreRefused } from './store-refused.js'
import { monotonicMs, type StoreVerbs } from './verbs.js'
import { startWriter, storeUnavailable, type Writer } from './writer.js'

export interface WriterLineOptions {
  /** The script of the thread. */
  readonly script: URL
  readonly workerData: unknown
  /** How long opening may take, recovery after a crash included. */
  readonly openTimeoutMs: number
  /** After this a call is rejected, whatever the thread is doing. */
  readonly callTimeoutMs: number
  /** The least time between two starts of the thread; null: one that has died is not replaced. */
  readonly restartIntervalMs: number | null
}

/** The way to the writer thread, which is started again when it has died. */
export interface WriterLine {
  readonly call: <Name extends keyof StoreVerbs>(
    verb: Name,
    ...args: Parameters<StoreVerbs[Name]>
  ) => Promise<ReturnType<StoreVerbs[Name]>>
  /** Lets the calls under way finish and ends the thread; calls made later are rejected. */
  readonly close: () => Promise<void>
}

// What a thread that hangs in a system call lets pile up; each is rejected in its own time.
const mostUnanswered = 10_000

/** Starts the thread and waits until it has opened the database; rejects with `StoreRefused` if it does not. */
export async function openWriterLine(options: WriterLineOptions): Promise<WriterLine> {
  const { callTimeoutMs, restartIntervalMs } = options
  let writer: Writer | null = null
  let startedMs = 0
  let closed: Promise<void> | null = null

  const start = (): Writer => {
    const next = startWriter(options.script, options.workerData)
    void next.ended.then(() => {
      writer = null
    })
    writer = next
    startedMs = monotonicMs()
    return next
  }
  const replace = (): Writer => {
    const rested = restartIntervalMs !== null && monotonicMs() - startedMs >= restartIntervalMs
    if (!rested) throw storeUnavailable(new Error('the writer thread has died'))
    return start()
  }

  await openInTime(start(), options.openTimeoutMs)
  return {
    call: async (verb, ...args) => {
      if (closed !== null) throw storeUnavailable(new Error('the store has been closed'))
      const asked = writer ?? replace()
      if (asked.unanswered() >= mostUnanswered) throw storeUnavailable(new Error('too many calls are waiting'))
      // The thread answers what the verb of the same name returns.
      return (await asked.ask(verb, args, callTimeoutMs)) as ReturnType<StoreVerbs[typeof verb]>
    },
    close: () => {
      closed ??= writer?.close(callTimeoutMs) ?? Promise.resolve()
      return closed
    }
  }
}

function openInTime(writer: Writer, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new StoreRefused(`the store did not open within ${timeoutMs} ms`))
      void writer.close(0)
    }, timeoutMs)
    void writer.opened.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
