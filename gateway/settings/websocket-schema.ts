/** WebSockets of an upstream or of one rule. */
import { z } from 'zod'
import type { WebSocketTerms } from '../domain.js'
import { choice, duration, flag } from './leaves.js'
import { section } from './sections.js'

export const websocket = z
  .union([
    flag(),
    section({
      ends_with: choice(['token', 'session', 'client'])
        .optional()
        .describe(
          'What ends it by itself: the access token when it expires, the session, or nobody but its two ends. Signing ' +
            'out, a changed or disabled user end it whatever is said here. Default: `token`.'
        ),
      idle_timeout: duration({ most: '24d' })
        .optional()
        .describe('How long no byte may pass either way. Default: `1h`.')
    })
  ])
  .optional()

type FileWebSocket = z.output<typeof websocket>

/** As HAProxy's users write `timeout tunnel`; applications that ping by themselves do so within a minute. */
const DEFAULTS: WebSocketTerms = { endsWith: 'token', idleTimeoutMs: 3_600_000 }

/** What is said here over what is said around it; null: no WebSocket passes. */
export function readWebSocket(said: FileWebSocket, around: WebSocketTerms | null = DEFAULTS): WebSocketTerms | null {
  if (said === undefined) return around
  if (typeof said === 'boolean') return said ? (around ?? DEFAULTS) : null
  const { endsWith, idleTimeoutMs } = around ?? DEFAULTS
  return { endsWith: said.ends_with ?? endsWith, idleTimeoutMs: said.idle_timeout ?? idleTimeoutMs }
}
