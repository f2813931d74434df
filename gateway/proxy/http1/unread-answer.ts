import { Socket } from 'node:net'

type Written = (error?: Error | null) => void

const isGone = (error: NodeJS.ErrnoException | null | undefined) =>
  error?.code === 'EPIPE' || error?.code === 'ECONNRESET'

/**
 * An upstream may refuse a body that it has not read, and close: what is still being written then fails, and would end
 * the connection with the answer unread. So that write stays unfinished, and reading tells what became of it.
 */
const unlessGone =
  (written: Written): Written =>
  (error) => {
    if (!isGone(error)) written(error)
  }

/** Lets what an upstream said before it closed be read, whatever becomes of what is being written. */
export function keepUnread(socket: Socket): void {
  const { _write: write, _writev: writev } = socket
  socket._write = (chunk, encoding, written) => write.call(socket, chunk, encoding, unlessGone(written))
  socket._writev = (chunks, written) => writev?.call(socket, chunks, unlessGone(written))
}

/**
 * Whether a connection that has ended was reset: a reset that comes together with octets looks to who reads like an
 * orderly end. Who writes is told, even of nothing. Of TLS, nobody is.
 */
export function wasReset(socket: Socket): boolean {
  let reset = false
  if ('encrypted' in socket) return reset
  Socket.prototype._write.call(socket, '', 'latin1', (error) => {
    reset = isGone(error)
  })
  return reset
}
