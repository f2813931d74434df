import type { DirectoryUser } from '../domain.js'
import type { Row } from './postgres-pool.js'

/** What is asked of a database that keeps users, and how its rows are read. */
export interface UserStatements {
  /** $1: the canonical name. At most two rows. */
  readonly byName: string
  /** $1: the key. At most two rows, which is one too many. */
  readonly byKey: string
  /** The first users in the order of their keys, $1 of them; and those after a key: $1 of them, after $2. null: none can be listed. */
  readonly page: { readonly first: string; readonly next: string } | null
  /** Some hashes, in the one column `password`; null: none can be had. */
  readonly sample: string | null
  /** $1: the key of whoever has signed in, $2: when, in seconds. null: nothing is written. */
  readonly login: string | null
  /** Throws `RowFault`. */
  readonly readRow: (row: Row) => DirectoryUser
}

/** A row is not what the gateway can read; the message names the column. */
export class RowFault extends Error {}

/** So many hashes tell of what kinds they are. */
export const SAMPLED = 64
