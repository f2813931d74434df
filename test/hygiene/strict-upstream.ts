import type { Socket } from 'node:net'
import type { Test } from 'tap'
import { startRawUpstream } from '../helpers/upstream.js'
import { type Message, readMessage } from './strict-http.js'

export interface StrictUpstream {
  readonly url: string
  /** What arrived whole, in the order it did. */
  readonly messages: Message[]
  /** What no strict reader could read: there must never be any. */
  readonly faults: string[]
  /** All bytes of each connection, latin1. */
  readonly bytes: () => string[]
}

/** After so many messages a connection is closed: its bytes are joined anew for each piece. */
const MOST_MESSAGES = 40

/**
 * An upstream that keeps connections alive, so that whatever is left over of one message would be read as the next;
 * it records bytes and answers each message once.
 */
export async function startStrictUpstream(t: Test): Promise<StrictUpstream> {
  const messages: Message[] = []
  const faults: string[] = []
  const read = new WeakMap<Socket, { end: number; count: number }>()

  const upstream = await startRawUpstream(t, (socket, bytes) => {
    const state = read.get(socket) ?? { end: 0, count: 0 }
    read.set(socket, state)
    const text = bytes.toString('latin1')
    try {
      for (let reading = readMessage(text, state.end); reading !== null; reading = readMessage(text, state.end)) {
        state.end = reading.end
        state.count += 1
        messages.push(reading.message)
        const isLast = state.count === MOST_MESSAGES
        const fields = `Content-Length: 2\r\n${isLast ? 'Connection: close\r\n' : ''}`
        socket[isLast ? 'end' : 'write'](
          `HTTP/1.1 200 OK\r\n${fields}\r\n${reading.message.method === 'HEAD' ? '' : 'ok'}`
        )
        if (isLast) return
      }
    } catch (error) {
      faults.push(`${(error as Error).message} in ${JSON.stringify(text.slice(state.end))}`)
      socket.destroy()
    }
  })
  return {
    url: upstream.url,
    messages,
    faults,
    bytes: () => upstream.connections.map(({ bytes }) => bytes.toString('latin1'))
  }
}
