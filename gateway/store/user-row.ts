import type { Scalar, StoredUser, User } from '../domain.js'

export interface UserRow {
  readonly id: string
  readonly username: string
  readonly password_hash: string
  readonly roles: string
  readonly attributes: string
  readonly disabled: number
  readonly generation: number
  readonly created_at: number
  readonly last_login_at: number | null
  readonly networks: string
  readonly directory: string | null
  readonly directory_key: string | null
}

/** Reads a row without its password hash. */
export function userOf(row: UserRow): User {
  return {
    id: row.id,
    username: row.username,
    roles: JSON.parse(row.roles) as string[],
    attributes: JSON.parse(row.attributes) as Record<string, Scalar>,
    disabled: row.disabled !== 0,
    generation: row.generation,
    createdAt: row.created_at,
    lastLoginAt: row.last_login_at
  }
}

export function storedUserOf(row: UserRow): StoredUser {
  const networks = JSON.parse(row.networks) as string[]
  const { password_hash: passwordHash, directory, directory_key: directoryKey } = row
  return { ...userOf(row), passwordHash, networks, directory, directoryKey }
}
