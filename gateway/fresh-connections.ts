import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Watches the connections of a server; the function it returns ends those that have asked for nothing yet. Browsers and
 * load balancers open some in advance, and Node counts them as busy until their first request, so that one of them
 * would hold up a server that closes for as long as it may take.
 */
export function watchFreshConnections(server: Server): () => void {
  const open = new Set<Socket>()
  server.on('connection', (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  return function endFreshConnections() {
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy()
  }
}
