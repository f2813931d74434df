import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'

export interface SmallDisk {
  /** Takes all the room there is, from the process of this id. */
  readonly fill: (processId: number) => void
  readonly free: (processId: number) => void
}

const run = (command: string, ...args: readonly string[]) => spawnSync(command, args, { encoding: 'utf8' })

/**
 * Makes `folder` a file system of its own that can be full. Where that may not be mounted, the process may make no file
 * longer in its place, which SQLite is told as an I/O error rather than as a full disk.
 */
export function makeSmallDisk(t: Test, folder: string, megabytes: number): SmallDisk {
  mkdirSync(folder, { mode: 0o700, recursive: true })
  const ballast = join(folder, 'ballast')
  if (run('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700`, 'tmpfs', folder).status !== 0) {
    return { fill: (processId) => limitFiles(processId, '0'), free: (processId) => limitFiles(processId, 'unlimited') }
  }
  t.teardown(() => run('umount', '-l', folder))
  return { fill: () => writeUntilFull(ballast), free: () => rmSync(ballast, { force: true }) }
}

/** Without effect on a process that has ended, with which its limit has gone. */
const limitFiles = (processId: number, octets: string) =>
  void run('prlimit', '--pid', String(processId), `--fsize=${octets}:unlimited`)

function writeUntilFull(path: string): void {
  const file = openSync(path, 'a')
  const page = Buffer.alloc(4096, 1)
  try {
    for (;;) writeSync(file, page)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  } finally {
    closeSync(file)
  }
}
