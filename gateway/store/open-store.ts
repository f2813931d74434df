import type { SessionStore, UserStore } from '../domain.js'
import type { DatabaseOptions } from './database-file.js'
import type { PruneStep } from './verbs.js'
import { openWriterLine, type WriterLine } from './writer-line.js'

export interface StoreOptions {
  /** The database file, made if it is missing; null: in memory, for as long as the store is open. */
  readonly path: string | null
  /** How long to wait for another process's transaction; kept below the bound of a whole call. */
  readonly busyTimeoutMs?: number
  /** The most pages of 4 KiB that the database may grow to; beyond it writes are refused as on a full disk. */
  readonly maxPages?: number
}

export interface Store {
  readonly users: UserStore
  readonly sessions: SessionStore
  /** Resolves when the database answers. */
  readonly ping: () => Promise<void>
  /** Finishes the calls under way and closes the file; later calls are rejected. */
  readonly close: () => Promise<void>
}

const callTimeoutMs = 5_000

/**
 * Opens the store, creating or migrating the file as needed. Rejects with `StoreRefused`, one line, for a file of
 * another program, of a newer version, damaged, locked, or in a place that cannot be written.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { path, busyTimeoutMs = 4_000, maxPages = null } = options
  const workerData: DatabaseOptions = { path, busyTimeoutMs, maxPages }
  const line = await openWriterLine({
    script: new URL('./sqlite-worker.js', import.meta.url),
    workerData,
    openTimeoutMs: 30_000,
    callTimeoutMs,
    // A memory that died with its thread has forgotten revocations: better no store than one that forgot.
    restartIntervalMs: path === null ? null : 1_000
  })
  const { call, close } = line
  return { users: userStoreOn(line), sessions: sessionStoreOn(line), ping: () => call('ping'), close }
}

function userStoreOn({ call }: WriterLine): UserStore {
  return {
    addFirstUsers: (users, now) => call('addFirstUsers', users, now),
    addUser: (user, now) => call('addUser', user, now),
    findUser: (username) => call('findUser', username),
    readUser: (id) => call('readUser', id),
    listUsers: () => call('listUsers'),
    setPassword: (username, passwordHash, now) => call('setPassword', username, passwordHash, now),
    setRoles: (username, roles, now) => call('setRoles', username, roles, now),
    setDisabled: (username, disabled, now) => call('setDisabled', username, disabled, now),
    replaceAttributes: (username, before, after) => call('replaceAttributes', username, before, after),
    replacePasswordHash: (id, before, after) => call('replacePasswordHash', id, before, after),
    removeUser: (username, now) => call('removeUser', username, now),
    importUsers: (users, overwrites, now) => call('importUsers', users, overwrites, now),
    foreseeImport: (usernames, overwrites) => call('foreseeImport', usernames, overwrites),
    samplePasswordHashes: (most) => call('samplePasswordHashes', most),
    mirrorUser: (directory, user, now) => call('mirrorUser', directory, user, now),
    findMirror: (id) => call('findMirror', id),
    listMirrors: (directory) => call('listMirrors', directory),
    retireMirror: (id, now) => call('retireMirror', id, now),
    retireOtherMirrors: (directory, now) => call('retireOtherMirrors', directory, now)
  }
}

function sessionStoreOn({ call }: WriterLine): SessionStore {
  return {
    openSession: (session, generation) => call('openSession', session, generation),
    rotate: (rotation) => call('rotate', rotation),
    endSession: (which, now) => call('endSession', which, now),
    endSessionsOf: (whose, now) => call('endSessionsOf', whose, now),
    findRefreshToken: (tokenHash, now) => call('findRefreshToken', tokenHash, now),
    findRefreshOwner: (tokenHash, now) => call('findRefreshOwner', tokenHash, now),
    revokeToken: (tokenId, until) => call('revokeToken', tokenId, until),
    listSessions: (userId, most, now) => call('listSessions', userId, most, now),
    endSessionOf: (userId, sessionId, now) => call('endSessionOf', userId, sessionId, now),
    endOtherSessions: (userId, keptId, now) => call('endOtherSessions', userId, keptId, now),
    changePassword: (change) => call('changePassword', change),
    readRevocations: (now) => call('readRevocations', now),
    prune: async (now) => {
      let forgotten = 0
      for (let before: number | null = Number.MAX_SAFE_INTEGER; before !== null; ) {
        const step: PruneStep = await call('prune', now, before)
        forgotten += step.forgotten
        before = step.next
      }
      return forgotten
    }
  }
}
