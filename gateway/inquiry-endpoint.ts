/** The verdict without forwarding, for proxies that ask before they forward a request themselves. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Exchange, exchangeOf } from './exchange.js'
import type { Steps } from './steps.js'

export interface InquiryEndpointOptions {
  readonly steps: Pick<Steps, 'judge' | 'assertedFields'>
}

/** Runs the steps of a forwarded request on the one that is asked about, and answers 200 where that would be forwarded. */
export async function inquiryEndpoint(app: FastifyInstance, { steps }: InquiryEndpointOptions): Promise<void> {
  /** In place of forwarding, and as early: whatever body came with the inquiry is not read. */
  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const exchange = exchangeOf(request)
    const asserted = steps.assertedFields(exchange)
    for (const [name, value] of [
      ...pairs(asserted),
      ...convey(exchange, new Set(pairs(asserted).map(([name]) => name)))
    ]) {
      reply.header(name, value)
    }
    exchange.judgedMs = performance.now()
    return reply.header('cache-control', 'no-store').header('x-request-id', exchange.id).code(200).send()
  }

  app.addHook('onSend', async (request, reply) => {
    // auth_request of nginx knows 401 and 403; anything else would become a 500.
    const { statusCode } = reply
    if (exchangeOf(request).inquiry?.mode !== 'nginx' || statusCode < 400 || statusCode >= 500) return
    reply.header('x-portcullis-status', statusCode)
    if (statusCode !== 401) reply.code(403)
  })
  app.all('/', { onRequest: [async (request) => steps.judge(exchangeOf(request)), answer] }, async () => {
    throw new Error('an inquiry was not answered')
  })
}

/** What keeps a client's own fields from the upstream where an absent field in the answer would not. */
function convey({ inquiry, serving, decision }: Exchange, asserted: ReadonlySet<string>): [string, string][] {
  const unsaid = serving.identityNames.filter((name) => !asserted.has(name))
  // Until 2.9 Caddy copies a field that is absent as the literal text of its placeholder (caddyserver/caddy#6610).
  if (inquiry?.mode === 'caddy') return unsaid.map((name) => [name, ''])
  if (inquiry?.mode !== 'envoy') return []
  // Envoy only ever overwrites, except for what is listed here; it removes after it has set.
  const names = [...serving.clientFields.dropped, ...unsaid.map((name) => name.toLowerCase())]
  const upstream = serving.upstreams.get(decision?.rule?.upstream ?? '')
  if (upstream?.forwardAuthorization !== true) names.push('authorization')
  return [['x-envoy-auth-headers-to-remove', names.join(',')]]
}

function pairs(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length >> 1 }, (_, at) => [flat[at * 2] ?? '', flat[at * 2 + 1] ?? ''])
}
