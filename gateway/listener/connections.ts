import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Why a connection was closed as soon as it came; `accept_failed`: the system did not give it, for want of something. */
export type DropCause = 'max_connections' | 'max_connections_per_address' | 'accept_failed'

export interface ConnectionOptions {
  /** Whose connections are counted together; null: nobody's, as those of a trusted proxy. */
  readonly ownerOf: (remoteAddress: string) => string | null
  readonly mostPerOwner: () => number
  readonly onDrop: (because: DropCause) => void
  /** A handshake that failed, whoever is to blame. */
  readonly onHandshakeFailure: () => void
}

/** The response that has its turn on a connection, until all of it is out; Node keeps it there, and nowhere else. */
type Connection = Socket & { readonly _httpMessage?: ServerResponse | null }

export type Connections = ReturnType<typeof guardConnections>

/** Keeps count of the connections of a server, lets no owner have too many, and ends them when it closes. */
export function guardConnections(server: Server, options: ConnectionOptions) {
  const { ownerOf, mostPerOwner, onDrop, onHandshakeFailure } = options
  const open = new Set<Socket>()
  const secured = new Set<Socket>()
  const countOf = new Map<string, number>()

  function leave(owner: string): void {
    const left = (countOf.get(owner) ?? 0) - 1
    if (left > 0) countOf.set(owner, left)
    else countOf.delete(owner)
  }

  const keepIn = (set: Set<Socket>) => (socket: Socket) => {
    set.add(socket)
    socket.once('close', () => set.delete(socket))
  }
  const keep = keepIn(open)

  /**
   * Whose connection it is, which the system forgets as soon as the client resets it, though not what it sent before:
   * that would be a request of nobody's. A socket that was asked in time remembers the answer.
   */
  function addressOf(socket: Socket): string | null {
    const { remoteAddress } = socket
    if (remoteAddress !== undefined) return remoteAddress
    // No answer could reach it.
    socket.destroy()
    return null
  }

  // Before Node's own listener makes a parser for it, or begins a handshake.
  server.prependListener('connection', (socket) => {
    const address = addressOf(socket)
    if (address === null) return
    const owner = ownerOf(address)
    const count = owner === null ? 0 : (countOf.get(owner) ?? 0)
    if (owner !== null && count >= mostPerOwner()) {
      onDrop('max_connections_per_address')
      socket.destroy()
      return
    }
    keep(socket)
    if (owner === null) return
    countOf.set(owner, count + 1)
    socket.once('close', () => leave(owner))
  })
  server.on('drop', () => onDrop('max_connections'))
  // The socket in which TLS is spoken is another one, and has to be asked by itself.
  server.prependListener('secureConnection', (socket: Socket) => {
    if (addressOf(socket) !== null) keepIn(secured)(socket)
  })
  // There is no session in which the failure could be told; Node would hand the connection on as a malformed request.
  server.prependListener('tlsClientError', (_error, socket: Socket) => {
    onHandshakeFailure()
    socket.destroy()
  })
  // Without a listener it would be the end of the process. libuv itself closes what comes when descriptors are used up,
  // as long as it has the one that it keeps for that.
  server.on('error', () => {
    if (server.listening) onDrop('accept_failed')
  })

  const { closeIdleConnections } = server
  const writtenTo = new WeakMap<Socket, number>()

  /** Since this was asked last; to one of which it never was, not. */
  function wasWrittenTo(socket: Socket): boolean {
    const { bytesWritten } = socket
    const before = writtenTo.get(socket) ?? bytesWritten
    writtenTo.set(socket, bytesWritten)
    return before !== bytesWritten
  }

  // Node, which does this too when a server closes, takes a connection for idle as soon as its answer was handed over
  // whole, though a client that reads slowly may not have been sent the end of it; and when that has left, what was asked
  // for behind it, and not read for that reason, is about to be.
  server.closeIdleConnections = () => {
    const busy = [...open, ...secured].filter(
      (socket: Connection) => wasWrittenTo(socket) || (socket._httpMessage ?? null) !== null
    )
    for (const socket of busy) socket.destroy = () => socket
    closeIdleConnections.call(server)
    for (const socket of busy) Reflect.deleteProperty(socket, 'destroy')
  }

  return {
    count: () => open.size,
    /**
     * Ends those that have asked for nothing yet. Browsers and load balancers open some in advance, and Node counts
     * them as busy until their first request, so that one of them would hold up a server that closes for as long as it
     * may take.
     */
    endFresh() {
      for (const socket of [...open, ...secured]) if (socket.bytesRead === 0) socket.destroy()
    },
    /** Ends all, those too whose handshake is not over, of which `closeAllConnections` knows nothing. */
    endAll() {
      for (const socket of open) socket.destroy()
    }
  }
}
