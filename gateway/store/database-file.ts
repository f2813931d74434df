import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Database, type OpenConnection, resultCodeOf } from './driver.js'
import { applicationId, steps } from './schema.js'
import { StoreRefused } from './store-refused.js'

export interface DatabaseOptions {
  /** null: in memory. */
  readonly path: string | null
  /** How long to wait for another process's transaction. */
  readonly busyTimeoutMs: number
  /** The most pages of 4 KiB that the database may grow to. */
  readonly maxPages: number | null
}

const systemReasons: Readonly<Record<string, string>> = {
  EACCES: 'there is no permission to write there',
  EPERM: 'there is no permission to write there',
  EROFS: 'the file system is read-only',
  ENOENT: 'the directory does not exist',
  ENOTDIR: 'a part of the path is not a directory',
  EISDIR: 'it is a directory',
  ENOSPC: 'the disk is full'
}

const sqliteBusy = 5
const sqliteReasons: Readonly<Record<number, string>> = {
  [sqliteBusy]: 'another process keeps it locked',
  8: 'it is read-only',
  11: 'the file is damaged',
  13: 'the disk is full',
  14: 'SQLite cannot open files there',
  26: 'the file is not a SQLite database'
}

// Reading every page costs about a second a gigabyte, so larger files are only refused once a damaged page is met.
const inspectedBytes = 64 * 1024 * 1024

/** Opens the database and brings it to the present schema; throws `StoreRefused` naming the path and the reason. */
export function openDatabase(open: OpenConnection, options: DatabaseOptions): Database {
  const { path, busyTimeoutMs } = options
  let database: Database | null = null
  try {
    if (path !== null) createFile(path)
    database = open(path ?? ':memory:')
    prepareConnection(database, options)
    return database
  } catch (error) {
    database?.close()
    throw new StoreRefused(`store ${path ?? 'in memory'}: ${reasonOf(error, busyTimeoutMs)}`)
  }
}

function reasonOf(error: unknown, busyTimeoutMs: number): string {
  if (error instanceof StoreRefused) return error.message
  const resultCode = resultCodeOf(error)
  if (resultCode === sqliteBusy) return `${sqliteReasons[sqliteBusy]} for more than ${busyTimeoutMs} ms`
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const known = resultCode === null ? systemReasons[code] : sqliteReasons[resultCode]
  return known ?? String(error instanceof Error ? error.message : error).replaceAll(/\s+/g, ' ')
}

/** Makes the file (0600) and its directory (0700), but not the directory's parents: a misspelt path makes no tree. */
function createFile(path: string): void {
  try {
    mkdirSync(dirname(path), { mode: 0o700 })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  // SQLite gives its -wal and -shm files the mode of the database.
  closeSync(openSync(path, 'a', 0o600))
}

function prepareConnection(database: Database, options: DatabaseOptions): void {
  database.exec(`PRAGMA busy_timeout = ${options.busyTimeoutMs}`)
  refuseForeign(database)
  if (options.maxPages !== null) database.exec(`PRAGMA max_page_count = ${options.maxPages}`)
  // Statement journals in temporary files would fail on a full disk; zeroing keeps erased seals out of the file.
  database.exec('PRAGMA temp_store = MEMORY; PRAGMA secure_delete = FAST; PRAGMA journal_size_limit = 8388608')
  database.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA foreign_keys = ON')
  migrate(database)
  refuseDamaged(database)
  // In every journal mode, FULL syncs the disk before a commit returns; the second line makes macOS really do it.
  switchToWriteAheadLog(database, options.busyTimeoutMs)
  database.exec('PRAGMA synchronous = FULL; PRAGMA fullfsync = ON')
}

function readPragma(database: Database, name: string): unknown {
  const row = database.prepare(`PRAGMA ${name}`).get() as Readonly<Record<string, unknown>> | undefined
  return row?.[name]
}

/** The number of steps the file has taken; throws for a file that is not ours or is ahead of us. */
function refuseForeign(database: Database): number {
  const version = Number(readPragma(database, 'user_version'))
  const application = readPragma(database, 'application_id')
  const { objects } = database.prepare('SELECT count(*) AS objects FROM sqlite_schema').get() as { objects: number }
  const empty = objects === 0 && application === 0 && version === 0
  if (!empty && application !== applicationId) throw new StoreRefused('the database belongs to another program')
  if (version > steps.length) {
    throw new StoreRefused(`it was written by a newer version (schema ${version}; this one knows ${steps.length})`)
  }
  return version
}

function migrate(database: Database): void {
  if (refuseForeign(database) === steps.length) return
  database.exec('BEGIN IMMEDIATE')
  try {
    // Another process may have taken the same steps while this one waited for the lock.
    for (const step of steps.slice(refuseForeign(database))) database.exec(step)
    database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${steps.length}`)
    database.exec('COMMIT')
  } catch (error) {
    undo(database)
    throw error
  }
}

function undo(database: Database): void {
  try {
    database.exec('ROLLBACK')
  } catch {
    // On a full disk SQLite has rolled back by itself, and what is to be told is why.
  }
}

function refuseDamaged(database: Database): void {
  const bytes = Number(readPragma(database, 'page_count')) * Number(readPragma(database, 'page_size'))
  if (bytes > inspectedBytes) return
  const row = database.prepare('PRAGMA quick_check(1)').get() as { quick_check?: unknown } | undefined
  if (row?.quick_check !== 'ok') throw new StoreRefused('the file is damaged')
}

/** Changing the journal mode needs the file alone and does not wait for it by itself (sqlite.org/wal.html). */
function switchToWriteAheadLog(database: Database, busyTimeoutMs: number): void {
  const pause = new Int32Array(new SharedArrayBuffer(4))
  for (let waitedMs = 0; ; waitedMs += 20) {
    try {
      database.exec('PRAGMA journal_mode = WAL')
      return
    } catch (error) {
      if (resultCodeOf(error) !== sqliteBusy || waitedMs >= busyTimeoutMs) throw error
      Atomics.wait(pause, 0, 0, 20)
    }
  }
}
