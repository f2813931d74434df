import { createHash } from 'node:crypto'
import { type FSWatcher, watch } from 'node:fs'
import { readFile, realpath, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface FileWatch {
  readonly close: () => void
}

const POLL_MS = 5_000
/** A file may be written in several steps: what is read counts once it has stayed the same for so long. */
const QUIET_MS = 100
const MOST_WAITS = 20

/** No file of settings is so large: that it is is all there is to know, and a device has no end. */
const MOST_READ = 16 * 1024 * 1024

/** The same as the revision of settings, so that a change made while the gateway was starting is seen. */
export async function fingerprint(file: string): Promise<string> {
  try {
    const status = await stat(file)
    if (!status.isFile()) return `no file: ${status.mode}`
    if (status.size > MOST_READ) return `too large: ${status.size}`
    return createHash('sha256')
      .update(await readFile(file))
      .digest('hex')
      .slice(0, 12)
  } catch (error) {
    return `unreadable: ${(error as NodeJS.ErrnoException).code}`
  }
}

/** The fingerprint once two readings agree; a file that never rests is taken as it last was. */
async function settledFingerprint(file: string, first: string): Promise<string> {
  let last = first
  for (let waits = 0; waits < MOST_WAITS; waits += 1) {
    await sleep(QUIET_MS)
    const now = await fingerprint(file)
    if (now === last) break
    last = now
  }
  return last
}

/**
 * Calls `onChange` when the content of a file has changed, however it was replaced: written in place, renamed over, or
 * as a ConfigMap's symlink. It watches the folders, never the file (whose inode may go), and polls for what the
 * system does not report. Files that are unreadable for a moment count as changed, too. `revision` is the one that the
 * caller has read; `onChange` must not reject.
 */
export async function watchFile(
  file: string,
  revision: string,
  onChange: () => Promise<void> | void
): Promise<FileWatch> {
  let seen = revision
  let timer: NodeJS.Timeout | null = null
  let looking: Promise<void> = Promise.resolve()
  /** Where the content lies, as links say. */
  let target = file
  let isClosed = false
  let targetWatcher: FSWatcher | null = null

  function look(): void {
    // One after the other: two looks at once could report one change twice, or the older content last.
    looking = looking.then(async () => {
      await followLinks()
      const now = await fingerprint(file)
      if (now === seen) return
      const settled = await settledFingerprint(file, now)
      if (settled === seen) return
      seen = settled
      await onChange()
    })
  }

  function lookSoon() {
    if (timer !== null) return
    timer = setTimeout(() => {
      timer = null
      look()
    }, QUIET_MS)
    timer.unref()
  }

  function watchFolder(folder: string, accept: (name: string | null) => boolean): FSWatcher | null {
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        if (accept(name)) lookSoon()
      })
      watcher.on('error', () => watcher.close())
      return watcher
    } catch {
      // No watches left, or a file system without them: the poll still looks.
      return null
    }
  }

  async function followLinks(): Promise<void> {
    const before = dirname(target)
    target = await realpath(file).catch(() => file)
    if (dirname(target) === before || isClosed) return
    targetWatcher?.close()
    const isElsewhere = dirname(target) !== dirname(file)
    const isTarget = (name: string | null) => name === null || name === basename(target)
    targetWatcher = isElsewhere ? watchFolder(dirname(target), isTarget) : null
  }

  const watcher = watchFolder(dirname(file), () => true)
  await followLinks()
  const poll = setInterval(look, POLL_MS)
  poll.unref()
  lookSoon()
  return {
    close() {
      clearInterval(poll)
      if (timer !== null) clearTimeout(timer)
      isClosed = true
      watcher?.close()
      targetWatcher?.close()
    }
  }
}
