import type { FastifyInstance } from 'fastify'
import { exchangeOf } from './exchange.js'
import { Problem } from './problems.js'
import { createRequestBody, expectsContinue } from './proxy/index.js'

/** For a body of the size that our own endpoints read, even over a bad line. */
const LONGEST_MS = 15_000

/**
 * Lets the endpoints in `app` wait for a body so long and no longer. The time-out of a connection is for silence: one
 * octet a minute would hold it for weeks.
 */
export function receiveBodies(app: FastifyInstance): void {
  app.addHook('preParsing', async (request, reply, payload) => {
    if (expectsContinue(request.raw)) reply.raw.writeContinue()
    // Most bodies have come with the header section.
    if (request.raw.complete) return payload
    const body = createRequestBody(request.raw)
    const timer = setTimeout(
      () => {
        // What follows on the connection would be the rest of this body.
        reply.raw.shouldKeepAlive = false
        body.destroy(new Problem('request_timeout'))
      },
      Math.min(exchangeOf(request).serving.settings.listener.bodyTimeoutMs, LONGEST_MS)
    )
    reply.raw.once('close', () => {
      clearTimeout(timer)
      body.destroy()
    })
    // Of a body that nobody reads, nobody asks what became of it.
    return body.on('error', () => {})
  })
}
