import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Test } from 'tap'

/** A connection that collects what comes back, and goes with the test. */
export interface Connection {
  readonly socket: Socket
  readonly text: () => string
  readonly isClosed: () => boolean
  /** Resolves when the other side has ended it: after how many milliseconds since it was opened. */
  readonly closed: Promise<number>
}

/** Opens a connection to this machine; bytes are latin1: one character a byte. `secure`: by TLS, whoever answers. */
export function openConnection(t: Test, port: number, bytes = '', { secure = false } = {}): Connection {
  const startedMs = performance.now()
  const chunks: Buffer[] = []
  let isClosed = false
  const begin = () => {
    if (bytes !== '') socket.write(bytes, 'latin1')
  }
  const socket = secure
    ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, begin)
    : connect(port, '127.0.0.1', begin)
  t.teardown(() => socket.destroy())
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.on('error', () => {})
  const closed = new Promise<number>((resolve) => {
    socket.on('close', () => {
      isClosed = true
      resolve(performance.now() - startedMs)
    })
  })
  return { socket, text: () => Buffer.concat(chunks).toString('latin1'), isClosed: () => isClosed, closed }
}
