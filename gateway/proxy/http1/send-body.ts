import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'

/** A body on its way to an upstream. */
export interface SentBody {
  /** Its end is not written yet; `inChunks`: whoever reads it knows that. */
  readonly isUnfinished: () => boolean
  /** Leaves the body, and the connection, as they are. */
  readonly leave: () => void
}

export interface BodySink {
  /** Before anything of the body; `isEmpty`: nothing of it will come. */
  readonly writeHead: (isEmpty: boolean) => void
  /** The upstream has read on. */
  readonly onProgress: () => void
  /** The last of it is written. */
  readonly onEnd: () => void
  /** It broke off, or was not as long as it was said to be. */
  readonly onFailure: (error: Error) => void
}

const LAST_CHUNK = '0\r\n\r\n'

/**
 * Writes a body after its header section, framed by `octets` (null: in chunks), as fast as the upstream reads it. What is
 * there already leaves together with the header section.
 */
export function sendBody(body: Readable, socket: Socket, octets: number | null, sink: BodySink): SentBody {
  let left = octets ?? Number.POSITIVE_INFINITY
  let unfinished = true
  let headed = false

  function begin(isEmpty: boolean) {
    if (headed || !unfinished) return
    headed = true
    sink.writeHead(isEmpty)
  }
  function onDrain() {
    sink.onProgress()
    body.resume()
  }
  function leave() {
    unfinished = false
    body.off('data', onData)
    body.off('end', onWhole)
    body.off('error', fail)
    body.off('close', onClose)
    socket.off('drain', onDrain)
    // Of what is left nobody wants to hear.
    body.on('error', () => {})
  }
  function fail(error: Error) {
    if (!unfinished) return
    leave()
    sink.onFailure(error)
  }
  function onData(chunk: Buffer) {
    // An empty chunk would be the last.
    if (chunk.length === 0) return
    left -= chunk.length
    if (left < 0) return fail(new Error('a body is longer than it was said to be'))
    begin(false)
    if (!write(chunk)) body.pause()
  }
  function write(chunk: Buffer): boolean {
    if (octets !== null) return socket.write(chunk)
    socket.cork()
    socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1')
    socket.write(chunk)
    const hasRoom = socket.write('\r\n', 'latin1')
    process.nextTick(() => socket.uncork())
    return hasRoom
  }
  function onWhole() {
    if (octets !== null && left > 0) return fail(new Error('a body is shorter than it was said to be'))
    const isEmpty = !headed
    begin(isEmpty)
    if (octets === null && !isEmpty) socket.write(LAST_CHUNK, 'latin1')
    leave()
    sink.onEnd()
  }
  const onClose = () => fail(body.errored ?? new Error('a body broke off'))

  socket.cork()
  setImmediate(() => {
    begin(false)
    socket.uncork()
  })
  body.on('data', onData)
  body.on('end', onWhole)
  body.on('error', fail)
  body.on('close', onClose)
  socket.on('drain', onDrain)
  // One that broke off before will not say so again.
  if (body.destroyed) onClose()
  return { isUnfinished: () => unfinished, leave }
}
