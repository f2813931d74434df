import { type ServerResponse, STATUS_CODES } from 'node:http'

/** The answer as the client gets it, with back-pressure by `write` and `drain`. */
export interface ClientResponse {
  /** Writes the header section: at the latest when this turn of the event loop ends, whether a body follows or not. */
  readonly begin: (status: number, reason: string, fields: readonly string[]) => void
  /** Keeps nothing of the chunk. False: the client does not keep up; `drain` of the response says when it has. */
  readonly write: (chunk: Buffer) => boolean
  readonly end: (trailers: readonly [string, string][]) => void
  /** Makes an answer that has begun look as incomplete as it is. */
  readonly breakOff: () => void
}

/** Beyond this, copying costs more than a second system call. */
const LARGEST_HELD = 16 * 1024

export function createClientResponse(response: ServerResponse): ClientResponse {
  // The first piece of a body is held until the turn ends, and nothing else is read by then: a small answer that came
  // whole leaves in one write.
  let held: Buffer | null = null
  let released = false

  /** A stream may not send its first piece for long, and its header section must not wait for it. */
  function release() {
    if (released || response.writableEnded || response.destroyed) return
    released = true
    if (held === null) response.flushHeaders()
    else response.write(Buffer.from(held))
    held = null
  }

  function cutOff() {
    const { req, socket } = response
    // RFC 9112 §8: HTTP/1.0 may have no other end of a message than the connection's. Of TLS the end is missing.
    if (req.httpVersionMinor === 0 && socket !== null && !('encrypted' in socket)) socket.resetAndDestroy()
    response.destroy()
  }

  return {
    begin(status, reason, fields) {
      response.writeHead(status, isReasonPhrase(reason) ? reason : STATUS_CODES[status], fields as string[])
      // RFC 9110 §6.4.1: whole with its header section, whatever length it tells of and whatever may follow.
      if (status === 204 || status === 304) response.end()
      else process.nextTick(release)
    },
    write(chunk) {
      if (!released && held === null && chunk.length <= LARGEST_HELD) {
        held = chunk
        return true
      }
      release()
      return response.write(Buffer.from(chunk))
    },
    end(trailers) {
      if (response.writableEnded) return
      if (trailers.length > 0) response.addTrailers(trailers)
      if (held !== null) writeAtOnce(response, held)
      held = null
      response.end()
    },
    breakOff() {
      if (response.writableEnded) return
      release()
      // Node writes what a response has when the turn ends; of one that waits for its turn on the connection, when it comes.
      if (response.socket === null) response.once('socket', () => process.nextTick(cutOff))
      else process.nextTick(cutOff)
    }
  }
}

/** RFC 9112 §4; one that is none would be refused by `writeHead`, then and for any other answer in its place. */
const isReasonPhrase = (text: string) => /^[\t\x20-\x7e\x80-\xff]+$/.test(text)

/**
 * Writes a body in one buffer with the header section before it: as text, since Node joins the two only then, and
 * uncorked at once, since what `end` adds would make a vectored write of it, at twice the price.
 */
function writeAtOnce(response: ServerResponse, body: Buffer): void {
  const { socket } = response
  socket?.cork()
  response.write(body.toString('latin1'), 'latin1')
  socket?.uncork()
}
