import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * Shortens the time-out of a request's connection while its body is awaited; whoever forwards it has set the one for the
 * answer, hears of either time-out in the same way, and knows whether it is the client that is silent.
 */
export function awaitForwardedBody(
  request: IncomingMessage,
  response: ServerResponse,
  bodyTimeoutMs: number,
  answerTimeoutMs: number
): void {
  const { socket, headers, complete } = request
  const isEmpty = headers['content-length'] === undefined && headers['transfer-encoding'] === undefined
  if (isEmpty || complete || bodyTimeoutMs >= answerTimeoutMs) return
  socket.setTimeout(bodyTimeoutMs)
  request.once('end', () => {
    // One that has its answer already is on its way to the next request, or idle.
    if (!response.writableEnded) socket.setTimeout(answerTimeoutMs)
  })
}
