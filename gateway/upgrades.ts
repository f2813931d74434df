import { type Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { UpgradableRequest } from './proxy/index.js'

/** How long a refused client may take to read why; closing at once would reset the connection under the answer. */
const LINGER_MS = 500

/** A client has to wait for the answer to its handshake (RFC 6455 §4.1); so much may come from one that does not. */
const MOST_EARLY = 64 * 1024

/** Keeps what comes before the answer: it has to be read, or nobody would notice that a client leaves. */
function readEarly(socket: Socket, head: Buffer): () => Buffer | null {
  let early = head
  function keep(chunk: Buffer) {
    early = Buffer.concat([early, chunk])
    if (early.length > MOST_EARLY) socket.destroy()
  }
  socket.on('data', keep)
  return () => {
    socket.off('data', keep)
    socket.pause()
    const taken = early
    early = Buffer.alloc(0)
    // An empty one too would keep what it was read with.
    return taken.length === 0 ? null : taken
  }
}

/**
 * Serves requests that ask for a WebSocket as any other: a response on the same connection, the same steps. From the
 * moment that Node hands the connection over it looks after it no more, neither its errors nor its closing server.
 */
export function serveUpgrades(
  server: Server<typeof UpgradableRequest>,
  serve: (request: UpgradableRequest, response: ServerResponse) => void
): void {
  server.on('upgrade', (request, duplex, head) => {
    const socket = duplex as Socket
    socket.on('error', () => socket.destroy())
    request.takeEarly = readEarly(socket, head)
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    const isTunnel = () => response.headersSent && response.statusCode === 101
    socket.on('drain', () => response.emit('drain'))
    socket.on('timeout', () => {
      if (!isTunnel() && !response.emit('timeout', socket)) socket.destroy()
    })
    // Nobody waits for an answer any more, as on any other connection of ours.
    socket.on('end', () => {
      if (!isTunnel()) socket.destroy()
    })
    response.once('finish', () => {
      // What came after the refused request is read by nobody: it may be no request at all.
      request.takeEarly()
      socket.resume()
      socket.end()
      setTimeout(() => socket.destroy(), LINGER_MS).unref()
    })
    response.assignSocket(socket)
    serve(request, response)
  })
}
