import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'
import type { Test } from 'tap'

export interface SigningKey {
  readonly alg: string
  readonly kid: string
  readonly privateKey: CryptoKey
  /** As its issuer publishes it. */
  readonly jwk: JWK
}

/** A key as an identity provider has it. */
export async function createSigningKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { alg, kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } }
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => void

export interface TestIssuer {
  /** `iss`, without a slash at the end. */
  readonly issuer: string
  readonly jwksUrl: string
  /** Paths that were asked for, in their order. */
  readonly asked: string[]
  /** What it publishes now. */
  keys: readonly JWK[]
  /** Answers instead of the key set, when set. */
  answer: Answer | null
  /** Drops every connection while set. */
  away: boolean
}

/** An identity provider on loopback: its keys, its discovery document, and a record of who asked for them. */
export async function startIssuer(t: Test, keys: readonly SigningKey[] = []): Promise<TestIssuer> {
  const server = createServer((request, response) => {
    if (issuer.away) return request.socket.destroy()
    issuer.asked.push(request.url ?? '')
    const send = (body: object) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
    if (request.url === '/keys')
      return issuer.answer === null ? send({ keys: issuer.keys }) : issuer.answer(request, response)
    if (request.url === '/.well-known/openid-configuration') {
      return send({ issuer: issuer.issuer, jwks_uri: issuer.jwksUrl })
    }
    return response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve())
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer: TestIssuer = {
    issuer: url,
    jwksUrl: `${url}/keys`,
    asked: [],
    keys: keys.map(({ jwk }) => jwk),
    answer: null,
    away: false
  }
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return issuer
}

export const now = () => Math.floor(Date.now() / 1000)

/** Signs claims as they are; members of `header` beside alg and kid. */
export function sign(
  key: SigningKey,
  claims: JWTPayload,
  header: Readonly<Record<string, unknown>> = {}
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: key.alg, kid: key.kid, ...header }).sign(key.privateKey)
}
