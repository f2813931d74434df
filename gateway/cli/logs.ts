import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { isatty } from 'node:tty'
import { type Logger, type LoggerOptions, pino, stdTimeFunctions } from 'pino'
import type { LogTarget } from '../settings/index.js'
import { faultOf } from './fault.js'
import { type LogStream, openLogStream } from './log-stream.js'

export type Line = Readonly<Record<string, unknown>>

export interface Logs {
  /** What the process does. */
  readonly log: Logger
  /** One line a request; null: nobody keeps them. */
  readonly access: ((line: Line) => void) | null
  /** One line a security event. */
  readonly audit: (line: Line) => void
  /** Opens log files anew, after they were rotated. */
  readonly reopen: () => void
  /** Resolves when every line is where it belongs. */
  readonly close: () => Promise<void>
}

export interface LogOptions {
  readonly access: LogTarget
  readonly audit: LogTarget
}

type Opened = Exclude<LogTarget, { kind: 'off' }>

const STANDARD_ERROR = 2

function openTarget(target: string | number, report: (message: string) => void): LogStream {
  try {
    if (typeof target === 'string') mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
    return openLogStream(target, report)
  } catch (error) {
    throw faultOf(`the log ${target} cannot be opened`, error)
  }
}

/** Streams by their target, so that two logs on one of them share it and their lines do not tear. */
function createStreams() {
  const streams = new Map<string | number, LogStream>()
  const report = (message: string) => process.stderr.write(`portcullis: ${message}\n`)
  return {
    open(target: Opened): LogStream {
      const key = target.kind === 'file' ? target.path : target.kind === 'stdout' ? 1 : STANDARD_ERROR
      let stream = streams.get(key)
      if (stream === undefined) {
        stream = openTarget(key, key === STANDARD_ERROR ? () => {} : report)
        streams.set(key, stream)
      }
      return stream
    },
    reopen() {
      for (const stream of streams.values()) stream.reopen()
    },
    async close() {
      await Promise.all([...streams.values()].map((stream) => stream.close()))
    }
  }
}

const PROCESS_LOG: LoggerOptions = {
  base: { log: 'gateway' },
  timestamp: stdTimeFunctions.isoTime,
  messageKey: 'message',
  formatters: { level: (level) => ({ level }) }
}

/** Mistakes in the settings are the one thing that is read line by line. */
function showMessage(line: Line): string {
  const mistakes = Array.isArray(line.mistakes) ? line.mistakes : []
  return [line.message, ...mistakes].join('\n  ')
}

/** The process log for a person at the terminal; its package is loaded only for one. */
async function openReadable(): Promise<Logger> {
  const { default: pretty } = await import('pino-pretty')
  const shown = { messageKey: 'message', messageFormat: showMessage, translateTime: 'SYS:HH:MM:ss' }
  return pino(PROCESS_LOG, pretty({ ...shown, ignore: 'log,mistakes', singleLine: true, sync: true }))
}

const timeOfDay = () => new Date().toTimeString().slice(0, 8)

/** What a person wants to see of a request as it goes by. */
function showRequest({ method, path, status, verdict, code, username, rule, ms }: Line): string {
  const pattern = (rule as { path?: string } | null | undefined)?.path
  const because = code === undefined ? '' : ` ${code}`
  const by = username === undefined || username === null ? '' : ` by ${username}`
  const under = pattern === undefined ? '' : ` under ${pattern}`
  return `[${timeOfDay()}] ${status} ${method ?? '-'} ${path ?? '-'}  ${verdict}${because}${by}${under} in ${ms} ms\n`
}

const showEvent = ({ event, ...fields }: Line) => `[${timeOfDay()}] AUDIT ${event} ${JSON.stringify(fields)}\n`

const toJson = (log: string) => (line: Line) => `${JSON.stringify({ time: new Date().toISOString(), log, ...line })}\n`

/** Logs as JSON lines; a person at a terminal gets them readable. A Fault when a file cannot be opened. */
export async function openLogs(options: LogOptions): Promise<Logs> {
  const streams = createStreams()
  const onTerminal = isatty(1)

  function open(name: string, target: LogTarget, show: (line: Line) => string): ((line: Line) => void) | null {
    if (target.kind === 'off') return null
    const stream = streams.open(target)
    const format = target.kind === 'stdout' && onTerminal ? show : toJson(name)
    return (line) => stream.write(format(line))
  }

  return {
    log: onTerminal ? await openReadable() : pino(PROCESS_LOG, streams.open({ kind: 'stdout' })),
    access: open('access', options.access, showRequest),
    audit: open('audit', options.audit, showEvent) ?? (() => {}),
    reopen: streams.reopen,
    close: streams.close
  }
}
