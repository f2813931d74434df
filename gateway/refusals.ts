/** How a refusal leaves by the router's way, whoever threw it, and who else is told of it. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Exchange, exchangeOf } from './exchange.js'
import { type ProblemCode, problems, type sendProblem, toProblem } from './problems.js'
import { lingerAfter } from './proxy/index.js'
import type { Resources } from './serving.js'
import type { Steps } from './steps.js'

/** Makes an error handler that accounts for a refusal and utters it by `send`. */
export type RefuseBy = (
  send: typeof sendProblem
) => (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply

export function createRefusals(
  { audit, failure }: Pick<Resources, 'audit' | 'failure'>,
  { loginLocation }: Pick<Steps, 'loginLocation'>
): RefuseBy {
  /** What rules refuse, and what none of our own pages has sent: of the other refusals their endpoints tell. */
  function auditRefusal({ id, decision, target, method, peer }: Exchange, code: ProblemCode): void {
    const refused = decision === null ? code === 'csrf_failed' : !decision.allow
    if (!refused || 'fault' in target) return
    audit('refused', {
      request_id: id,
      decision_id: decision?.id ?? null,
      code,
      subject: decision?.subject?.subject ?? null,
      method,
      host: target.host,
      path: target.path,
      address: peer.address
    })
  }

  return (send) => (error, request, reply) => {
    const exchange = exchangeOf(request)
    const problem = toProblem(error)
    exchange.code = problem.code
    exchange.judgedMs ??= performance.now()
    const decisionId = exchange.decision?.id ?? null
    if (!request.raw.complete) lingerAfter(reply.raw)
    // A client's own mistakes are no failure of ours: whoever likes could fill the log with them.
    const ours = problems[problem.code].status >= 500
    if (ours && (problem.code === 'internal_error' || problem.cause !== undefined)) {
      failure(problem.cause, { request_id: exchange.id, code: problem.code })
    }
    auditRefusal(exchange, problem.code)
    const login = problems[problem.code].status === 401 ? loginLocation(exchange) : null
    if (login !== null) return reply.header('cache-control', 'no-store').redirect(login, 303)
    return send(reply, problem, { requestId: exchange.id, decisionId })
  }
}
