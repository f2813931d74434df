import { createHash, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { NewSession, NewUser, RefreshTokenKey, Rotation, Session, User } from '../../gateway/domain.js'
import { type Database, loadDriver } from '../../gateway/store/driver.js'
import { openStore, type Store } from '../../gateway/store/index.js'

/** A fixed hour, so that no test depends on the clock. */
export const start = 1_800_000_000

export const minutes = (count: number) => count * 60
export const days = (count: number) => count * 86_400

export function temporaryDirectory(test: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'store-'))
  test.teardown(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/**
 * A second connection, as another program would have. It uses the store's own engine: of two engines in one process
 * neither sees the other's locks (sqlite.org/howtocorrupt.html §2.2.1).
 */
export async function openRaw(path: string): Promise<Database> {
  const open = await loadDriver()
  return open(path)
}

/** Runs one body against every kind of store. */
export function describeStore(behaviour: string, body: (test: Test, store: Store) => Promise<void>): void {
  for (const kind of ['memory', 'file']) {
    t.test(`${behaviour} (${kind})`, async (test) => {
      const path = kind === 'file' ? join(temporaryDirectory(test), 'store.db') : null
      const store = await openStore({ path })
      test.teardown(() => store.close())
      await body(test, store)
    })
  }
}

/** Tokens of tests are `<session>.<name>`: this is another one of the same session. */
export function within(token: string, name: string): string {
  return `${sessionIdOf(token)}.${name}`
}

const sessionIdOf = (token: string) => token.slice(0, token.indexOf('.'))

export function keyOf(token: string): RefreshTokenKey {
  return { sessionId: sessionIdOf(token), tokenHash: hashOf(token) }
}

export function hashOf(token: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(token).digest())
}

/** Stands for a token under seal: all the store ever sees of it is bytes. */
export function sealOf(token: string): Uint8Array {
  return new Uint8Array(Buffer.from(`sealed ${token}`))
}

export function newUser(overrides: Partial<NewUser> = {}): NewUser {
  const id = randomUUID()
  return { id, username: `u-${id}`, passwordHash: '$argon2id$1', roles: ['user'], attributes: {}, ...overrides }
}

export async function addUser(store: Store, overrides: Partial<NewUser> = {}): Promise<User> {
  const user = await store.users.addUser(newUser(overrides), start)
  if (user === null) throw new Error('the name is taken')
  return user
}

export interface SignIn {
  readonly session: Session
  readonly token: string
}

export function newSession(user: User, token: string, overrides: Partial<NewSession> = {}): NewSession {
  return {
    id: sessionIdOf(token),
    userId: user.id,
    tokenHash: hashOf(token),
    now: start,
    idleExpiresAt: start + days(7),
    absoluteExpiresAt: start + days(30),
    accessExpiresAt: start + minutes(15),
    address: '192.0.2.1',
    userAgent: 'tap',
    network: '192.0.2.1',
    ...overrides
  }
}

export async function signIn(store: Store, user: User, overrides: Partial<NewSession> = {}): Promise<SignIn> {
  const token = `${randomUUID()}.first`
  const session = await store.sessions.openSession(newSession(user, token, overrides), user.generation)
  if (session === null) throw new Error('the session was not opened')
  return { session, token }
}

/** To the token of that name in the same session. */
export function rotation(token: string, successor: string, overrides: Partial<Rotation> = {}): Rotation {
  return {
    ...keyOf(token),
    successorHash: hashOf(within(token, successor)),
    sealedSuccessor: sealOf(successor),
    now: start,
    idleMs: days(7) * 1000,
    accessMs: minutes(15) * 1000,
    reuseGraceMs: 10_000,
    ...overrides
  }
}
