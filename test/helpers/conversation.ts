import { connect, type Socket } from 'node:net'
import type { Test } from 'tap'
import { eventually } from './eventually.js'

/** A connection that collects what comes back, latin1: one character a byte. It goes with the test. */
export interface Conversation {
  readonly socket: Socket
  readonly text: () => string
  readonly closed: () => boolean
  readonly say: (text: string) => void
  /** Waits until the text has come; rejects, telling what came instead, when that takes too long. */
  readonly hears: (text: string | RegExp, mostMs?: number) => Promise<void>
  readonly end: (mostMs?: number) => Promise<void>
}

export function converse(t: Test, port: number): Conversation {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  let closed = false
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    closed = true
  })
  t.teardown(() => socket.destroy())
  return {
    socket,
    text: () => text,
    closed: () => closed,
    say: (words) => socket.write(words, 'latin1'),
    hears: (words, mostMs = 10_000) =>
      eventually(
        () => (typeof words === 'string' ? text.includes(words) : words.test(text)),
        `${words} was heard`,
        mostMs
      ).catch((error) => {
        throw new Error(`${error.message}; heard ${JSON.stringify(text)}`)
      }),
    end: (mostMs = 10_000) => eventually(() => closed, 'the connection ended', mostMs)
  }
}
