import { scryptSync } from 'node:crypto'
import { join } from 'node:path'
import type { Test } from 'tap'
import { runCommand } from '../helpers/command.js'
import { CLONE } from '../helpers/gateway-process.js'
import { type Postgres, startPostgres } from '../helpers/postgres.js'

const SITE = join(CLONE, 'test', 'moving', 'django-site')
const PYTHON = '/usr/bin/python3'
const KINDS = 6

export const COUNT = 1_000

export interface Member {
  readonly username: string
  readonly password: string
  readonly roles: readonly string[]
  readonly isActive: boolean
}

export const passwordOf = (number: number) => `Passwort ${number} ü€`

/** As Django 4 writes it: `scrypt$N$salt$r$p$hash`. */
function scryptHash(password: string, salt: string): string {
  const hash = scryptSync(password, salt, 64, { N: 16, r: 8, p: 1 }).toString('base64')
  return `scrypt$16$${salt}$8$1$${hash}`
}

/** Who was made, as fill.py says it, with groups as the roles that the tests map them to. */
export const members: readonly Member[] = Array.from({ length: COUNT }, (_, number) => ({
  username: `${number % 10 === 0 ? 'User' : 'user'}_${number}`,
  password: passwordOf(number),
  roles: [
    ...(number % 3 === 0 ? ['editor'] : []),
    ...(number % 4 === 0 ? ['staff'] : []),
    ...(number % 5 === 0 ? ['admin'] : []),
    ...(number % 200 === 2 ? ['root'] : [])
  ].sort(),
  isActive: number % 50 !== 7
}))

export interface MovingSite {
  readonly server: Postgres
  readonly url: string
  /** Runs `manage.py`; throws with what it says when it fails. */
  readonly manage: (args: readonly string[]) => Promise<string>
}

/** A real Django site on a real PostgreSQL, with a thousand users. */
export async function startMovingSite(t: Test): Promise<MovingSite> {
  const server = await startPostgres(t)
  const url = await server.createDatabase('moving')
  const { port, password } = server.server('moving')
  const env = {
    ...{ SITE_DATABASE: 'moving', SITE_PORT: String(port), SITE_PASSWORD: password ?? '' },
    ...{ DJANGO_SETTINGS_MODULE: 'moving_settings', PYTHONDONTWRITEBYTECODE: '1', PYTHONPATH: SITE }
  }
  async function python(args: readonly string[], input = ''): Promise<string> {
    const { status, stdout, stderr } = await runCommand(t, args, { cwd: server.folder, env, input, command: [PYTHON] })
    if (status !== 0) throw new Error(`apt-get install python3-django python3-psycopg2: ${stderr}`)
    return stdout
  }
  const manage = (args: readonly string[]) => python(['-m', 'django', ...args])
  await manage(['migrate', '-v', '0'])
  const ofScrypt = members.filter((_, number) => number % KINDS === KINDS - 1)
  const scrypt = ofScrypt.map(({ password }, place) => scryptHash(password, `salt${place}`))
  await python([join(SITE, 'fill.py')], JSON.stringify({ count: COUNT, scrypt }))
  return { server, url, manage }
}
