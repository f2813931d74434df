import { IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { asksForWebSocket, handshakeFault } from './websocket-handshake.js'

/** The response that has its turn on a connection; Node keeps it there, and nowhere else. */
type Connection = Socket & { readonly _httpMessage?: ServerResponse | null }

/** What Node's server calls when an answer is over and nobody has read the request; its types leave it out. */
declare module 'node:http' {
  interface IncomingMessage {
    _dump(): void
  }
}

/** By this Node, too, knows a stream that has ended; it does the same itself for empty requests from version 24 on. */
interface Ending {
  readonly _readableState: { endEmitted: boolean }
}

const asked = Symbol('portcullis.upgrade-asked')
const granted = Symbol('portcullis.upgrade-granted')

/**
 * A request that tells Node's server whether its connection is to be handed over. Once anybody listens for `upgrade`,
 * the server would hand over every connection that is asked for with an Upgrade field: `h2c` of a POST, whose body
 * nobody would read then, and one whose earlier requests are not answered yet. It reads `upgrade` when the header
 * section is there; what is not handed over is a request like any other, answered in its turn, as RFC 9110 §7.8 allows.
 */
export class UpgradableRequest extends IncomingMessage {
  /** Ends the reading of what the client sends before it can know whether the upgrade is granted; null: nothing came. */
  takeEarly: () => Buffer | null = () => null
  declare [asked]: boolean | null
  declare [granted]: boolean | undefined

  get upgrade(): boolean {
    if (!this[asked] || this.method === 'CONNECT') return this[asked] === true
    // Decided once: Node asks before and after the request is served.
    this[granted] ??=
      (this.socket as Connection)._httpMessage == null && asksForWebSocket(this) && handshakeFault(this) === null
    return this[granted]
  }

  set upgrade(value: boolean | null) {
    this[asked] = value
  }

  /** Reading to the end of a request that has come whole, and empty, would be a sixth of what Node does for it. */
  override _dump(): void {
    const isOver = this.complete && this.readableLength === 0 && this.listenerCount('end') === 0
    if (isOver) (this as unknown as Ending)._readableState.endEmitted = true
    else super._dump()
  }
}
