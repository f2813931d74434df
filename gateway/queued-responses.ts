import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

const queued = Symbol('portcullis.queued')
type Connection = Socket & { [queued]?: Set<ServerResponse> }

/**
 * Lets a response close with its connection while it waits for its turn there. Node 20 tells only the response whose
 * turn it is: what was asked for behind it would stay open for ever, upstream too, for a client that has left.
 */
export function closeWithConnection({ socket }: IncomingMessage, response: ServerResponse): void {
  // Not a pipelined request: it has the connection, and hears of its end.
  if (response.socket !== null) return
  const connection = socket as Connection
  let waiting = connection[queued]
  if (waiting === undefined) {
    const responses = new Set<ServerResponse>()
    connection[queued] = responses
    if ('encrypted' in connection) readByStream(connection)
    connection.once('close', () => {
      for (const one of responses) if (!one.closed) close(one)
    })
    waiting = responses
  }
  waiting.add(response)
  response.once('close', () => waiting.delete(response))
}

/** What Node does itself for a response whose turn it is; `closed` reads the field that it has no setter for. */
function close(response: ServerResponse): void {
  response.destroyed = true
  ;(response as { _closed?: boolean })._closed = true
  response.emit('close')
}

/**
 * Lets Node's parser read from a connection as from any stream. By itself it is handed the records of TLS as they are
 * deciphered, those too that came in one piece with that after which it was paused, because answers queue up faster than
 * the client takes them: requests that are whole and well-formed would be refused as malformed.
 */
function readByStream(connection: Socket): void {
  // That somebody listens is what makes it do so, from then on.
  connection.on('data', nothing).off('data', nothing)
}

const nothing = () => {}
