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
