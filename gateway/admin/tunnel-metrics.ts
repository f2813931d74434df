import { Counter, Gauge, type Registry } from 'prom-client'

/** WebSockets on their way through the gateway; why one ended is one of a few words. */
export function createTunnelMetrics(registry: Registry) {
  const registers = [registry]
  const open = new Gauge({ name: 'portcullis_websockets_open', help: 'WebSockets that are open.', registers })
  const opened = new Counter({ name: 'portcullis_websockets_opened_total', help: 'WebSockets opened.', registers })
  const ended = new Counter({
    name: 'portcullis_websockets_ended_total',
    help: 'WebSockets ended, by who or what ended them.',
    labelNames: ['by'] as const,
    registers
  })
  const bytes = new Counter({
    name: 'portcullis_websocket_bytes_total',
    help: 'Bytes through WebSockets, by where they came from.',
    labelNames: ['from'] as const,
    registers
  })
  return {
    noteTunnelOpened() {
      open.inc()
      opened.inc()
    },
    noteTunnelEnded(by: string) {
      open.dec()
      ended.inc({ by })
    },
    countTunnelBytes(fromClient: number, fromUpstream: number) {
      bytes.inc({ from: 'client' }, fromClient)
      bytes.inc({ from: 'upstream' }, fromUpstream)
    }
  }
}

export type TunnelMetrics = ReturnType<typeof createTunnelMetrics>
