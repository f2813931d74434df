/** Reads an answer twice: with the gateway's reader, and with the parser of Node's own client. */
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { type AnswerHead, UnreadableAnswer } from '../../../gateway/proxy/http1/answer-head.js'
import { createAnswerReader } from '../../../gateway/proxy/http1/answer-reader.js'

/** Text is latin1: one character an octet. */
export interface Read {
  /** Other than 100, of which the gateway says nothing. */
  readonly interim: (readonly [status: number, fields: readonly string[]])[]
  status: number
  minorVersion: number
  fields: readonly string[]
  body: string
  trailers: readonly string[]
  /** Octets until the answer was whole; null: it is whole with the end of the connection. */
  end: number | null
}

/** `refused`: why; `unfinished`: the connection ended too early. */
export type Reading =
  | { readonly outcome: 'read'; readonly read: Read }
  | { readonly outcome: 'refused'; readonly why: string }
  | { readonly outcome: 'unfinished' }

const nothingYet = (): Read => ({
  interim: [],
  status: 0,
  minorVersion: 1,
  fields: [],
  body: '',
  trailers: [],
  end: null
})

/**
 * With the gateway's reader, in pieces that end at `cuts` (in order) and lie in memory that is written over after each
 * of them. `end` is that of the piece in which the answer ended.
 */
export function readOurs(wire: Buffer, method: string, cuts: Iterable<number>): Reading {
  const read = nothingYet()
  let whole = false
  const head = ({ status, fields, minorVersion }: AnswerHead) => Object.assign(read, { status, fields, minorVersion })
  const reader = createAnswerReader({
    onInterim: ({ status, fields }) => read.interim.push([status, fields]),
    onHead: head,
    onData(chunk) {
      read.body += chunk.toString('latin1')
    },
    onEnd(trailers) {
      if (whole) throw new Error('it ended twice')
      whole = true
      read.trailers = trailers
    },
    onUpgrade() {
      throw new Error('nobody asked')
    }
  })
  reader.begin(method, false)
  const memory = Buffer.alloc(wire.length)
  let at = 0
  try {
    for (const cut of [...cuts, wire.length]) {
      if (cut <= at) continue
      const piece = memory.subarray(0, cut - at)
      wire.copy(piece, 0, at, cut)
      const belongs = reader.read(piece)
      memory.fill('!')
      at = cut
      if (!belongs && !whole) throw new Error('octets are left, and no answer was told')
      if (whole) return { outcome: 'read', read: { ...read, end: at } }
    }
    return reader.end() ? { outcome: 'read', read } : { outcome: 'unfinished' }
  } catch (error) {
    if (error instanceof UnreadableAnswer) return { outcome: 'refused', why: error.message.replace(/^[^:]*: /, '') }
    throw error
  }
}

/** One cut after each octet. */
export const everywhere = (wire: Buffer): Iterable<number> => Array.from(wire, (_, i) => i + 1)

/** Turns of the event loop that a request of Node's takes to have its socket. */
const assigned = (client: ClientRequest) => new Promise<void>((resolve) => client.once('socket', () => resolve()))

/**
 * With Node's client: octet by octet until the answer is whole; or, given `end`, in two pieces that show whether it is
 * whole there and not before. `closes`: the connection ends after that.
 */
export async function readNodes(wire: Buffer, method: string, end?: number | null): Promise<Reading> {
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, written) => written() })
  const client = request({ method, createConnection: () => socket as unknown as Socket })
  client.maxHeadersCount = 0
  const read = nothingYet()
  let answer: IncomingMessage | null = null
  let refused: Error | null = null
  client.on('error', (error) => {
    refused ??= error
  })
  client.on('information', ({ statusCode, rawHeaders }) => {
    if (statusCode !== 100) read.interim.push([statusCode, rawHeaders])
  })
  client.on('response', (response) => {
    answer = response
    response.on('error', () => {})
  })
  client.on('upgrade', () => {
    refused ??= new Error('it switches protocols')
  })
  client.end()
  await assigned(client)

  const isWhole = () => (answer as IncomingMessage | null)?.complete === true
  let at = 0
  const feed = (to: number) => {
    if (to > at) socket.emit('data', wire.subarray(at, to))
    at = to
  }
  function reading(): Reading {
    if (end === undefined) while (at < wire.length && !isWhole() && refused === null) feed(at + 1)
    else {
      feed((end ?? wire.length + 1) - 1)
      if (isWhole()) return { outcome: 'refused', why: 'it is whole before that' }
      if (end !== null) feed(end)
    }
    if (refused !== null) return { outcome: 'refused', why: (refused as Error).message }
    if (isWhole()) read.end = at
    else socket.emit('end')
    if (answer === null || !isWhole()) return { outcome: 'unfinished' }
    const { statusCode = 0, httpVersionMinor, rawHeaders, rawTrailers } = answer as IncomingMessage
    const body: Buffer | null = (answer as IncomingMessage).read()
    const told = { status: statusCode, minorVersion: httpVersionMinor, fields: rawHeaders, trailers: rawTrailers }
    return { outcome: 'read', read: { ...read, ...told, body: body?.toString('latin1') ?? '' } }
  }
  try {
    return reading()
  } finally {
    client.destroy()
    socket.destroy()
  }
}
