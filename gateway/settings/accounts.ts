/** What the parameters of the password hash must say about each other, and the section `users` as Settings. */
import { type Finding, mistakeAt } from './findings.js'
import type { PostgresServer } from './postgres-schema.js'
import type { Draft, FileSettings } from './schema.js'
import type { AccountSettings } from './settings.js'
import { readUserSource } from './user-source-schema.js'

/** The least memory in KiB for so many passes (OWASP Password Storage Cheat Sheet, Argon2id): equal defence each. */
const leastMemory = [47_104, 19_456, 12_288, 9_216, 7_168]

export function coherentAccounts(draft: Draft): Finding[] {
  const { memory, passes, parallelism, insecure_weak_hash: weakAllowed } = draft.users?.hash ?? {}
  if (memory === undefined || passes === undefined || parallelism === undefined) return []
  const path = ['users', 'hash', 'memory']
  // RFC 9106 §3.1: eight blocks of one KiB a lane.
  if (memory < 8 * parallelism) return [mistakeAt(path, `must be at least ${8 * parallelism}kb for these lanes`)]
  const least = leastMemory[Math.min(passes, leastMemory.length) - 1] ?? 0
  if (memory >= least || weakAllowed === true) return []
  const enough = least % 1024 === 0 ? `${least / 1024}mb` : `${least}kb`
  const message = `is less than ${passes} ${passes === 1 ? 'pass needs' : 'passes need'} to withstand guessing`
  return [mistakeAt(path, message, `write ${enough}, or say insecure_weak_hash: true`)]
}

export function readAccounts(
  { source, login, password, hash }: FileSettings['users'],
  directory: string,
  server: PostgresServer | null
): AccountSettings {
  return {
    source: readUserSource(source, directory, server),
    login: {
      perAccountAndNetwork: login.per_account_and_network,
      perNetwork: login.per_network,
      perAccount: login.per_account,
      windowMs: login.window
    },
    password: { minLength: password.min_length },
    hash: { memoryKib: hash.memory, passes: hash.passes, parallelism: hash.parallelism }
  }
}
