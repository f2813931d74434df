import type { FastifyInstance } from 'fastify'
import { Problem } from '../problems.js'
import type { Metrics } from './metrics.js'

export interface Readiness {
  readonly ready: boolean
  /** What serves, since when, and what stands in the way; shown as it is. */
  readonly details: Readonly<Record<string, unknown>>
}

export interface AdminOptions {
  readonly metrics: Metrics
  readonly readReadiness: () => Promise<Readiness>
}

/** Readiness without its reasons, for a load balancer on the public port. */
export async function publicHealthEndpoint(
  app: FastifyInstance,
  { readReadiness }: Pick<AdminOptions, 'readReadiness'>
) {
  app.get('/', async (_request, reply) => {
    const { ready } = await readReadiness()
    return reply
      .code(ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ status: ready ? 'ready' : 'not ready' })
  })
  const refuse = async () => {
    throw new Problem('method_not_allowed', { allow: ['GET', 'HEAD'] })
  }
  const method = app.supportedMethods.filter((method) => method !== 'GET' && method !== 'HEAD')
  app.route({ url: '/', method, onRequest: refuse, handler: refuse })
}

/**
 * What the admin port shows without a login: `/healthz` says that the process runs, `/readyz` whether it can serve,
 * with its reasons, `/metrics` the figures for Prometheus.
 */
export async function adminEndpoints(app: FastifyInstance, { metrics, readReadiness }: AdminOptions): Promise<void> {
  app.get('/healthz', async (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' }))
  app.get('/readyz', async (_request, reply) => {
    const { ready, details } = await readReadiness()
    return reply
      .code(ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ status: ready ? 'ready' : 'not ready', ...details })
  })
  app.get('/metrics', async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics())
  )
}
