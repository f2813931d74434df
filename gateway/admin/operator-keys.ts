import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { operatorErrors, parseBody } from './operator-requests.js'

/** A key as the operator sees it; times are NumericDate. */
export interface OperatorKey {
  readonly keyId: string
  readonly algorithm: string
  readonly state: 'next' | 'current' | 'retiring' | 'retired'
  readonly publishedAt: number | null
  readonly activatedAt: number | null
  readonly promoteAt: number | null
  readonly until: number | null
  readonly jwk: Readonly<Record<string, string>> | null
  readonly publicPem: string | null
}

/** What an operator does to keys; each rejects with an error whose message is one line for the operator. */
export interface OperatorKeys {
  readonly list: () => readonly OperatorKey[] | Promise<readonly OperatorKey[]>
  readonly rotate: (now: boolean) => Promise<OperatorKey>
  readonly retire: (keyId: string, now: boolean) => Promise<OperatorKey>
}

export interface OperatorKeyOptions {
  readonly keys: OperatorKeys
  readonly isMistake: (error: unknown) => boolean
}

const whether = z.strictObject({ now: z.boolean() })

/** The operator's verbs about keys, on the same socket as those about users. No private key passes it. */
export async function operatorKeyEndpoints(app: FastifyInstance, { keys, isMistake }: OperatorKeyOptions) {
  app.setErrorHandler(operatorErrors(isMistake))
  app.get('/api/keys', async () => ({ keys: await keys.list() }))
  app.post('/api/keys/rotate', async (request) => keys.rotate(parseBody(whether, request).now))
  app.post<{ Params: { keyId: string } }>('/api/keys/:keyId/retire', async (request) =>
    keys.retire(request.params.keyId, parseBody(whether, request).now)
  )
}
