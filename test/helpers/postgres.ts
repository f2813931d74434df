import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { Test } from 'tap'
import type { PostgresOptions } from '../../gateway/directories/index.js'
import { freePort } from './command.js'
import { until } from './gateway-process.js'

/** As a password may be, so that a URL must spell it otherwise. */
const OWNER_PASSWORD = 'p@ss:w/r%d'

type PostgresServer = PostgresOptions['server']

export interface Postgres {
  readonly port: number
  /** The folder of its socket. */
  readonly folder: string
  /** Of the address 127.0.0.1, signed by itself. */
  readonly certificate: string
  /** The URL of a database, as its owner. */
  readonly url: (database?: string) => string
  /** As the pool of the gateway is told of it. */
  readonly server: (database: string) => PostgresServer
  /** Makes a database, empty or by these statements, and answers with its URL. */
  readonly createDatabase: (name: string, sql?: string) => Promise<string>
  /** Runs statements as the owner; the rows of the last. */
  readonly run: (sql: string, database?: string, values?: unknown[]) => Promise<Record<string, unknown>[]>
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
  /** Freezes every process of it: it takes connections, which the kernel does, and never answers. */
  readonly freeze: () => void
  readonly thaw: () => void
}

/** The binaries of the newest version that Debian's package has brought. */
function findBinaries(): string {
  const root = '/usr/lib/postgresql'
  const [newest] = readdirSync(root).sort((one, other) => Number(other) - Number(one))
  if (newest === undefined) throw new Error('apt-get install postgresql')
  return join(root, newest, 'bin')
}

/** Servers refuse to be run by root. */
function someoneElse(): { readonly uid: number; readonly gid: number } | null {
  if (process.getuid?.() !== 0) return null
  const [uid, gid] = ['-u', '-g'].map((option) => Number(execFileSync('id', [option, 'nobody'], { encoding: 'utf8' })))
  return { uid: uid ?? 65_534, gid: gid ?? 65_534 }
}

/** A real server on a free port with its own data, which goes with the test. */
export async function startPostgres(t: Test, settings: readonly string[] = []): Promise<Postgres> {
  const binaries = findBinaries()
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-pg-'))
  const nobody = someoneElse()
  const identity = nobody ?? {}
  if (nobody !== null) chownSync(folder, nobody.uid, nobody.gid)
  chmodSync(folder, 0o755)
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, OWNER_PASSWORD, { mode: 0o644 })
  const data = join(folder, 'data')
  const made = ['-D', data, '-U', 'owner', '--pwfile', passwordFile, '-A', 'scram-sha-256', '-E', 'UTF8']
  execFileSync(join(binaries, 'initdb'), [...made, '--locale=C.UTF-8', '--no-sync'], {
    cwd: folder,
    stdio: 'pipe',
    ...identity
  })
  const port = await freePort()
  const certificate = join(folder, 'server.crt')
  const request = ['req', '-x509', '-nodes', '-days', '2', '-newkey', 'rsa:2048', '-subj', '/CN=database']
  const alternative = ['-addext', 'subjectAltName=IP:127.0.0.1']
  const files = ['-keyout', join(folder, 'server.key'), '-out', certificate]
  execFileSync('openssl', [...request, ...alternative, ...files], { cwd: folder, stdio: 'pipe', ...identity })
  const options = [
    ...[`port=${port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`, 'fsync=off'],
    ...['ssl=on', `ssl_cert_file=${certificate}`, `ssl_key_file=${join(folder, 'server.key')}`],
    ...['max_connections=20', 'shared_buffers=16MB', 'autovacuum=off', ...settings]
  ]
  let child: ReturnType<typeof spawn> | null = null

  const url = (database = 'postgres') =>
    `postgres://owner:${encodeURIComponent(OWNER_PASSWORD)}@127.0.0.1:${port}/${database}`

  async function run(sql: string, database?: string, values?: unknown[]) {
    const client = new pg.Client({ connectionString: url(database) })
    client.on('error', () => {})
    await client.connect()
    try {
      const result = await client.query(sql, values)
      const last = Array.isArray(result) ? result.at(-1) : result
      return last.rows as Record<string, unknown>[]
    } finally {
      await client.end()
    }
  }

  async function start(): Promise<void> {
    // It goes with the process of the test, however that ends.
    const user = nobody === null ? [] : ['--reuid', String(nobody.uid), '--regid', String(nobody.gid), '--clear-groups']
    const command = [join(binaries, 'postgres'), '-D', data, ...options.flatMap((option) => ['-c', option])]
    const started = spawn('setpriv', ['--pdeathsig', 'INT', ...user, ...command], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe']
    })
    let said = ''
    started.stderr.on('data', (chunk) => {
      said += chunk
    })
    child = started
    await until('the database answers', () => {
      if (started.exitCode !== null) throw new Error(said)
      return run('select 1').then(
        () => true,
        () => false
      )
    })
  }

  /** The server and its children, which it names by itself. */
  const processes = () => {
    const pid = String(child?.pid)
    const children = execFileSync('ps', ['--ppid', pid, '-o', 'pid='], { encoding: 'utf8' }).split('\n')
    return [Number(pid), ...children.map(Number).filter((id) => id > 0)]
  }
  const signalAll = (signal: NodeJS.Signals) => {
    for (const pid of processes()) {
      try {
        process.kill(pid, signal)
      } catch {
        // It has ended meanwhile.
      }
    }
  }

  async function stop(): Promise<void> {
    const running = child
    child = null
    if (running === null || running.exitCode !== null) return
    const ended = once(running, 'exit')
    running.kill('SIGINT')
    await ended
  }

  t.teardown(async () => {
    if (child !== null) signalAll('SIGCONT')
    await stop()
    rmSync(folder, { recursive: true, force: true })
  })
  await start()
  return {
    port,
    folder,
    certificate,
    url,
    server: (database) => ({
      host: '127.0.0.1',
      port,
      database,
      user: 'owner',
      password: OWNER_PASSWORD,
      tls: null
    }),
    run,
    start,
    stop,
    async createDatabase(name, sql = '') {
      await run(`create database ${pg.escapeIdentifier(name)}`)
      if (sql !== '') await run(sql, name)
      return url(name)
    },
    freeze: () => signalAll('SIGSTOP'),
    thaw: () => signalAll('SIGCONT')
  }
}
