import type { Test } from 'tap'
import { bearer, startGateway, type TestGateway } from '../helpers/gateway.js'
import type { TestIssuer } from '../helpers/issuer.js'
import { startUpstream } from '../helpers/upstream.js'

/** A gateway that accepts `issuer` as `corp`; `more` are further settings of it. Rules: see the file below. */
export async function startGatewayOf(t: Test, issuer: TestIssuer, more = `jwks_url: "${issuer.jwksUrl}"`) {
  const upstream = await startUpstream(t)
  const yaml = `
store: "memory:"
issuers:
  corp: { issuer: "${issuer.issuer}", audience: [api], insecure_http: true${more === '' ? '' : `, ${more}`} }
limits:
  few: { by: user, requests: 2, window: 1h }
identity: { headers: { X-User-Id: sub, X-User-Name: username, X-User-Roles: roles, X-Email: email } }
upstreams: { app: { url: "${upstream.url}" } }
rules:
  - { path: /open, allow: anyone, to: app }
  - { path: /self, allow: { issuers: [self] }, to: app }
  - { path: /corp, allow: { issuers: [corp] }, to: app }
  - { path: /admin, allow: { roles: [admin] }, to: app }
  - { path: /operator, allow: { roles: ["portcullis:admin"] }, to: app }
  - { path: /orders, allow: { scopes: ["orders:read"] }, to: app }
  - { path: /named, allow: { claims: { username: alice } }, to: app }
  - { path: "/users/{id}", allow: { claims: { sub: "{id}" } }, to: app }
  - { path: /few, allow: authenticated, to: app, limit: few }
  - { path: /**, allow: authenticated, to: app }
`
  const gateway = await startGateway(t, yaml, [{ username: 'alice', roles: ['admin'] }])
  return { ...gateway, yaml, upstream, ask: askOf(gateway) }
}

export interface Answered {
  readonly status: number
  readonly code: string | undefined
  readonly headers: Headers
}

/** Asks for a path with a token: the status, and the code of a refusal. */
export const askOf = ({ url }: Pick<TestGateway, 'url'>) =>
  async function ask(path: string, token: string | null): Promise<Answered> {
    const response = await fetch(`${url}${path}`, token === null ? {} : { headers: bearer(token) })
    const body = (await response.json()) as { code?: string }
    return { status: response.status, code: body.code, headers: response.headers }
  }
