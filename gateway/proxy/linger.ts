import type { ServerResponse } from 'node:http'

/** For a client to read the answer, and for the rest of a body to pass by. */
const LINGER_MS = 5_000
/** More than most bodies have left, and nothing beside what a client that means no harm has to do. */
const MOST_OCTETS = 16 * 1024 * 1024
const LOOK_EVERY_MS = 250

/**
 * For an answer that comes before the request is whole. What is left of the body is read and thrown away for a while
 * after the answer, up to a bound, and then the connection ends; ended at once, as Node does after a last answer, it
 * would be reset by the octets that nobody read, and the answer lost under way (RFC 9112 §9.6).
 */
export function lingerAfter(response: ServerResponse): void {
  const { req } = response
  const { socket } = req
  const { destroySoon } = socket
  // One that was injected came over no connection.
  if (destroySoon === undefined) return
  let lingers = false
  socket.destroySoon = () => {
    if (req.complete) return destroySoon.call(socket)
    socket.end()
    // The answer may have been that to an earlier request, after which this one gets none.
    req.resume()
    linger()
  }
  response.once('close', linger)

  function linger() {
    if (socket.destroyed || lingers) return
    lingers = true
    const endsAt = performance.now() + LINGER_MS
    const mostRead = socket.bytesRead + MOST_OCTETS
    const timer = setInterval(() => {
      if (performance.now() >= endsAt || socket.bytesRead > mostRead) socket.destroy()
    }, LOOK_EVERY_MS)
    const stop = () => clearInterval(timer)
    function onWhole() {
      stop()
      socket.off('close', stop)
      socket.destroySoon = destroySoon
      // One that was told to be the last is; another goes on with the next request.
      if (socket.writableEnded) socket.destroySoon()
    }
    socket.once('close', stop)
    if (req.complete) onWhole()
    else req.once('end', onWhole)
  }
}
