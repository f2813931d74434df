import type { Socket } from 'node:net'
import type { buildConnector } from 'undici'
import { dropContinues } from './interim-heads.js'

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

/** The library's client writes a header section as text, a body as octets, and what frames it after a line end. */
const isRequestHead = (chunk: unknown): chunk is string => typeof chunk === 'string' && !chunk.startsWith('\r')
const LAST_CHUNK = '\r\n0\r\n\r\n'

/** The client ends the connection because of a request, not because of the upstream. */
const isOurs = (error: NodeJS.ErrnoException | undefined) => error?.code === 'UND_ERR_INFO'

const NOTHING = Buffer.alloc(0)

/** Of a connection that was reset when some octets of an answer had come, too few for the client to know. */
export const BROKEN_OFF = 'UPSTREAM_BROKE_OFF'

/** What upstreams do at the edge of the protocol, and the library's client would not bear. */
function tolerate(socket: Socket): void {
  const { _write: write, _writev: writev, destroy, push, read, unshift } = socket
  /** What came since the request and may be an interim response; null: the final response has begun. */
  let held: Buffer | null = null
  let amidChunks = false
  /** The client does not read; whether the end has come meanwhile. */
  let paused = false
  let ended = false
  let destroyedFor: Error | undefined
  function note(chunk: unknown) {
    if (isRequestHead(chunk)) {
      held = NOTHING
      amidChunks = chunk.endsWith('\r\ntransfer-encoding: chunked\r\n')
    } else if (chunk === LAST_CHUNK) amidChunks = false
  }

  socket._write = (chunk, encoding, written) => {
    note(chunk)
    write.call(socket, chunk, encoding, unlessGone(written))
  }
  socket._writev = (chunks, written) => {
    for (const { chunk } of chunks) note(chunk)
    writev?.call(socket, chunks, unlessGone(written))
  }
  // RFC 9110 §15.2: a 100 that nobody asked for may come all the same. The client would end the connection.
  socket.push = (chunk: Buffer | null) => {
    if (chunk === null && paused) {
      ended = true
      return false
    }
    if (held !== null && chunk === null && held.length > 0) {
      // Nothing more comes: what there is was the beginning of an answer, and is broken off as one.
      const last = held
      held = null
      push.call(socket, last)
    }
    if (held === null || chunk === null) return push.call(socket, chunk)
    const read = dropContinues(held.length === 0 ? chunk : Buffer.concat([held, chunk]))
    held = read.held
    return read.passed.length === 0 || push.call(socket, read.passed)
  }
  // The client asserts that no connection ends while it does not read: an answer that ends with its connection may, when
  // whom it is for does not keep up. It puts back what it does not read, and reads when it goes on.
  socket.unshift = (chunk, encoding) => {
    paused = true
    return unshift.call(socket, chunk, encoding)
  }
  socket.read = (size) => {
    if (size === undefined && paused) {
      paused = false
      if (ended) setImmediate(() => paused || socket.destroyed || push.call(socket, null))
    }
    return read.call(socket, size)
  }
  // A body cut off among its chunks ends in a reset: of a mere end some servers make nothing, and wait for ever.
  socket.destroy = (error) => {
    // Without its reason, the client would look for the end of an answer that it may not even be reading.
    destroyedFor ??= error
    if (!amidChunks || !isOurs(error) || 'encrypted' in socket) return destroy.call(socket, destroyedFor)
    amidChunks = false
    return socket.resetAndDestroy()
  }
  // RFC 9112 §8: a reset is no end of a body that ends with its connection. By this code the client takes it for one.
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNRESET') error.code = held !== null && held.length > 0 ? BROKEN_OFF : 'UND_ERR_SOCKET'
  })
}

/** Makes connections that bear what upstreams do at the edge of the protocol. */
export function tolerantConnector(connect: buildConnector.connector): buildConnector.connector {
  return (options, callback) =>
    connect(options, (...result) => {
      if (result[0] === null) tolerate(result[1])
      callback(...result)
    })
}
