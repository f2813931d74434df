import type { ConnectionOptions } from 'node:tls'
import type pg from 'pg'
import { Problem } from '../problems.js'

export interface PostgresServer {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  /** null: the server asks for none. */
  readonly password: string | null
  readonly tls: Pick<ConnectionOptions, 'ca' | 'rejectUnauthorized'> | null
}

export interface PoolOptions {
  readonly server: PostgresServer
  readonly connections: number
  /** Of one question, with all that it waits for. */
  readonly timeoutMs: number
  /** Else nothing can be written, whatever a query says. */
  readonly writes: boolean
  /** Told when questions cannot be answered, once for each reason, and when they can be again. */
  readonly onAway: (reason: string) => void
  readonly onBack: () => void
  /** Told when something could not be written, once for each reason. */
  readonly onUnwritten: (reason: string) => void
}

export type Row = Readonly<Record<string, unknown>>

export interface PostgresPool {
  /** Rejects with `store_unavailable`, within the time, whatever goes wrong; also when `read` throws. */
  readonly ask: <T>(text: string, values: readonly unknown[], read: (rows: readonly Row[]) => T) => Promise<T>
  /** Writes what nobody waits for; that it could not be is told, and hinders no question. */
  readonly write: (text: string, values: readonly unknown[]) => Promise<void>
  /** Whether some question could not be answered when it was asked last. */
  readonly isAway: () => boolean
  readonly close: () => Promise<void>
}

/** So many wait for each connection; at more than that, the last would wait in vain. */
const WAITING_PER_CONNECTION = 20
const IDLE_MS = 60_000
const LONGEST_REASON = 300

/** The server is stopping, or somebody has ended the connection (PostgreSQL, appendix A, class 57). */
const ENDED = /^57P/

const isDatabaseError = (error: unknown): error is pg.DatabaseError =>
  error instanceof Error && 'severity' in error && 'code' in error

const isTimeout = (error: unknown) => error instanceof Error && /time(d )?out/i.test(error.message)

/** A connection that was good once may have been ended while it was idle: another is as good. */
const isLost = (error: unknown) => (isDatabaseError(error) ? ENDED.test(error.code ?? '') : !isTimeout(error))

/** A few connections, each question bounded in time, and of those who wait no more than can be served. */
export function createPostgresPool(driver: typeof pg, options: PoolOptions): PostgresPool {
  const { server, connections, timeoutMs, writes, onAway, onBack, onUnwritten } = options
  const pool = new driver.Pool({
    host: server.host,
    port: server.port,
    database: server.database,
    user: server.user,
    ...(server.password === null ? {} : { password: server.password }),
    ssl: server.tls ?? false,
    application_name: 'portcullis',
    max: connections,
    connectionTimeoutMillis: timeoutMs,
    idleTimeoutMillis: IDLE_MS,
    keepAlive: true,
    // The server stops by itself what nobody waits for any more.
    options: `-c statement_timeout=${timeoutMs}${writes ? '' : ' -c default_transaction_read_only=on'}`,
    types: createTypes(driver)
  })
  // Connections end in every state; whoever asks next is told, or gets another one.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  /** By what was asked: a query that is wrong stays so while others are answered. */
  const faults = new Map<string, string>()
  let unwritten: string | null = null

  async function askOnce(text: string, values: readonly unknown[], until: number): Promise<readonly Row[]> {
    const client = await pool.connect().catch((error) => {
      throw new NotConnected(reasonOf(error), { cause: error })
    })
    const left = Math.floor(until - performance.now())
    if (left < 1) {
      client.release()
      throw new Error('timeout of the wait for a connection')
    }
    try {
      const { rows } = await client.query({ text, values: [...values], query_timeout: left } as pg.QueryConfig)
      client.release()
      return rows
    } catch (error) {
      client.release(!isDatabaseError(error) || isLost(error))
      throw error
    }
  }

  async function askTwice(text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    const until = performance.now() + timeoutMs
    try {
      return await askOnce(text, values, until)
    } catch (error) {
      const hasTime = until - performance.now() > timeoutMs / 2
      if (error instanceof NotConnected || !isLost(error) || !hasTime) throw error
      return askOnce(text, values, until)
    }
  }

  function note(text: string, reason: string | null): void {
    const before = faults.get(text) ?? null
    if (before === reason) return
    if (reason === null) {
      faults.delete(text)
      if (faults.size === 0) onBack()
      return
    }
    // The same trouble is told once, whoever meets it.
    const isKnown = [...faults.values()].includes(reason)
    faults.set(text, reason)
    if (!isKnown) onAway(reason)
  }

  function reasonOf(error: unknown): string {
    if (error instanceof NotConnected) return error.message
    if (isTimeout(error)) return `no answer within ${timeoutMs} ms`
    const [first = 'it failed'] = messageOf(error).split('\n')
    const state = isDatabaseError(error) ? ` (SQLSTATE ${error.code})` : ''
    return `${first.slice(0, LONGEST_REASON)}${state}`
  }

  const isCrowded = () => pool.waitingCount >= connections * WAITING_PER_CONNECTION

  return {
    async ask(text, values, read) {
      if (isCrowded()) throw new Problem('store_unavailable')
      try {
        const answer = read(await askTwice(text, values))
        note(text, null)
        return answer
      } catch (error) {
        note(text, reasonOf(error))
        // Without a cause: it has been told, and once is enough.
        throw new Problem('store_unavailable')
      }
    },
    async write(text, values) {
      if (isCrowded()) return
      try {
        await askTwice(text, values)
        unwritten = null
      } catch (error) {
        const reason = reasonOf(error)
        if (unwritten !== reason) onUnwritten(reason)
        unwritten = reason
      }
    },
    isAway: () => faults.size > 0,
    async close() {
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, timeoutMs)
      })
      await Promise.race([pool.end(), late])
      clearTimeout(timer)
    }
  }
}

class NotConnected extends Error {}

/** A name with several addresses fails with an error for each. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ')
  return error instanceof Error ? error.message : String(error)
}

/** By their numbers in pg_type.h, which stay. */
const LONG = 20
const TEXT_ARRAY = 1009
const lists: readonly number[] = [TEXT_ARRAY, 1002, 1003, 1014, 1015]
/** bool, int2, int4, float4, float8. */
const scalars: readonly number[] = [16, 21, 23, 700, 701]

type ReadText = (text: string) => unknown

const parserOf = ({ types }: typeof pg, oid: number): ReadText =>
  types.getTypeParser(oid as Parameters<typeof types.getTypeParser>[0], 'text')

/** Numbers, truth values and lists of texts; whatever else there is comes as the server writes it. */
function createTypes(driver: typeof pg): pg.CustomTypesConfig {
  const readLong: ReadText = (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : text)
  const getTypeParser = (oid: number): ReadText => {
    if (oid === LONG) return readLong
    return lists.includes(oid) || scalars.includes(oid) ? parserOf(driver, oid) : (text) => text
  }
  return { getTypeParser: getTypeParser as pg.CustomTypesConfig['getTypeParser'] }
}

/** Reads what the server writes for a list, of texts or of a type of its own: `{a,"b c"}`. */
export const createReadList =
  (driver: typeof pg) =>
  (text: string): readonly unknown[] =>
    parserOf(driver, TEXT_ARRAY)(text) as unknown[]
