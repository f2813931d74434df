import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { Problem, problems, toProblem } from '../problems.js'

/** A body of exactly that shape. Nothing is coerced and nothing ignored; throws the Problem `invalid_request`. */
export function parseBody<Body>(schema: z.ZodType<Body>, { body }: FastifyRequest): Body {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new Problem('invalid_request', { detail: `${issue?.path.join('.') || 'The body'}: ${issue?.message}` })
}

/** Utters what stopped a verb: the words of a mistake are the operator's own, a failure of ours is only named. */
export const operatorErrors =
  (isMistake: (error: unknown) => boolean) => (error: Error, _request: FastifyRequest, reply: FastifyReply) => {
    if (isMistake(error)) return reply.code(422).send({ message: error.message })
    const problem = toProblem(error)
    const status = problems[problem.code].status < 500 ? 422 : 503
    return reply.code(status).send({ message: problem.options.detail ?? problems[problem.code].title })
  }
