import type { Principal, WebSocketTerms } from './domain.js'
import type { Exchange } from './exchange.js'
import { Problem } from './problems.js'
import {
  asksForWebSocket,
  handshakeFault,
  type Tunnel,
  type TunnelEnd,
  UpgradableRequest,
  type Upgrading
} from './proxy/index.js'
import type { Resources, Serving } from './serving.js'

export interface TunnelsOptions {
  readonly resources: Pick<Resources, 'metrics' | 'store' | 'failure'>
  /** What serves now: who may stay is judged by it, not by what served when the tunnel opened. */
  readonly serving: () => Serving
  readonly isClosing: () => boolean
}

export type Tunnels = ReturnType<typeof createTunnels>

interface Open {
  readonly tunnel: Tunnel
  readonly terms: WebSocketTerms
  /** null: a stranger, under a rule for anyone. */
  readonly principal: Principal | null
  counted: { fromClient: number; fromUpstream: number }
  /** When the store is asked next whether the session goes on; seconds. */
  askAt: number
}

/** Revocations are in memory, so that looking at ten thousand tunnels takes a few milliseconds. */
const LOOK_EVERY_MS = 250
/** A session that nobody ends still ends at its age; that is the store's to know. */
const ASK_EVERY_SECONDS = 60
const MOST_SESSIONS = 1_000

/** The WebSockets that are open, and what ends them: the way in is that of every request, this is the way out. */
export function createTunnels({ resources, serving, isClosing }: TunnelsOptions) {
  const { metrics, store, failure } = resources
  const open = new Set<Open>()
  let timer: NodeJS.Timeout | null = null

  /** Why somebody may no longer hold what they once were let into; null: they may. */
  function revocation(principal: Principal): TunnelEnd | null {
    const { accessTokens, settings } = serving()
    const gone =
      principal.issuer === 'self'
        ? accessTokens.isRevoked(principal)
        : !Object.hasOwn(settings.issuers, principal.issuer)
    return gone ? 'revoked_token' : null
  }

  function expiry({ terms, principal }: Open, now: number): TunnelEnd | null {
    if (principal === null || terms.endsWith === 'client' || principal.expiresAt > now) return null
    // Tokens of services and of other issuers belong to no session that we know of.
    return terms.endsWith === 'session' && principal.sessionId !== null ? null : 'expired_token'
  }

  /** While the store cannot say, nothing ends: revocations that it confirmed are in memory. */
  async function askForSession(held: Open, { subject, sessionId }: Principal, now: number): Promise<void> {
    held.askAt = now + ASK_EVERY_SECONDS
    try {
      const sessions = await store.sessions.listSessions(subject, MOST_SESSIONS, Math.floor(now))
      if (!sessions.some(({ id }) => id === sessionId)) held.tunnel.end('ended_session')
    } catch (error) {
      failure(error, { subject })
    }
  }

  function countBytes(held: Open): void {
    const { fromClient, fromUpstream } = held.tunnel.counts
    metrics.countTunnelBytes(fromClient - held.counted.fromClient, fromUpstream - held.counted.fromUpstream)
    held.counted = { fromClient, fromUpstream }
  }

  function look(): void {
    const now = Date.now() / 1000
    for (const held of open) {
      const { tunnel, terms, principal } = held
      countBytes(held)
      if (principal === null) continue
      const because = revocation(principal) ?? expiry(held, now)
      if (because !== null) tunnel.end(because)
      else if (terms.endsWith === 'session' && principal.expiresAt <= now && held.askAt <= now)
        void askForSession(held, principal, now)
    }
  }

  function add(held: Open): void {
    open.add(held)
    timer ??= setInterval(look, LOOK_EVERY_MS).unref()
    metrics.noteTunnelOpened()
    held.tunnel.onClosed(() => {
      open.delete(held)
      countBytes(held)
      metrics.noteTunnelEnded(held.tunnel.endedBy() ?? 'client')
      if (open.size > 0 || timer === null) return
      clearInterval(timer)
      timer = null
    })
  }

  function upgradingOf(exchange: Exchange, terms: WebSocketTerms): Upgrading {
    const { authentication } = exchange
    const principal = authentication.kind === 'principal' ? authentication.principal : null
    return {
      idleTimeoutMs: terms.idleTimeoutMs,
      admit() {
        // The upstream took its time: what ended since then was judged before it did.
        if (principal !== null && revocation(principal) !== null) throw new Problem('revoked_token')
        if (isClosing()) throw new Problem('shutting_down')
      },
      onOpen(tunnel) {
        exchange.tunnel = tunnel
        add({ tunnel, terms, principal, counted: { fromClient: 0, fromUpstream: 0 }, askAt: 0 })
      }
    }
  }

  return {
    /** What becomes of an Upgrade field of a request that may pass; null: nothing. Throws when it is refused. */
    read(exchange: Exchange): Upgrading | null {
      const { request } = exchange
      if (request.headers.upgrade === undefined || !asksForWebSocket(request)) return null
      const terms = exchange.decision?.rule?.websocket ?? null
      if (terms === null) throw new Problem('upgrade_refused')
      const fault = handshakeFault(request)
      // RFC 6455 §4.4: whoever speaks another version is told ours.
      if (fault !== null) throw new Problem('invalid_request', { detail: fault, webSocketVersion: '13' })
      if (!(request instanceof UpgradableRequest && request.upgrade)) {
        throw new Problem('invalid_request', { detail: 'A WebSocket waits for the answers to the requests before it.' })
      }
      if (isClosing()) throw new Problem('shutting_down')
      return upgradingOf(exchange, terms)
    },
    endAll(because: TunnelEnd) {
      for (const { tunnel } of open) tunnel.end(because)
    }
  }
}
