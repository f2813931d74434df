import { close, openSync, write } from 'node:fs'
import { reasonOf } from './fault.js'

/** Where lines go; writing never fails and never waits. */
export interface LogStream {
  readonly write: (line: string) => void
  /** Opens the file of this path anew, which a rotation has moved away; without effect on a descriptor. */
  readonly reopen: () => void
  /** Resolves when all lines are written, or after a bound if they cannot be. */
  readonly close: () => Promise<void>
}

/** Lines that wait for a slow reader are kept up to so many characters; beyond it they are dropped, not the gateway. */
const MOST_WAITING = 8 * 1024 * 1024
const RETRY_MS = 20
const CLOSE_TIMEOUT_MS = 2_000

/**
 * Appends lines to a file (0600) or a descriptor, in batches, one write at a time. A full disk or a reader that left
 * costs lines and is told on `report`, once, and once more when it is over: a log must not take the gateway down.
 * Throws the system's error when the file cannot be opened.
 */
export function openLogStream(target: string | number, report: (message: string) => void): LogStream {
  const open = (path: string) => openSync(path, 'a', 0o600)
  let descriptor = typeof target === 'number' ? target : open(target)
  let retired: number[] = []
  let waiting: string[] = []
  let waitingLength = 0
  let writing = false
  let lost = 0
  let torn = false
  let failed = false
  /** Lines are being lost, and that has been told. */
  let losing = false
  const whenIdle: (() => void)[] = []

  function lose(lines: number, reason: string) {
    lost += lines
    if (losing) return
    losing = true
    report(`the log ${target} loses lines: ${reason}`)
  }

  function noteRecovery() {
    if (!losing || failed) return
    report(`the log ${target} is written again; ${lost} lines were lost`)
    losing = false
    lost = 0
  }

  function writeNext() {
    for (const old of retired) close(old, () => {})
    retired = []
    if (waiting.length === 0) {
      writing = false
      noteRecovery()
      for (const resolve of whenIdle.splice(0)) resolve()
      return
    }
    writing = true
    const lines = waiting
    // What a failed write has left of a line must not run into the next one.
    const batch = Buffer.from((torn ? '\n' : '') + lines.join(''))
    waiting = []
    waitingLength = 0
    writeFrom(batch, 0, lines.length)
  }

  function writeFrom(batch: Buffer, offset: number, lines: number) {
    write(descriptor, batch, offset, batch.length - offset, null, (error, written) => {
      if (error?.code === 'EAGAIN') {
        setTimeout(writeFrom, RETRY_MS, batch, offset, lines)
        return
      }
      if (error === null && offset + written < batch.length) {
        writeFrom(batch, offset + written, lines)
        return
      }
      failed = error !== null
      torn = failed && (torn || offset > 0)
      if (error !== null) lose(lines, reasonOf(error))
      writeNext()
    })
  }

  return {
    write(line) {
      if (waitingLength > MOST_WAITING) {
        lose(1, 'they are not taken fast enough')
        return
      }
      waiting.push(line)
      waitingLength += line.length
      if (writing) return
      writing = true
      // Not at once: a system call in another thread costs more than a request, and a busy turn has many lines.
      setImmediate(writeNext)
    },
    reopen() {
      if (typeof target === 'number') return
      try {
        const fresh = open(target)
        // A write under way still has the old descriptor.
        retired.push(descriptor)
        descriptor = fresh
        torn = false
      } catch (error) {
        report(`the log ${target} cannot be opened again, the old file goes on: ${reasonOf(error)}`)
      }
    },
    close() {
      if (!writing) return Promise.resolve()
      return new Promise((resolve) => {
        whenIdle.push(resolve)
        setTimeout(resolve, CLOSE_TIMEOUT_MS).unref()
      })
    }
  }
}
