import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generatePassword, UserMistake, type Users } from '../users/index.js'
import { Fault, faultOf } from './fault.js'
import type { Environment } from './read-settings.js'

/** Where generated passwords go when no terminal can show them. */
const FIRST_PASSWORDS = 'first-admin-password'

export interface FirstUser {
  readonly username: string
  readonly password: string
  readonly roles: readonly string[]
  /** False when the operator chose it and so knows it. */
  readonly generated: boolean
}

export interface FirstUsersOptions {
  readonly users: Users
  readonly environment: Environment
  readonly withDemo: boolean
  /** Where generated passwords are written; whoever shows them removes it. */
  readonly passwordFile: string
}

export const firstPasswordFile = (dataDirectory: string) => join(dataDirectory, FIRST_PASSWORDS)

/** The admin's password as the environment gives it, and the variable that does. A Fault when its file cannot be read. */
function chosenPassword(environment: Environment): { password: string; by: string } | null {
  const { PORTCULLIS_ADMIN_PASSWORD: password, PORTCULLIS_ADMIN_PASSWORD_FILE: file } = environment
  if (password !== undefined && password !== '') return { password, by: 'PORTCULLIS_ADMIN_PASSWORD' }
  if (file === undefined || file === '') return null
  const by = `PORTCULLIS_ADMIN_PASSWORD_FILE ${file}`
  try {
    const content = readFileSync(file, 'utf8').replace(/\r?\n$/, '')
    if (content === '') throw new Fault(`portcullis: ${by}: the file is empty`)
    return { password: content, by }
  } catch (error) {
    throw faultOf(by, error)
  }
}

/**
 * Adds `admin` and, for the example, `demo`, if there is no user at all; empty otherwise. Of several gateways on one
 * store one adds them. Generated passwords are in the file before the users are in the store: a crash between the two
 * must not leave users whose passwords nobody knows.
 */
export async function addFirstUsers(options: FirstUsersOptions): Promise<FirstUser[]> {
  const { users, environment, withDemo, passwordFile } = options
  if ((await users.list()).length > 0) return []
  const chosen = chosenPassword(environment)
  const admin = {
    username: 'admin',
    password: chosen?.password ?? generatePassword(),
    generated: chosen === null,
    roles: ['portcullis:admin', 'admin'],
    attributes: { full_name: 'First Administrator' }
  }
  const demo = {
    username: 'demo',
    password: generatePassword(),
    generated: true,
    roles: ['user'],
    attributes: { full_name: 'Demo User' }
  }
  const first = withDemo ? [admin, demo] : [admin]
  writePasswords(passwordFile, first)
  let added = false
  try {
    added = await users.addFirst(first)
    return added ? first : []
  } catch (error) {
    if (error instanceof UserMistake && chosen !== null) throw new Fault(`portcullis: ${chosen.by}: ${error.message}`)
    throw error
  } finally {
    if (!added) rmSync(passwordFile, { force: true })
  }
}

/** One `name: password` a line, where only the owner reads them. */
function writePasswords(path: string, users: readonly FirstUser[]): void {
  const lines = users.filter(({ generated }) => generated).map(({ username, password }) => `${username}: ${password}\n`)
  if (lines.length === 0) return
  try {
    rmSync(path, { force: true })
    writeFileSync(path, lines.join(''), { mode: 0o600, flag: 'wx', flush: true })
  } catch (error) {
    throw faultOf(`the first passwords cannot be written to ${path}`, error)
  }
}

/** Makes what removes the file at the first login: it has served its purpose once somebody has signed in. */
export function createPasswordRemoval(path: string, report: (error: unknown) => void): () => void {
  let gone = false
  return () => {
    if (gone) return
    gone = true
    try {
      rmSync(path, { force: true })
    } catch (error) {
      report(error)
    }
  }
}
