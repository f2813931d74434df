import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { operatorErrors, parseBody } from './operator-requests.js'

/** What keys sign: access tokens, or what upstreams are told. */
export type KeyPurpose = 'tokens' | 'assertions'

/** A key as the operator sees it; times are NumericDate. */
export interface OperatorKey {
  readonly signs: KeyPurpose
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
  readonly rotate: (signs: KeyPurpose, now: boolean) => Promise<OperatorKey>
  readonly retire: (keyId: string, now: boolean) => Promise<OperatorKey>
}

export interface OperatorKeyOptions {
  readonly keys: OperatorKeys
  readonly isMistake: (error: unknown) => boolean
}

const whether = z.strictObject({ now: z.boolean() })
const which = whether.extend({ signs: z.enum(['tokens', 'assertions']).default('tokens') })

/** The operator's verbs about keys, on the same socket as those about users. No private key passes it. */
export async function operatorKeyEndpoints(app: FastifyInstance, { keys, isMistake }: OperatorKeyOptions) {
  app.setErrorHandler(operatorErrors(isMistake))
  app.get('/api/keys', async () => ({ keys: await keys.list() }))
  app.post('/api/keys/rotate', async (request) => {
    const { signs, now } = parseBody(which, request)
    return keys.rotate(signs, now)
  })
  app.post<{ Params: { keyId: string } }>('/api/keys/:keyId/retire', async (request) =>
    keys.retire(request.params.keyId, parseBody(whether, request).now)
  )
}
