import type { Test } from 'tap'
import {
  createPostgresDirectory,
  type PostgresDirectory,
  type PostgresOptions
} from '../../gateway/directories/index.js'

export interface OpenedDirectory {
  readonly directory: PostgresDirectory
  /** What the operator was told, in order. */
  readonly told: string[]
}

/** A directory that goes with the test, and what it tells. */
export async function openDirectory(
  test: Test,
  options: Pick<PostgresOptions, 'server' | 'users'> & Partial<PostgresOptions>
): Promise<OpenedDirectory> {
  const told: string[] = []
  const directory = await createPostgresDirectory({
    roles: new Map(),
    connections: 2,
    timeoutMs: 10_000,
    onAway: (reason) => told.push(reason),
    onBack: () => told.push('back'),
    onUnwritten: (reason) => told.push(`unwritten: ${reason}`),
    onAmbiguous: (username) => told.push(`two of ${username}`),
    ...options
  })
  test.teardown(() => directory.close())
  return { directory, told }
}

export const unavailable = { code: 'store_unavailable' }
