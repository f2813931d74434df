import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider } from 'oidc-provider'
import type { Test } from 'tap'

export interface TestProvider {
  readonly issuer: string
  /** How often its key set was asked for. */
  readonly keyRequests: () => number
  /** An access token for the audience `api`, by client_credentials. */
  readonly accessToken: () => Promise<string>
  /** An ID token of its client, as the code flow gives it. */
  readonly idToken: () => Promise<string>
  /** The same issuer with another key. */
  readonly rotate: (keyId: string, algorithm: string) => Promise<void>
  readonly goAway: () => Promise<void>
}

const CLIENT = 'service'
const SECRET = 'a secret of the client, in no way secret'

async function createProvider(issuer: string, keyId: string, alg: string): Promise<Provider> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  const resource = {
    scope: 'orders:read',
    audience: 'api',
    accessTokenFormat: 'jwt',
    accessTokenTTL: 300,
    jwt: { sign: { alg } }
  }
  return new Provider(issuer, {
    jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: keyId, alg, use: 'sig' }] },
    clients: [
      {
        client_id: CLIENT,
        client_secret: SECRET,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        id_token_signed_response_alg: alg,
        scope: 'openid orders:read'
      }
    ],
    enabledJWA: { idTokenSigningAlgValues: [alg] },
    scopes: ['openid', 'orders:read'],
    ttl: { ClientCredentials: 300, IdToken: 300 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'https://api.example',
        getResourceServerInfo: () => resource
      }
    }
  })
}

/** `oidc-provider`, a certified OpenID Provider, on loopback. */
export async function startProvider(t: Test, keyId: string, algorithm: string): Promise<TestProvider> {
  let keyRequests = 0
  let answer: RequestListener = (_, response) => response.end()
  const server = createServer((request, response) => {
    if (request.url === '/jwks') keyRequests += 1
    answer(request, response)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve())
  })
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  let provider = await createProvider(issuer, keyId, algorithm)
  answer = provider.callback()
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  t.teardown(close)
  return {
    issuer,
    keyRequests: () => keyRequests,
    async accessToken() {
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from(`${CLIENT}:${encodeURIComponent(SECRET)}`).toString('base64')}`
        },
        body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'orders:read' })
      })
      const { access_token: token } = (await response.json()) as { access_token?: string }
      if (token === undefined) throw new Error(`the provider answered ${response.status}`)
      return token
    },
    async idToken() {
      const client = await provider.Client.find(CLIENT)
      if (client === undefined) throw new Error('the provider does not know its client')
      const token = new provider.IdToken({ sub: 'user' }, { client })
      token.scope = 'openid'
      token.set('at_hash', 'an access token')
      return token.issue({ use: 'idtoken' })
    },
    async rotate(nextKeyId, nextAlgorithm) {
      provider = await createProvider(issuer, nextKeyId, nextAlgorithm)
      answer = provider.callback()
    },
    goAway: close
  }
}
