import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Authentication } from '../domain.js'
import { operatorErrors, parseBody } from './operator-requests.js'

/** Whom a credential would speak for, had it come with a request. */
export interface OperatorPrincipals {
  /** Verifies the token as a request's would be. */
  readonly ofToken: (token: string) => Promise<Authentication>
  /** As a token of this user would say, were it issued now. */
  readonly ofUser: (username: string) => Promise<Authentication>
}

export interface ServingState {
  readonly revision: string
  /** Name → scheme, host and port of each endpoint. */
  readonly upstreams: Readonly<Record<string, readonly string[]>>
}

/** What is left of a limit for one key. */
export interface LimitState {
  readonly limit: string
  readonly key: string
  readonly remaining: number
  /** Until the window closes or, when nothing is left, until a request may pass again. */
  readonly resetMs: number
}

/** What only a running gateway can tell; nothing is counted or changed by asking. */
export interface OperatorEvidence {
  readonly serving: () => ServingState
  /** Limits that it does not know have no state. */
  readonly limits: (wanted: readonly { readonly limit: string; readonly key: string }[]) => readonly LimitState[]
  /** A request that is still remembered, by the id of its decision or its own. */
  readonly recall: (id: string) => object | null
}

export interface OperatorExplanationOptions {
  readonly principals: OperatorPrincipals
  readonly evidence: OperatorEvidence
  readonly isMistake: (error: unknown) => boolean
}

const offered = z.strictObject({ token: z.string() })
const wantedLimits = z.strictObject({
  wanted: z.array(z.strictObject({ limit: z.string(), key: z.string() })).max(1000)
})

/** The verbs behind `explain`, on the operator's socket. */
export async function operatorExplanationEndpoints(
  app: FastifyInstance,
  { principals, evidence, isMistake }: OperatorExplanationOptions
): Promise<void> {
  app.setErrorHandler(operatorErrors(isMistake))
  app.get('/api/serving', async () => evidence.serving())
  app.post('/api/limits', async (request) => ({ limits: evidence.limits(parseBody(wantedLimits, request).wanted) }))
  app.get<{ Params: { id: string } }>('/api/decisions/:id', async ({ params }) => ({
    remembered: evidence.recall(params.id)
  }))
  app.post('/api/principals', async (request) => principals.ofToken(parseBody(offered, request).token))
  app.get<{ Params: { username: string } }>('/api/users/:username/principal', async ({ params }) =>
    principals.ofUser(params.username)
  )
}
