/** What the tests of assertions share: a gateway that signs, its upstream, and what was signed. */
import type { Test } from 'tap'
import { startGateway, type TestUser } from '../helpers/gateway.js'
import { startUpstream } from '../helpers/upstream.js'

export const ISSUER = 'https://gateway.test'
export const FIELD = 'x-portcullis-assertion'

export const alice: TestUser = { username: 'alice', roles: ['user', 'editor'], attributes: { full_name: 'Älice' } }

/** Settings with an upstream `orders` behind `/api`, where one has to sign in, and a second for anyone. */
export const yamlOf = (url: string, assertion = '{}', more = ''): string => `
tokens: { issuer: "${ISSUER}", claims: { full_name: user.full_name }${more} }
identity: { assertion: ${assertion} }
upstreams:
  orders: { url: "${url}", strip_prefix: /api }
  web: { url: "${url}" }
rules:
  - { path: /api/**, allow: authenticated, to: orders }
  - { path: /**, allow: anyone, to: web }
`

/** A gateway that signs for a recording upstream, and somebody's access token. */
export async function startSigning(t: Test, assertion?: string, more?: string) {
  const upstream = await startUpstream(t)
  const gateway = await startGateway(t, yamlOf(upstream.url, assertion, more), [alice])
  const { access_token: token } = await gateway.login('alice')
  return {
    upstream,
    gateway,
    token,
    /** The assertion of the latest request. */
    last: () => String(upstream.last().headers[FIELD])
  }
}
