import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type Message, splitMessages, valuesOf } from './message.js'

/** Where the gateway listens. */
export interface Door {
  readonly host: string
  readonly port: number
  readonly tls: boolean
  /** Whether its certificate must be one that this machine trusts. */
  readonly verify: boolean
}

export interface Answer extends Message {
  readonly status: number
}

export interface Heard {
  /** Final ones, in their order. */
  readonly answers: readonly Answer[]
  /** 1xx, a switch of protocols included. */
  readonly interim: readonly number[]
  /** `closed` by the other side, `quiet` after an answer, `silent`: no answer in time, `unreachable`: no connection. */
  readonly ended: 'closed' | 'quiet' | 'silent' | 'unreachable'
  readonly ms: number
}

/** Generous: what hangs must be told from a machine that is busy. */
const ANSWER_MS = 10_000
/** After an answer that does not end the connection, a second one would come at once. */
const QUIET_MS = 60
/** After one that says that it does. */
const CLOSING_MS = 1_000
const MOST_BYTES = 4 * 1024 * 1024

const statusOf = ({ startLine }: Message): number => Number(startLine.slice(9, 12))

function read(text: string, bodiless: boolean): { readonly answers: Answer[]; readonly interim: number[] } {
  const all = splitMessages(text, bodiless).messages.map((message) => ({ ...message, status: statusOf(message) }))
  return {
    answers: all.filter(({ status }) => status >= 200),
    interim: all.filter(({ status }) => status < 200).map(({ status }) => status)
  }
}

function open({ host, port, tls, verify }: Door): Socket {
  if (!tls) return connectPlain({ host, port })
  // RFC 6066 §3: an address is no server name.
  const servername = /[a-z]/i.test(host) && !host.includes(':') ? { servername: host } : {}
  return connectTls({ host, port, rejectUnauthorized: verify, ...servername })
}

/** How long to wait for more; null: for as long as an answer may take. */
function patience({ answers, interim }: ReturnType<typeof read>): number | null {
  const last = answers.at(-1)
  if (last === undefined) return interim.includes(101) ? QUIET_MS : null
  if (!last.whole) return null
  return valuesOf(last, 'connection').some((value) => /close/i.test(value)) ? CLOSING_MS : QUIET_MS
}

/** Sends bytes on a connection of their own and listens until nothing more is to be expected. Never rejects. */
export function fire(door: Door, bytes: string): Promise<Heard> {
  return new Promise((resolve) => {
    const startedMs = performance.now()
    const bodiless = bytes.startsWith('HEAD ')
    const socket = open(door)
    let text = ''
    let connected = false
    let timer = setTimeout(() => finish('silent'), ANSWER_MS)
    const wait = (ms: number) => {
      clearTimeout(timer)
      timer = setTimeout(() => finish('quiet'), ms)
    }
    function finish(ended: Heard['ended']): void {
      clearTimeout(timer)
      socket.removeAllListeners()
      socket.on('error', () => {})
      socket.destroy()
      const heard = read(text, bodiless)
      // An answer that never came to its end is none that could be relied on.
      resolve({ ...heard, ended, ms: performance.now() - startedMs })
    }
    socket.on(door.tls ? 'secureConnect' : 'connect', () => {
      connected = true
      socket.setNoDelay().write(bytes, 'latin1')
    })
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      const ms = patience(read(text, bodiless))
      if (text.length > MOST_BYTES) finish('quiet')
      else if (ms !== null) wait(ms)
    })
    socket.on('error', () => finish(connected ? 'closed' : 'unreachable'))
    socket.on('end', () => finish('closed'))
    socket.on('close', () => finish('closed'))
  })
}
