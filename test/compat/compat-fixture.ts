import type { Test } from 'tap'
import { type GatewayOptions, PASSWORD, startGateway, type TestGateway } from '../helpers/gateway.js'
import { startUpstream } from '../helpers/upstream.js'
import { type Answer, ask, json } from './ask.js'

export const SECRET = 'a secret that Django and the gateway share'

/** A gateway that answers as simplejwt does, with users `ada` (an admin) and `grace`, and an upstream that records. */
export async function startCompat(t: Test, more = '', options: GatewayOptions & { readonly rest?: string } = {}) {
  const upstream = await startUpstream(t)
  const yaml = policy(upstream.url, more, options.rest)
  const gateway = await startGateway(t, yaml, [{ username: 'ada', roles: ['admin'] }, { username: 'grace' }], options)
  return { gateway, upstream, ...clientOf(gateway), yaml: (other: string) => policy(upstream.url, other, options.rest) }
}

const policy = (url: string, more: string, rest = '') => `
compat: { simplejwt: { signing_key: { secret: "${SECRET}" }, ${more} } }
upstreams: { app: { url: "${url}" } }
rules:
  - { path: /admin/**, allow: { roles: [admin] }, to: app }
  - { path: /**, allow: authenticated, to: app }
${rest}`

export interface Pair {
  readonly access: string
  readonly refresh: string
  readonly token: string
}

export type Client = ReturnType<typeof clientOf>

/** What a client of simplejwt does. */
export function clientOf({ url }: Pick<TestGateway, 'url'>) {
  const post = (path: string, body: unknown): Promise<Answer> => ask(url, json(`/api/token/${path}`, body))
  return {
    post,
    obtain: async (username = 'ada', path = ''): Promise<Pair> => {
      const { status, body } = await post(path, { username, password: PASSWORD })
      if (status !== 200) throw new Error(`obtain: ${status} ${JSON.stringify(body)}`)
      return body as Pair
    },
    refresh: (refresh: string) => post('refresh/', { refresh }),
    /** Status of a protected page. */
    visit: async (token: string, path = '/page', scheme = 'Bearer') =>
      (await fetch(`${url}${path}`, { headers: { authorization: `${scheme} ${token}` } })).status
  }
}

/** Status and words of a refusal. */
export const said = ({ status, body }: Answer): string =>
  `${status} ${(body as { detail?: string } | null)?.detail ?? ''}`.trim()
