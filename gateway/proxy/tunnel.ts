import type { Socket } from 'node:net'

/** Who or what ended a tunnel. */
export type TunnelEnd =
  | 'client'
  | 'upstream'
  | 'idle'
  | 'expired_token'
  | 'revoked_token'
  | 'ended_session'
  | 'shutting_down'

export interface Tunnel {
  /** Bytes that came from either side since it opened. */
  readonly counts: { fromClient: number; fromUpstream: number }
  /** null while it is open. */
  readonly endedBy: () => TunnelEnd | null
  /** Begins with what the client sent too early. */
  readonly start: (head: Buffer | null) => void
  /** Ends both connections at once; what has not been read by then is lost. */
  readonly end: (because: TunnelEnd) => void
  /** Called once, when both connections are closed. */
  readonly onClosed: (listener: () => void) => void
}

export interface TunnelOptions {
  readonly client: Socket
  readonly upstream: Socket
  /** How long no byte may pass either way. */
  readonly idleTimeoutMs: number
}

/** How long one side may still take to read, or to say, after the other has gone. */
const LAST_BYTES_MS = 10_000
/** A peer that is gone without a word is found by TCP, long before a tunnel counts as idle. */
const PROBE_MS = 60_000

/**
 * Joins two connections: bytes pass both ways as they come, and nobody reads them. Of each side it holds what one
 * read gave and no more: while the other does not take it, nothing more is read.
 */
export function createTunnel({ client, upstream, idleTimeoutMs }: TunnelOptions): Tunnel {
  const counts = { fromClient: 0, fromUpstream: 0 }
  let endedBy: TunnelEnd | null = null
  let onClosed = () => {}
  let closed = 0

  function end(because: TunnelEnd) {
    endedBy ??= because
    client.destroy()
    upstream.destroy()
  }

  function pass(from: Socket, to: Socket, side: 'client' | 'upstream', count: keyof typeof counts) {
    from.setTimeout(idleTimeoutMs)
    from.on('data', (chunk: Buffer) => {
      counts[count] += chunk.length
      if (to.writable && !to.write(chunk)) from.pause()
    })
    to.on('drain', () => from.resume())
    from.on('end', () => leave(from, to, side))
  }

  /** One side will say nothing more; the other gets what was said, and may finish. */
  function leave(from: Socket, to: Socket, side: 'client' | 'upstream') {
    endedBy ??= side
    from.setTimeout(LAST_BYTES_MS)
    to.setTimeout(LAST_BYTES_MS)
    to.end()
  }

  function watch(from: Socket, to: Socket, side: 'client' | 'upstream') {
    from.setNoDelay(true)
    from.setKeepAlive(true, PROBE_MS)
    from.on('timeout', () => end('idle'))
    from.on('error', () => {
      endedBy ??= side
    })
    from.on('close', () => {
      leave(from, to, side)
      to.destroySoon()
      closed += 1
      if (closed === 2) onClosed()
    })
  }

  watch(client, upstream, 'client')
  watch(upstream, client, 'upstream')

  return {
    counts,
    endedBy: () => endedBy,
    start(head) {
      if (head !== null) client.unshift(head)
      pass(client, upstream, 'client', 'fromClient')
      pass(upstream, client, 'upstream', 'fromUpstream')
      // It was read until now by somebody else, and has been paused since.
      client.resume()
    },
    end,
    onClosed(listener) {
      onClosed = listener
    }
  }
}
