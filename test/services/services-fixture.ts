/** What the tests of services share: a policy with two of them, and requests as RFC 6749 spells them. */
import type { Test } from 'tap'
import { startGateway, type TestGateway } from '../helpers/gateway.js'
import { type EchoUpstream, startUpstream } from '../helpers/upstream.js'

/** With characters that Basic and forms would read differently if they were not encoded. */
export const BILLING = 'b+b/illing=%41&:secret-0123456789-0123456789'
export const REPORTS = 'reports-secret-0123456789-0123456789'
export const ISSUER = 'https://api.example.com'

export const DEFINITIONS = {
  billing: `{ secret: '${BILLING}', roles: [service], scopes: [orders.read, orders.write] }`,
  reports: `{ secret: '${REPORTS}', access: 1m }`
}

export const policy = (
  upstream: string,
  {
    clients = DEFINITIONS,
    more = ''
  }: { readonly clients?: Readonly<Record<string, string>>; readonly more?: string } = {}
) => `
${more.includes('tokens:') ? '' : `tokens: { issuer: "${ISSUER}", audience: [api] }`}
${more}
clients: { ${Object.entries(clients)
  .map(([id, definition]) => `${id}: ${definition}`)
  .join(', ')} }
upstreams: { web: { url: "${upstream}" } }
rules:
  - { path: /open/**, allow: anyone, to: web }
  - { path: /services/**, allow: { roles: [service] }, to: web }
  - { path: /read/**, allow: { scopes: [orders.read] }, to: web }
  - { path: /both/**, allow: { scopes: [orders.read, orders.write] }, to: web }
  - { path: "/own/{id}/**", allow: { claims: { sub: "{id}" } }, to: web }
  - { path: /**, allow: authenticated, to: web }
`

export interface Services extends TestGateway {
  readonly upstream: EchoUpstream
}

export async function startServices(t: Test, options: Parameters<typeof policy>[1] = {}): Promise<Services> {
  const upstream = await startUpstream(t)
  return {
    ...(await startGateway(t, policy(upstream.url, options), [{ username: 'alice', roles: ['user'] }])),
    upstream
  }
}

const encode = (text: string) => new URLSearchParams([['', text]]).toString().slice(1)

/** RFC 6749 §2.3.1: id and secret are encoded as in a form before they are joined. */
export const basic = (id: string, secret: string) => rawBasic(`${encode(id)}:${encode(secret)}`)
export const rawBasic = (pair: string) => ({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` })

export const asBilling = basic('billing', BILLING)
export const asReports = basic('reports', REPORTS)

export const postForm = (url: string, fields: Record<string, string> | string, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: typeof fields === 'string' ? fields : new URLSearchParams(fields).toString()
  })

export interface TokenResponse {
  readonly access_token: string
  readonly token_type: string
  readonly expires_in: number
  readonly scope?: string
}

export async function tokenOf(
  { url }: Pick<TestGateway, 'url'>,
  headers: Record<string, string> = asBilling,
  fields: Record<string, string> = {}
): Promise<TokenResponse> {
  const response = await postForm(`${url}/auth/token`, { grant_type: 'client_credentials', ...fields }, headers)
  if (response.status !== 200) throw new Error(`token: ${response.status} ${await response.text()}`)
  return (await response.json()) as TokenResponse
}

export async function introspected(
  { url }: Pick<TestGateway, 'url'>,
  token: string,
  headers: Record<string, string> = asReports
): Promise<Record<string, unknown>> {
  const response = await postForm(`${url}/auth/introspect`, { token }, headers)
  if (response.status !== 200) throw new Error(`introspect: ${response.status} ${await response.text()}`)
  return (await response.json()) as Record<string, unknown>
}

/** Status and error of an answer, as one word to compare: `400 invalid_grant`; of a success, its status. */
export async function errorOf(response: Response): Promise<string> {
  const text = await response.text()
  return response.status < 400
    ? String(response.status)
    : `${response.status} ${(JSON.parse(text) as { error?: string }).error}`
}
